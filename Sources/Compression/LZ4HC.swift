import CLZ4

/// LZ4 with its thorough match finder.
enum LZ4HC: BlockCoder {
  static let name = "lz4hc"
  static let algorithm = BlockAlgorithm.lz4
  static let levels = [1...12]
  static let defaultLevel = 9

  static func windowByteCount(pclusterByteCount: Int) -> Int { LZ4.windowByteCount(pclusterByteCount: 0) }

  static func makeCompressor(level: Int, pclusterByteCount: Int) -> any BlockCompressor {
    LZ4HCCompressor(level: level)
  }
}

@safe private final class LZ4HCCompressor: BlockCompressor {
  private let level: CInt
  private let state: UnsafeMutablePointer<LZ4_streamHC_t>

  init(level: Int) {
    self.level = CInt(level)
    unsafe state = .allocate(capacity: 1)
    unsafe LZ4_initStreamHC(state, MemoryLayout<LZ4_streamHC_t>.size)
  }

  deinit { unsafe state.deallocate() }

  func compress(
    _ source: borrowing [UInt8], _ range: Range<Int>, into target: inout [UInt8], _ place: Range<Int>
  ) -> (consumed: Int, produced: Int) {
    precondition(range.lowerBound >= 0 && range.upperBound <= source.count)
    precondition(place.lowerBound >= 0 && place.upperBound <= target.count)
    var consumed = CInt(range.count)
    // The fast reset puts old entries out of reach instead of clearing 256 KiB for each block.
    unsafe LZ4_resetStreamHC_fast(state, level)
    let produced = unsafe source.withUnsafeBytes { input in
      unsafe target.withUnsafeMutableBytes { output in
        unsafe LZ4_compress_HC_continue_destSize(
          state, input.baseAddress?.advanced(by: range.lowerBound).assumingMemoryBound(to: CChar.self),
          output.baseAddress?.advanced(by: place.lowerBound).assumingMemoryBound(to: CChar.self), &consumed,
          CInt(place.count))
      }
    }
    return 0 < produced && produced < consumed ? (Int(consumed), Int(produced)) : (0, 0)
  }
}
