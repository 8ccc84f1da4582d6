package import ImageCore

/// Decompresses blocks of any algorithm with working memory that is used again; a copy gets its own.
///
/// Not checked as `Sendable`, though it is, as an array is: what a copy refers to as well is not used.
package struct BlockDecompressor: @unchecked Sendable {
  private final class Owner {}

  /// Whose the decoders are; `nil` until something is decompressed.
  private var owner: Owner?
  /// One decoder for each algorithm that was needed.
  private var decoders: [(algorithm: BlockAlgorithm, decoder: any BlockDecoder)] = []

  package init() {}

  /// Decompresses the beginning of the block `source[input]`: exactly as many bytes as `output[range]` has, though the
  /// block may hold more.
  ///
  /// - Throws: `.corrupt` when the block does not give that many; what `output[range]` holds then has no meaning.
  package mutating func decompress(
    _ algorithm: BlockAlgorithm, _ source: borrowing [UInt8], _ input: Range<Int>, into output: inout [UInt8],
    _ range: Range<Int>
  ) throws(ImageError) {
    precondition(input.lowerBound >= 0 && input.upperBound <= source.count)
    precondition(range.lowerBound >= 0 && range.upperBound <= output.count)
    if range.isEmpty { return }
    let decoder = decoder(of: algorithm)
    if input.isEmpty || !decoder.decompress(source, input, into: &output, range, toEnd: false) {
      throw ImageError(.corrupt, "the \(decoder.title) block does not decompress to \(range.count) bytes")
    }
  }

  mutating func decoder(of algorithm: BlockAlgorithm) -> any BlockDecoder {
    if !isKnownUniquelyReferenced(&owner) {
      owner = Owner()
      decoders = []
    }
    for known in decoders where known.algorithm == algorithm { return known.decoder }
    let decoder: any BlockDecoder =
      switch algorithm {
      case .lz4: LZ4Decoder()
      case .lzma: MicroLZMADecoder()
      case .deflate: DeflateDecoder()
      case .zstd: ZstandardDecoder()
      }
    decoders.append((algorithm, decoder))
    return decoder
  }
}

/// The decompressing half of an algorithm: what one file of this module brings.
///
/// Holds working memory and serves one call at a time.
protocol BlockDecoder: AnyObject {
  /// The algorithm's name in messages.
  var title: String { get }

  /// Decompresses a block's beginning, or with `toEnd` all of it, which must end where `output[range]` does.
  ///
  /// - Returns: Whether the block is sound so far and gave as many bytes as `output[range]` has.
  func decompress(
    _ source: borrowing [UInt8], _ input: Range<Int>, into output: inout [UInt8], _ range: Range<Int>, toEnd: Bool
  ) -> Bool
}
