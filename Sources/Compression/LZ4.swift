import CLZ4
import ImageCore

/// LZ4 with its fast match finder.
enum LZ4: BlockCoder {
  static let name = "lz4"
  static let algorithm = BlockAlgorithm.lz4
  static let levels: [ClosedRange<Int>] = []
  static let defaultLevel = 0

  static func windowByteCount(pclusterByteCount: Int) -> Int { 65_535 }

  static func makeCompressor(level: Int, pclusterByteCount: Int) -> any BlockCompressor { LZ4Compressor() }

  /// Compresses what fits, with a gain or not; the working memory is liblz4's affair.
  static func compress(
    _ source: borrowing [UInt8], _ range: Range<Int>, into target: inout [UInt8], capacity: Int
  ) -> (consumed: Int, produced: Int) {
    precondition(range.lowerBound >= 0 && range.upperBound <= source.count && capacity <= target.count)
    var consumed = CInt(range.count)
    let produced = unsafe source.withUnsafeBytes { input in
      unsafe target.withUnsafeMutableBytes { output in
        unsafe LZ4_compress_destSize(
          input.baseAddress?.advanced(by: range.lowerBound).assumingMemoryBound(to: CChar.self),
          output.baseAddress?.assumingMemoryBound(to: CChar.self), &consumed, CInt(capacity))
      }
    }
    return produced > 0 ? (Int(consumed), Int(produced)) : (0, 0)
  }
}

private final class LZ4Compressor: BlockCompressor {
  func compress(
    _ source: borrowing [UInt8], _ range: Range<Int>, into target: inout [UInt8], capacity: Int
  ) -> (consumed: Int, produced: Int) {
    let (consumed, produced) = LZ4.compress(source, range, into: &target, capacity: capacity)
    return produced < consumed ? (consumed, produced) : (0, 0)
  }
}

extension LZ4: BlockDecoder {
  static let title = "LZ4"

  static func decompress(
    _ source: borrowing [UInt8], _ input: Range<Int>, into output: inout [UInt8], _ range: Range<Int>
  ) -> Bool {
    // A match at distance 0 copies what is there already: that must not be what the buffer held.
    output.fillZero(range)
    let count = unsafe source.withUnsafeBytes { from in
      unsafe output.withUnsafeMutableBytes { to in
        unsafe LZ4_decompress_safe_partial(
          from.baseAddress?.advanced(by: input.lowerBound).assumingMemoryBound(to: CChar.self),
          to.baseAddress?.advanced(by: range.lowerBound).assumingMemoryBound(to: CChar.self),
          CInt(input.count), CInt(range.count), CInt(range.count))
      }
    }
    return Int(count) == range.count
  }
}
