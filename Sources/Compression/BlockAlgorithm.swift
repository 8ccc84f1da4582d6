package import ImageCore

/// What a compressed block is made with, by its number in EROFS (`Z_EROFS_COMPRESSION_*`).
package enum BlockAlgorithm: UInt8, Sendable, CaseIterable {
  case lz4 = 0
  case lzma = 1
  case deflate = 2
  case zstd = 3

  /// The word for it: `deflate`.
  package var name: String { "\(self)" }

  /// Decompresses one block; who has many keeps a `BlockDecompressor`.
  ///
  /// - Throws: As `BlockDecompressor.decompress`.
  package func decompress(
    _ source: borrowing [UInt8], _ input: Range<Int>, into output: inout [UInt8], _ range: Range<Int>
  ) throws(ImageError) {
    var decompressor = BlockDecompressor()
    try decompressor.decompress(self, source, input, into: &output, range)
  }
}
