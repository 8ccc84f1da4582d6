/// Compresses into an output of fixed size: how much input fits is the question.
package protocol BlockCompressor: AnyObject {
  /// Compresses as much of `source[range]` as fits into `target[0..<capacity]`.
  func compress(
    _ source: borrowing [UInt8], _ range: Range<Int>, into target: inout [UInt8], capacity: Int
  ) -> (consumed: Int, produced: Int)
}

package enum BlockCodec: Sendable, Hashable {
  case lz4
  case lz4hc(level: Int)

  package func makeCompressor(pclusterByteCount: Int) -> any BlockCompressor {
    switch self {
    case .lz4: LZ4Compressor(.fast)
    case .lz4hc(let level): LZ4Compressor(.high(level: level))
    }
  }
}
