import CLZMA
import ImageCore

/// LZMA with a header of one byte (liblzma's MicroLZMA).
enum MicroLZMA: BlockCoder {
  static let name = "lzma"
  static let algorithm = BlockAlgorithm.lzma
  /// From 100 on they are liblzma's extreme presets.
  static let levels = [0...9, 100...109]
  static let defaultLevel = 6

  /// What the kernel allocates at most for a dictionary.
  static let maximalWindowByteCount = 8 << 20

  /// Four pclusters, since a block does not hold much more than that of most data.
  static func windowByteCount(pclusterByteCount: Int) -> Int {
    min(max(4 * pclusterByteCount, 32 << 10), maximalWindowByteCount)
  }

  static func makeCompressor(level: Int, pclusterByteCount: Int) -> any BlockCompressor {
    MicroLZMACompressor(level: level, windowByteCount: windowByteCount(pclusterByteCount: pclusterByteCount))
  }
}

@safe private final class MicroLZMACompressor: BlockCompressor {
  private let stream: UnsafeMutablePointer<lzma_stream>
  private var options = unsafe lzma_options_lzma()

  init(level: Int, windowByteCount: Int) {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: lzma_stream())
    let preset = level < 100 ? UInt32(level) : UInt32(level - 100) | lzmaPresetExtreme
    let failed = unsafe lzma_lzma_preset(&options, preset)
    precondition(failed == 0, "liblzma has no level \(level)")
    unsafe options.dict_size = UInt32(windowByteCount)
  }

  deinit {
    unsafe lzma_end(stream)
    unsafe stream.deallocate()
  }

  func compress(
    _ source: borrowing [UInt8], _ range: Range<Int>, into target: inout [UInt8], _ place: Range<Int>
  ) -> (consumed: Int, produced: Int) {
    precondition(range.lowerBound >= 0 && range.upperBound <= source.count)
    precondition(place.lowerBound >= 0 && place.upperBound <= target.count)
    guard !place.isEmpty, !range.isEmpty else { return (0, 0) }
    // Starts over with the memory of the block before.
    let started = unsafe lzma_microlzma_encoder(stream, &options)
    guard started == LZMA_OK else { fatalError("liblzma: no memory for an encoder") }
    let ended = unsafe source.withUnsafeBytes { input in
      unsafe target.withUnsafeMutableBytes { output in
        unsafe stream.pointee.next_in =
          input.baseAddress?.advanced(by: range.lowerBound).assumingMemoryBound(to: UInt8.self)
        unsafe stream.pointee.avail_in = range.count
        unsafe stream.pointee.next_out =
          output.baseAddress?.advanced(by: place.lowerBound).assumingMemoryBound(to: UInt8.self)
        unsafe stream.pointee.avail_out = place.count
        return unsafe lzma_code(stream, LZMA_FINISH)
      }
    }
    guard ended == LZMA_STREAM_END else { return (0, 0) }
    let (consumed, produced) = unsafe (Int(stream.pointee.total_in), Int(stream.pointee.total_out))
    return produced < consumed ? (consumed, produced) : (0, 0)
  }
}

@safe final class MicroLZMADecoder: BlockDecoder {
  let title = "MicroLZMA"
  /// Keeps its memory from block to block.
  private let stream: UnsafeMutablePointer<lzma_stream>

  init() {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: lzma_stream())
  }

  deinit {
    unsafe lzma_end(stream)
    unsafe stream.deallocate()
  }

  func decompress(
    _ source: borrowing [UInt8], _ input: Range<Int>, into output: inout [UInt8], _ range: Range<Int>, toEnd: Bool
  ) -> Bool {
    // No match reaches back further than what is asked for. liblzma takes new memory whenever the size changes.
    var window = 64 << 10
    while window < min(range.count, MicroLZMA.maximalWindowByteCount) { window *= 2 }
    let started = unsafe lzma_microlzma_decoder(
      stream, UInt64(input.count), UInt64(range.count), toEnd ? 1 : 0, UInt32(window))
    guard started == LZMA_OK else { return false }
    return unsafe source.withUnsafeBytes { from in
      unsafe output.withUnsafeMutableBytes { to in
        unsafe stream.pointee.next_in =
          from.baseAddress?.advanced(by: input.lowerBound).assumingMemoryBound(to: UInt8.self)
        unsafe stream.pointee.avail_in = input.count
        unsafe stream.pointee.next_out =
          to.baseAddress?.advanced(by: range.lowerBound).assumingMemoryBound(to: UInt8.self)
        unsafe stream.pointee.avail_out = range.count
        let ended = unsafe lzma_code(stream, toEnd ? LZMA_FINISH : LZMA_RUN)
        return unsafe stream.pointee.avail_out == 0 && (!toEnd || ended == LZMA_STREAM_END)
      }
    }
  }
}
