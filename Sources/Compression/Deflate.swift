import CDeflate
import CZlib
import ImageCore

/// Raw DEFLATE streams: made by libdeflate, read by zlib, which can stop anywhere.
enum Deflate: BlockCoder {
  static let name = "deflate"
  static let algorithm = BlockAlgorithm.deflate
  static let levels = [1...12]
  static let defaultLevel = 6

  /// Everything that the format can reach.
  static func windowByteCount(pclusterByteCount: Int) -> Int { 32 << 10 }

  static func makeCompressor(level: Int, pclusterByteCount: Int) -> any BlockCompressor {
    DeflateCompressor(level: level)
  }
}

@safe private final class DeflateCompressor: BlockCompressor {
  private let state: OpaquePointer
  /// A stream of any length, which is cut.
  private var stream: [UInt8] = []
  private var cutter = DeflateCutter()

  init(level: Int) {
    guard let state = unsafe libdeflate_alloc_compressor(CInt(level)) else {
      fatalError("libdeflate: no memory for a compressor")
    }
    unsafe self.state = unsafe state
  }

  deinit { unsafe libdeflate_free_compressor(state) }

  func compress(
    _ source: borrowing [UInt8], _ range: Range<Int>, into target: inout [UInt8], _ place: Range<Int>
  ) -> (consumed: Int, produced: Int) {
    precondition(range.lowerBound >= 0 && range.upperBound <= source.count)
    precondition(place.lowerBound >= 0 && place.upperBound <= target.count)
    let capacity = place.count
    guard capacity > 0, !range.isEmpty else { return (0, 0) }
    // An entropy coder saves about a third of what LZ4 leaves, and what is to be cut must be too long.
    var count = PrefixEstimate.byteCount(source, range, filling: capacity * 5 / 3, scratch: &stream)
    while true {
      let byteCount = compress(source, range.lowerBound..<range.lowerBound + count)
      var (consumed, produced) = (count, byteCount)
      if byteCount > capacity {
        (consumed, produced) = cutter.cut(&stream, capacity: capacity)
      } else if count < range.count {
        // Too little to cut: more of the same, and some more.
        count = min(range.count, max(count * capacity / byteCount, count) * 9 / 8 + 8)
        continue
      }
      guard produced < consumed else { return (0, 0) }
      // A stored block that is not the last begins with five bits that mean nothing, all of them 0.
      if stream[0] == 0 { stream[0] = 0b1000 }
      target.copy(stream, 0..<produced, to: place.lowerBound)
      return (consumed, produced)
    }
  }

  /// Compresses the whole of `range` into `stream`.
  private func compress(_ source: borrowing [UInt8], _ range: Range<Int>) -> Int {
    let bound = unsafe libdeflate_deflate_compress_bound(state, range.count) + DeflateCutter.margin
    if stream.count < bound { stream = [UInt8](repeating: 0, count: bound) }
    return unsafe source.withUnsafeBytes { input in
      unsafe stream.withUnsafeMutableBytes { output in
        unsafe libdeflate_deflate_compress(
          state, input.baseAddress?.advanced(by: range.lowerBound), range.count, output.baseAddress, output.count)
      }
    }
  }
}

/// libdeflate for whole blocks, at more than twice zlib's speed; zlib for their beginnings.
@safe final class DeflateDecoder: BlockDecoder {
  let title = "DEFLATE"
  private let state: OpaquePointer
  private let stream: UnsafeMutablePointer<z_stream>
  private var hasStream = false

  init() {
    guard let state = unsafe libdeflate_alloc_decompressor() else {
      fatalError("libdeflate: no memory for a decompressor")
    }
    unsafe self.state = unsafe state
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
  }

  deinit {
    unsafe libdeflate_free_decompressor(state)
    if hasStream { _ = unsafe inflateEnd(stream) }
    unsafe stream.deallocate()
  }

  func decompress(
    _ source: borrowing [UInt8], _ input: Range<Int>, into output: inout [UInt8], _ range: Range<Int>, toEnd: Bool
  ) -> Bool {
    unsafe source.withUnsafeBytes { from in
      unsafe output.withUnsafeMutableBytes { to in
        let block = unsafe UnsafeRawBufferPointer(rebasing: from[input])
        let place = unsafe UnsafeMutableRawBufferPointer(rebasing: to[range])
        return unsafe decompressAll(block, place) || (!toEnd && decompressBeginning(block, place))
      }
    }
  }

  /// Whether the block has just so many bytes, and no fault.
  private func decompressAll(_ block: UnsafeRawBufferPointer, _ place: UnsafeMutableRawBufferPointer) -> Bool {
    unsafe libdeflate_deflate_decompress(
      state, block.baseAddress, block.count, place.baseAddress, place.count, nil) == LIBDEFLATE_SUCCESS
  }

  private func decompressBeginning(_ block: UnsafeRawBufferPointer, _ place: UnsafeMutableRawBufferPointer) -> Bool {
    let isReady = unsafe hasStream ? inflateReset(stream) : inflateInitRaw(stream)
    guard isReady == Z_OK else { return false }
    hasStream = true
    // zlib does not write there: its declaration is older than const.
    let start = unsafe block.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: start)
    unsafe stream.pointee.avail_in = UInt32(block.count)
    unsafe stream.pointee.next_out = place.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.pointee.avail_out = UInt32(place.count)
    _ = unsafe inflate(stream, Z_FINISH)
    return unsafe stream.pointee.avail_out == 0
  }
}
