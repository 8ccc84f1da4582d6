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

extension Deflate: BlockDecoder {
  static let title = "DEFLATE"

  static func decompress(
    _ source: borrowing [UInt8], _ input: Range<Int>, into output: inout [UInt8], _ range: Range<Int>
  ) -> Bool {
    var stream = unsafe z_stream()
    guard unsafe inflateInitRaw(&stream) == Z_OK else { return false }
    defer { _ = unsafe inflateEnd(&stream) }
    return unsafe source.withUnsafeBytes { from in
      unsafe output.withUnsafeMutableBytes { to in
        // zlib does not write there: its declaration is older than const.
        let start = unsafe from.baseAddress?.advanced(by: input.lowerBound).assumingMemoryBound(to: UInt8.self)
        unsafe stream.next_in = UnsafeMutablePointer(mutating: start)
        unsafe stream.avail_in = UInt32(input.count)
        unsafe stream.next_out = to.baseAddress?.advanced(by: range.lowerBound).assumingMemoryBound(to: UInt8.self)
        unsafe stream.avail_out = UInt32(range.count)
        _ = unsafe inflate(&stream, Z_FINISH)
        return unsafe stream.avail_out == 0
      }
    }
  }
}
