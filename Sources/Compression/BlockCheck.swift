import CLZ4
import CLZMA
import CZlib
import CZstd
import ImageCore

/// What a compressed block holds, against the length that it is said to have.
package enum BlockOutcome: Sendable {
  /// Just as many bytes.
  case exact
  /// More: these bytes are only the beginning.
  case longer
  /// Fewer, or nothing that can be decompressed.
  case damaged
}

extension BlockDecompressor {
  /// Decompresses the block `source[input]` to its end, which must be where `output[range]` ends.
  ///
  /// This is how strict the kernel is with a whole extent of LZ4 or MicroLZMA.
  package mutating func check(
    _ algorithm: BlockAlgorithm, _ source: borrowing [UInt8], _ input: Range<Int>, into output: inout [UInt8],
    _ range: Range<Int>
  ) -> BlockOutcome {
    precondition(input.lowerBound >= 0 && input.upperBound <= source.count)
    precondition(range.lowerBound >= 0 && range.upperBound <= output.count)
    if range.isEmpty || input.isEmpty { return .damaged }
    let isExact = unsafe source.withUnsafeBytes { from in
      unsafe output.withUnsafeMutableBytes { to in
        let from = unsafe UnsafeRawBufferPointer(rebasing: from[input])
        let to = unsafe UnsafeMutableRawBufferPointer(rebasing: to[range])
        return switch algorithm {
        case .lz4: unsafe Self.lz4Ends(from, to)
        case .lzma: unsafe Self.lzmaEnds(from, to)
        case .deflate: unsafe Self.deflateEnds(from, to)
        case .zstd: unsafe Self.zstdEnds(from, to)
        }
      }
    }
    if isExact { return .exact }
    return (try? decompress(algorithm, source, input, into: &output, range)) == nil ? .damaged : .longer
  }

  private static func lz4Ends(_ from: UnsafeRawBufferPointer, _ to: UnsafeMutableRawBufferPointer) -> Bool {
    let count = unsafe LZ4_decompress_safe(
      from.baseAddress?.assumingMemoryBound(to: CChar.self), to.baseAddress?.assumingMemoryBound(to: CChar.self),
      CInt(from.count), CInt(to.count))
    return Int(count) == to.count
  }

  private static func lzmaEnds(_ from: UnsafeRawBufferPointer, _ to: UnsafeMutableRawBufferPointer) -> Bool {
    var stream = unsafe lzma_stream()
    let window = UInt32(min(to.count, MicroLZMA.maximalWindowByteCount))
    let started = unsafe lzma_microlzma_decoder(&stream, UInt64(from.count), UInt64(to.count), 1, window)
    defer { unsafe lzma_end(&stream) }
    guard started == LZMA_OK else { return false }
    unsafe stream.next_in = from.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.avail_in = from.count
    unsafe stream.next_out = to.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.avail_out = to.count
    return unsafe lzma_code(&stream, LZMA_FINISH) == LZMA_STREAM_END && stream.avail_out == 0
  }

  private static func deflateEnds(_ from: UnsafeRawBufferPointer, _ to: UnsafeMutableRawBufferPointer) -> Bool {
    var stream = unsafe z_stream()
    guard unsafe inflateInitRaw(&stream) == Z_OK else { return false }
    defer { _ = unsafe inflateEnd(&stream) }
    let start = unsafe from.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.next_in = UnsafeMutablePointer(mutating: start)
    unsafe stream.avail_in = UInt32(from.count)
    unsafe stream.next_out = to.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.avail_out = UInt32(to.count)
    return unsafe inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_out == 0
  }

  private static func zstdEnds(_ from: UnsafeRawBufferPointer, _ to: UnsafeMutableRawBufferPointer) -> Bool {
    guard let context = unsafe ZSTD_createDCtx() else { return false }
    defer { unsafe ZSTD_freeDCtx(context) }
    _ = unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Zstandard.maximalWindowLog)
    var block = unsafe ZSTD_inBuffer(src: from.baseAddress, size: from.count, pos: 0)
    var part = unsafe ZSTD_outBuffer(dst: to.baseAddress, size: to.count, pos: 0)
    while true {
      let before = unsafe (block.pos, part.pos)
      let result = unsafe ZSTD_decompressStream(context, &part, &block)
      if ZSTD_isError(result) != 0 { return false }
      if result == 0 { return unsafe part.pos == part.size }
      if unsafe before == (block.pos, part.pos) { return false }
    }
  }
}
