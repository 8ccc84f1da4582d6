/// The beginning of a frame of Zstandard (RFC 8878, 3.1), as far as it says what memory its decoder needs.
struct ZstandardFrame {
  /// The longest header, with the magic number.
  static let headerByteCount = 18

  /// The window, in bytes: how far back the frame may reach; 0 for a frame that is skipped.
  var windowByteCount: UInt64 = 0
  /// The dictionary that it was made with; 0 for none.
  var dictionary: UInt64 = 0

  /// Whether a frame begins so, be it one to decode or one to skip.
  static func isMagic(_ bytes: some Collection<UInt8>) -> Bool {
    let magic = bytes.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return bytes.count >= 4 && (magic == 0xFD2F_B528 || magic & 0xFFFF_FFF0 == 0x184D_2A50)
  }

  /// Reads a header; `nil` when it is cut off.
  init?(_ bytes: ArraySlice<UInt8>) {
    guard bytes.count >= 5 else { return nil }
    if bytes[bytes.startIndex] != 0x28 { return }
    var rest = bytes.dropFirst(5)
    let descriptor = bytes[bytes.startIndex + 4]
    let isOneSegment = descriptor & 0x20 != 0
    if !isOneSegment {
      guard let byte = rest.popFirst() else { return nil }
      let base = UInt64(1) << (10 + UInt64(byte >> 3))
      windowByteCount = base + base / 8 * UInt64(byte & 7)
    }
    guard let dictionary = Self.number([0, 1, 2, 4][Int(descriptor & 3)], &rest) else { return nil }
    self.dictionary = dictionary
    // A frame of one segment has its content's length in the window's place.
    if isOneSegment {
      let count = [1, 2, 4, 8][Int(descriptor >> 6)]
      guard let length = Self.number(count, &rest) else { return nil }
      windowByteCount = count == 2 ? length + 256 : length
    }
  }

  private static func number(_ count: Int, _ bytes: inout ArraySlice<UInt8>) -> UInt64? {
    guard bytes.count >= count else { return nil }
    defer { bytes = bytes.dropFirst(count) }
    return bytes.prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
