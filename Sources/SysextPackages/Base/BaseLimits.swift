/// What reading a list of packages may take.
struct BaseLimits: Sendable {
  /// The greatest number of packages.
  var packageCount = 1_000_000
  /// The greatest length of a list in XML, decompressed.
  var xmlByteCount: UInt64 = 2 << 30
  /// The greatest length of a list in text, decompressed.
  var textByteCount = 64 << 20
  /// The memory of a decompressor.
  var decoderByteCount: UInt64 = 256 << 20
}
