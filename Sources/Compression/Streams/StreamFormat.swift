/// How a stream of any length is compressed.
///
/// The raw values are the words of RPM's tag PAYLOADCOMPRESSOR. A package without the tag is not compressed, or it is an old
/// one and gzip: its first bytes tell.
public enum StreamFormat: String, Sendable, Hashable, CaseIterable {
  /// Not at all.
  case none
  /// gzip (RFC 1952).
  case gzip
  /// bzip2.
  case bzip2
  /// xz.
  case xz
  /// What was there before `xz`: ".lzma", "LZMA alone".
  case lzma
  /// Zstandard (RFC 8878).
  case zstd

  /// As many bytes as it takes to recognize each of them.
  package static let recognizedByteCount = 14

  /// The format of a stream that begins with `bytes`; `nil` when it is none of them.
  package init?(recognizing bytes: some Collection<UInt8>) {
    let bytes = Array(bytes.prefix(Self.recognizedByteCount))
    if bytes.starts(with: [0x1F, 0x8B, 8]) {
      self = .gzip
    } else if Self.isBzip2(bytes) {
      self = .bzip2
    } else if bytes.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]) {
      self = .xz
    } else if ZstandardFrame.isMagic(bytes) {
      self = .zstd
    } else if Self.isLZMA(bytes) {
      self = .lzma
    } else {
      return nil
    }
  }

  /// "BZh", the size of blocks, and a block's magic or that of the end.
  private static func isBzip2(_ bytes: [UInt8]) -> Bool {
    guard bytes.count >= 10, bytes.starts(with: Array("BZh".utf8)), (0x31...0x39).contains(bytes[3]) else {
      return false
    }
    return bytes[4..<10].elementsEqual([0x31, 0x41, 0x59, 0x26, 0x53, 0x59])
      || bytes[4..<10].elementsEqual([0x17, 0x72, 0x45, 0x38, 0x50, 0x90])
  }

  /// This format has no magic: its header must hold what compressors write, and its data begin as the coder does.
  private static func isLZMA(_ bytes: [UInt8]) -> Bool {
    // lc + 9 · (lp + 5 · pb), where liblzma wants lc + lp ≤ 4.
    guard bytes.count >= 14, bytes[0] < 9 * 5 * 5, bytes[0] % 9 + bytes[0] / 9 % 5 <= 4 else { return false }
    let window = bytes[1..<5].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let length = bytes[5..<13].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    // 2ⁿ or 2ⁿ + 2ⁿ⁻¹.
    let isUsual =
      window >= 4096 && (window.nonzeroBitCount == 1 || window / 3 * 3 == window && (window / 3).nonzeroBitCount == 1)
    return isUsual && (length == .max || length < 256 << 30) && bytes[13] == 0
  }
}
