import CXXHash

/// 128 bits that tell contents apart (XXH3): fast, and nobody's protection against a forger.
package struct Digest128: Hashable, Sendable {
  package let low: UInt64
  package let high: UInt64

  /// The digest of all of `bytes`.
  package init(_ bytes: RawSpan) {
    let hash = unsafe bytes.withUnsafeBytes { unsafe XXH3_128bits($0.baseAddress, $0.count) }
    low = hash.low64
    high = hash.high64
  }

  /// Sixteen bytes, the low half first.
  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendLE(low)
    bytes.appendLE(high)
    return bytes
  }
}

/// The 32-bit hash of `bytes` (XXH32), as the filter of EROFS's extended attributes wants it.
package func xxh32(_ bytes: [UInt8], seed: UInt32) -> UInt32 {
  unsafe bytes.withUnsafeBytes { unsafe XXH32($0.baseAddress, $0.count, seed) }
}
