import FileTree

/// The block of 512 bytes that begins each member (POSIX.1-2001, "ustar Interchange Format").
///
/// What does not fit a field is left to a pax record: the field then holds what readers without pax make the best of.
struct UstarHeader {
  static let byteCount = 512

  /// `typeflag`.
  enum Kind: UInt8 {
    case regular = 0x30
    case hardLink
    case symlink
    case characterDevice
    case blockDevice
    case directory
    case fifo
    case paxRecords = 0x78
  }

  var kind: Kind
  var path: [UInt8]
  var linkPath: [UInt8] = []
  var permissions: UInt16 = 0o644
  var uid: UInt32 = 0
  var gid: UInt32 = 0
  var size: UInt64 = 0
  var modified = Timestamp(seconds: 0)
  var device = DeviceNumber(major: 0, minor: 0)

  /// The greatest number in a field of so many bytes, which ends with a NUL.
  static func limit(_ width: Int) -> UInt64 { 1 << UInt64(3 * (width - 1)) - 1 }

  /// Where a path is cut into `prefix` and `name`; `nil` for one that does not fit.
  ///
  /// The slash between them is in neither; one at the end belongs to the name.
  static func split(_ path: [UInt8]) -> (prefix: ArraySlice<UInt8>, name: ArraySlice<UInt8>)? {
    if path.count <= 100 { return ([], path[...]) }
    // The first slash that leaves few enough behind it.
    let first = Swift.max(1, path.count - 101)
    guard first <= 155, let slash = path[first...].firstIndex(of: 0x2F), slash <= 155, slash < path.count - 1 else {
      return nil
    }
    return (path[..<slash], path[(slash + 1)...])
  }

  /// The block.
  var bytes: [UInt8] {
    var block = [UInt8](repeating: 0, count: Self.byteCount)
    let (prefix, name) = Self.split(path) ?? ([], path.suffix(100))
    Self.put(name, 0, 100, in: &block)
    Self.put(UInt64(permissions), 100, 8, in: &block)
    Self.put(UInt64(uid), 108, 8, in: &block)
    Self.put(UInt64(gid), 116, 8, in: &block)
    Self.put(size, 124, 12, in: &block)
    Self.put(UInt64(clamping: modified.seconds), 136, 12, in: &block)
    block[156] = kind.rawValue
    Self.put(linkPath.prefix(100), 157, 100, in: &block)
    Self.put(Array("ustar\u{0}00".utf8)[...], 257, 8, in: &block)
    if kind == .characterDevice || kind == .blockDevice {
      Self.put(UInt64(device.major), 329, 8, in: &block)
      Self.put(UInt64(device.minor), 337, 8, in: &block)
    }
    Self.put(prefix, 345, 155, in: &block)
    // The sum of all bytes, its own field counted as spaces.
    let sum = block.reduce(UInt64(8 * 0x20)) { $0 + UInt64($1) }
    Self.put(sum, 148, 7, in: &block)
    block[155] = 0x20
    return block
  }

  private static func put(_ bytes: ArraySlice<UInt8>, _ offset: Int, _ width: Int, in block: inout [UInt8]) {
    let bytes = bytes.prefix(width)
    block.replaceSubrange(offset..<offset + bytes.count, with: bytes)
  }

  /// Octal digits and a NUL; zero for what has too many.
  private static func put(_ value: UInt64, _ offset: Int, _ width: Int, in block: inout [UInt8]) {
    var rest = value <= limit(width) ? value : 0
    for index in (offset..<offset + width - 1).reversed() {
      block[index] = 0x30 + UInt8(rest & 7)
      rest >>= 3
    }
  }
}
