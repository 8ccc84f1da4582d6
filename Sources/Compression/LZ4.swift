import CLZ4
import ImageCore

/// LZ4 with a fast match finder.
enum LZ4: BlockCoder {
  static let name = "lz4"
  static let algorithm = BlockAlgorithm.lz4
  static let levels: [ClosedRange<Int>] = []
  static let defaultLevel = 0

  static func windowByteCount(pclusterByteCount: Int) -> Int { 65_535 }

  static func makeCompressor(level: Int, pclusterByteCount: Int) -> any BlockCompressor { LZ4Compressor() }
}

/// Our own encoder: the same output whatever liblz4 is installed.
@safe private final class LZ4Compressor: BlockCompressor {
  /// Less is no block: a match and the literals that must follow it take this much.
  private static let minCapacity = 16

  private let table = UnsafeMutableRawPointer.allocate(byteCount: LZ4Encoder.tableByteCount, alignment: 64)

  deinit { unsafe table.deallocate() }

  func compress(
    _ source: borrowing [UInt8], _ range: Range<Int>, into target: inout [UInt8], _ place: Range<Int>
  ) -> (consumed: Int, produced: Int) {
    precondition(range.lowerBound >= 0 && range.upperBound <= source.count)
    precondition(place.lowerBound >= 0 && place.upperBound <= target.count)
    guard !range.isEmpty, place.count >= Self.minCapacity else { return (0, 0) }
    let (consumed, produced) = unsafe source.withUnsafeBytes { input in
      unsafe target.withUnsafeMutableBytes { output in
        let encoder = unsafe LZ4Encoder(
          UnsafeRawBufferPointer(rebasing: input[range]),
          output: UnsafeMutableRawBufferPointer(rebasing: output[place]), table: table)
        return encoder.encode()
      }
    }
    return produced < consumed ? (consumed, produced) : (0, 0)
  }
}

final class LZ4Decoder: BlockDecoder {
  let title = "LZ4"

  func decompress(
    _ source: borrowing [UInt8], _ input: Range<Int>, into output: inout [UInt8], _ range: Range<Int>, toEnd: Bool
  ) -> Bool {
    // A match at distance 0 copies what is there already: that must not be what the buffer held.
    if !toEnd { output.fillZero(range) }
    let count = unsafe source.withUnsafeBytes { from in
      unsafe output.withUnsafeMutableBytes { to in
        let block = unsafe from.baseAddress?.advanced(by: input.lowerBound).assumingMemoryBound(to: CChar.self)
        let place = unsafe to.baseAddress?.advanced(by: range.lowerBound).assumingMemoryBound(to: CChar.self)
        let (blockCount, count) = (CInt(input.count), CInt(range.count))
        return unsafe toEnd
          ? LZ4_decompress_safe(block, place, blockCount, count)
          : LZ4_decompress_safe_partial(block, place, blockCount, count, count)
      }
    }
    return Int(count) == range.count
  }
}
