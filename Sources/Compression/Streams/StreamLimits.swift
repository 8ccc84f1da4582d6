/// What decompressing a stream may take.
package struct StreamLimits: Sendable {
  /// The greatest length of what comes out.
  package var outputByteCount: UInt64
  /// The memory of one decoder, most of it the window that a stream claims.
  package var memoryByteCount: UInt64 = 1 << 30
  /// The memory for a gzip stream together with all that it holds.
  ///
  /// With so much, and when its length is known beforehand, it is decompressed at once, which is faster.
  package var wholeByteCount: UInt64 = 128 << 20

  package init(outputByteCount: UInt64) { self.outputByteCount = outputByteCount }
}
