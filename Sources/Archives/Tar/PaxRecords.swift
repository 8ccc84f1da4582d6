import FileTree

/// What a member has beyond its header: records of a key and a value (POSIX.1-2001, "pax Extended Header").
struct PaxRecords {
  /// The records' text, which may have any bytes.
  private(set) var bytes: [UInt8] = []

  /// Those that `header` needs, as far as its fields cannot say it, and extended attributes.
  init(for header: UstarHeader, _ attributes: [ExtendedAttribute]) {
    let hasText = [header.path, header.linkPath].allSatisfy(Self.isUTF8)
    let needsPath = UstarHeader.split(header.path) == nil
    let needsLinkPath = header.linkPath.count > 100
    // By default, records are UTF-8; these names are what they are.
    if !hasText, needsPath || needsLinkPath { add("hdrcharset", Array("BINARY".utf8)) }
    if needsPath { add("path", header.path) }
    if needsLinkPath { add("linkpath", header.linkPath) }
    if UInt64(header.uid) > UstarHeader.limit(8) { add("uid", Array("\(header.uid)".utf8)) }
    if UInt64(header.gid) > UstarHeader.limit(8) { add("gid", Array("\(header.gid)".utf8)) }
    if header.size > UstarHeader.limit(12) { add("size", Array("\(header.size)".utf8)) }
    let time = header.modified
    if time.seconds < 0 || UInt64(time.seconds) > UstarHeader.limit(12) || time.nanoseconds > 0 {
      add("mtime", Array(time.decimal.utf8))
    }
    for attribute in attributes { add("SCHILY.xattr.", attribute.name, attribute.value) }
  }

  private mutating func add(_ key: String, _ value: [UInt8]) { add(key, [], value) }

  /// A record begins with its own length in decimal digits.
  private mutating func add(_ prefix: String, _ name: [UInt8], _ value: [UInt8]) {
    // A key ends at the first equals sign; GNU tar's way out for names that have one.
    let name = name.flatMap { byte -> [UInt8] in
      switch byte {
      case UInt8(ascii: "="): Array("%3D".utf8)
      case UInt8(ascii: "%"): Array("%25".utf8)
      default: [byte]
      }
    }
    let rest = [0x20] + Array(prefix.utf8) + name + [UInt8(ascii: "=")] + value + [0x0A]
    var count = rest.count + 1
    while "\(count)".utf8.count + rest.count != count { count = "\(count)".utf8.count + rest.count }
    bytes += "\(count)".utf8
    bytes += rest
  }

  private static func isUTF8(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }
}

extension Timestamp {
  /// Seconds with as many decimals as are needed.
  fileprivate var decimal: String {
    // Below zero the fraction counts the other way.
    let isNegative = seconds < 0
    let (whole, fraction) =
      isNegative && nanoseconds > 0
      ? ((seconds + 1).magnitude, 1_000_000_000 - nanoseconds) : (seconds.magnitude, nanoseconds)
    var text = (isNegative ? "-" : "") + "\(whole)"
    if fraction > 0 {
      var digits = Substring("\(fraction)")
      digits = String(repeating: "0", count: 9 - digits.utf8.count) + digits
      while digits.last == "0" { digits.removeLast() }
      text += "." + digits
    }
    return text
  }
}
