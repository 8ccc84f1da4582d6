package import ImageCore

/// What a compressed block is made with, by its number in EROFS (`Z_EROFS_COMPRESSION_*`).
package enum BlockAlgorithm: UInt8, Sendable, CaseIterable {
  case lz4 = 0
  case lzma = 1
  case deflate = 2
  case zstd = 3

  /// The word for it: `deflate`.
  package var name: String { "\(self)" }

  /// Decompresses the beginning of the block `source[input]`: exactly as many bytes as `output[range]` has, though the
  /// block may hold more.
  ///
  /// - Throws: `.corrupt` when the block does not give that many; what `output[range]` holds then has no meaning.
  package func decompress(
    _ source: borrowing [UInt8], _ input: Range<Int>, into output: inout [UInt8], _ range: Range<Int>
  ) throws(ImageError) {
    precondition(input.lowerBound >= 0 && input.upperBound <= source.count)
    precondition(range.lowerBound >= 0 && range.upperBound <= output.count)
    if range.isEmpty { return }
    if input.isEmpty || !decoder.decompress(source, input, into: &output, range) {
      throw ImageError(.corrupt, "the \(decoder.title) block does not decompress to \(range.count) bytes")
    }
  }

  private var decoder: any BlockDecoder.Type {
    switch self {
    case .lz4: LZ4.self
    case .lzma: MicroLZMA.self
    case .deflate: Deflate.self
    case .zstd: Zstandard.self
    }
  }
}
