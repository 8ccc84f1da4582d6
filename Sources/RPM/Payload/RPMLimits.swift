import ImageCore

/// What a payload may take when it is decompressed.
public struct RPMLimits: Sendable {
  /// How many bytes of files any payload may hold, however short it is.
  public var freeByteCount: UInt64 = 1 << 30
  /// How often longer than the compressed payload all files together may be, beyond that.
  public var ratio: UInt64 = 1000
  /// The memory of the decoder, in bytes: most of it is the window that the payload was compressed with.
  public var decoderByteCount: UInt64 = 1 << 30

  /// The defaults.
  public init() {}

  /// The greatest length of what a payload of `byteCount` bytes may hold.
  func contentByteCount(_ byteCount: UInt64) -> UInt64 {
    max(byteCount.saturatingMultiply(ratio), freeByteCount)
  }
}
