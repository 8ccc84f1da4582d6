import ImageCore
import RPM

/// A cpio archive made by hand, right or wrong.
struct CpioCraft {
  private(set) var bytes: [UInt8] = []

  init() {}
  init(_ bytes: [UInt8]) { self.bytes = bytes }
  init(garbage count: Int) { bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) } }

  /// A member of the newc form, or with `crc` of the one with checksums.
  mutating func add(
    _ name: String, mode: UInt32 = 0o100644, _ data: [UInt8] = [], crc: UInt32? = nil, size: UInt32? = nil
  ) {
    let numbers: [UInt32] = [
      1, mode, 0, 0, 1, 0, size ?? UInt32(data.count), 0, 0, 0, 0, UInt32(name.utf8.count + 1), crc ?? 0,
    ]
    bytes += Array((crc == nil ? "070701" : "070702").utf8) + numbers.flatMap { Self.digits($0) }
    bytes += Array(name.utf8) + [0]
    bytes.pad(to: 4)
    bytes += data
    bytes.pad(to: 4)
  }

  /// A member of RPM's form.
  mutating func add(index: UInt32, _ data: [UInt8] = []) {
    bytes += Array("07070X".utf8) + Self.digits(index)
    bytes.pad(to: 4)
    bytes += data
    bytes.pad(to: 4)
  }

  mutating func addTrailer() { add("TRAILER!!!", mode: 0) }

  static func digits(_ number: UInt32) -> [UInt8] {
    let digits = Array(String(number, radix: 16).utf8)
    return [UInt8](repeating: 0x30, count: 8 - digits.count) + digits
  }
}

/// What came out of a payload.
struct Collector: RPMContentReceiver {
  var contents: [String: [UInt8]] = [:]
  private var path = ""

  mutating func begin(_ file: RPMFile, at offset: UInt64) {
    path = String(decoding: file.path, as: UTF8.self)
    precondition(contents[path] == nil, "twice")
    contents[path] = []
  }

  mutating func data(_ bytes: borrowing [UInt8], _ range: Range<Int>) { contents[path]? += bytes[range] }
  mutating func end() { path = "" }
}

/// A package of four files, `/usr/share/{one,two}/file-{0,1,2,3}`, of 0, 1, 2 and 3 bytes.
struct SmallPackage {
  /// Changes of the header, by tag.
  var changes: [(UInt32, HeaderCraft.Value?)] = [(1035, nil)]
  var archive = CpioCraft()

  static let paths = ["one/file-0", "two/file-1", "one/file-2", "two/file-3"].map { "/usr/share/" + $0 }
  static let contents: [[UInt8]] = [[], [1], [1, 2], [1, 2, 3]]

  /// The archive that belongs to it.
  static func whole(prefix: String = ".") -> SmallPackage {
    var package = SmallPackage()
    for (path, content) in zip(paths, contents) { package.archive.add(prefix + path, content) }
    package.archive.addTrailer()
    return package
  }

  var bytes: [UInt8] {
    var values = PackageCraft.identity + PackageCraft.files(4)
    for (tag, value) in changes {
      values.removeAll { $0.0 == tag }
      if let value { values.append((tag, value)) }
    }
    values.sort { $0.0 < $1.0 }
    return PackageCraft.package(HeaderCraft(values), payload: archive.bytes)
  }

  func unpacked(limits: RPMLimits = RPMLimits()) throws -> [String: [UInt8]] {
    var collector = Collector()
    try RPMPackage(ByteStore(bytes), fileName: "made.rpm").unpack(&collector, limits: limits)
    return collector.contents
  }
}
