import CZstd
import ImageCore

/// Zstandard frames without checksum.
///
/// They hold their content's size, as libzstd's do by default: the kernel does without, erofs-utils before 1.9 does not.
enum Zstandard: BlockCoder {
  static let name = "zstd"
  static let algorithm = BlockAlgorithm.zstd
  static let levels = [1...22]
  static let defaultLevel = 3

  /// The kernel's limit, as a power of two.
  static let maximalWindowLog: CInt = 20

  /// Eight pclusters, since a block does not hold much more than that of most data.
  static func windowByteCount(pclusterByteCount: Int) -> Int {
    1 << windowLog(pclusterByteCount: pclusterByteCount)
  }

  fileprivate static func windowLog(pclusterByteCount: Int) -> CInt {
    let wanted = 8 * max(pclusterByteCount, 512)
    return min(CInt(Int.bitWidth - 1 - wanted.leadingZeroBitCount), maximalWindowLog)
  }

  static func makeCompressor(level: Int, pclusterByteCount: Int) -> any BlockCompressor {
    ZstandardCompressor(level: level, windowLog: windowLog(pclusterByteCount: pclusterByteCount))
  }
}

@safe private final class ZstandardCompressor: BlockCompressor {
  private let context: OpaquePointer
  /// A frame of any length; the best that fits goes to the target.
  private var frame: [UInt8] = []

  init(level: Int, windowLog: CInt) {
    guard let context = unsafe ZSTD_createCCtx() else { fatalError("libzstd: no memory for a context") }
    unsafe self.context = unsafe context
    for (parameter, value) in [(ZSTD_c_compressionLevel, CInt(level)), (ZSTD_c_windowLog, windowLog)] {
      let result = unsafe ZSTD_CCtx_setParameter(context, parameter, value)
      precondition(ZSTD_isError(result) == 0, "libzstd refuses \(parameter) = \(value)")
    }
  }

  deinit { unsafe ZSTD_freeCCtx(context) }

  func compress(
    _ source: borrowing [UInt8], _ range: Range<Int>, into target: inout [UInt8], _ place: Range<Int>
  ) -> (consumed: Int, produced: Int) {
    precondition(range.lowerBound >= 0 && range.upperBound <= source.count)
    precondition(place.lowerBound >= 0 && place.upperBound <= target.count)
    let capacity = place.count
    guard capacity > 0, !range.isEmpty else { return (0, 0) }
    var search = FixedOutputSearch(byteCount: range.count, capacity: capacity)
    // An entropy coder saves about a third of what LZ4 leaves.
    var room = capacity * 7 / 5
    var count = PrefixEstimate.byteCount(source, range, filling: room, scratch: &frame)
    while true {
      let produced = compress(source, range.lowerBound..<range.lowerBound + count)
      if produced <= capacity { target.copy(frame, 0..<produced, to: place.lowerBound) }
      guard let next = search.next(after: count, produced: produced) else { return search.result }
      count = next
      // In LZ4's measure sizes are closer to a line: it knows where the source is dense.
      if search.tries <= 2 {
        room = room * search.goal / produced
        let estimate = PrefixEstimate.byteCount(source, range, filling: room, scratch: &frame)
        if search.open.contains(estimate) { count = estimate }
      }
    }
  }

  /// Compresses the whole of `range` into `frame`.
  private func compress(_ source: borrowing [UInt8], _ range: Range<Int>) -> Int {
    let bound = ZSTD_compressBound(range.count)
    if frame.count < bound { frame = [UInt8](repeating: 0, count: bound) }
    let produced = unsafe source.withUnsafeBytes { input in
      unsafe frame.withUnsafeMutableBytes { output in
        unsafe ZSTD_compress2(
          context, output.baseAddress, output.count, input.baseAddress?.advanced(by: range.lowerBound), range.count)
      }
    }
    guard ZSTD_isError(produced) == 0 else { fatalError("libzstd: no memory for a frame") }
    return produced
  }
}

@safe final class ZstandardDecoder: BlockDecoder {
  let title = "Zstandard"
  private let context: OpaquePointer

  init() {
    guard let context = unsafe ZSTD_createDCtx() else { fatalError("libzstd: no memory for a context") }
    unsafe self.context = unsafe context
    // Bounds the memory, whatever a frame claims.
    _ = unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Zstandard.maximalWindowLog)
  }

  deinit { unsafe ZSTD_freeDCtx(context) }

  func decompress(
    _ source: borrowing [UInt8], _ input: Range<Int>, into output: inout [UInt8], _ range: Range<Int>, toEnd: Bool
  ) -> Bool {
    _ = unsafe ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
    return unsafe source.withUnsafeBytes { from in
      unsafe output.withUnsafeMutableBytes { to in
        var block = unsafe ZSTD_inBuffer(
          src: from.baseAddress?.advanced(by: input.lowerBound), size: input.count, pos: 0)
        var part = unsafe ZSTD_outBuffer(
          dst: to.baseAddress?.advanced(by: range.lowerBound), size: range.count, pos: 0)
        while unsafe toEnd || part.pos < part.size {
          let before = unsafe (block.pos, part.pos)
          // A whole frame goes straight into a buffer that takes it.
          let result = unsafe ZSTD_decompressStream(context, &part, &block)
          // The end of the frame.
          if result == 0 { return unsafe part.pos == part.size }
          // A fault, or the end of what there is.
          if unsafe ZSTD_isError(result) != 0 || before == (block.pos, part.pos) { break }
        }
        return unsafe !toEnd && part.pos == part.size
      }
    }
  }
}
