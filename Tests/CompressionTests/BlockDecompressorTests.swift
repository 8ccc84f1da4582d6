import ImageCore
import TestSupport
import Testing

@testable import Compression

@Suite struct BlockDecompressorTests {
  /// Decoders serve one call at a time: two values must never have one in common.
  @Test(arguments: BlockAlgorithm.allCases) func copiesShareNothing(_ algorithm: BlockAlgorithm) {
    var first = BlockDecompressor()
    let before = first.decoder(of: algorithm)
    #expect(first.decoder(of: algorithm) === before)
    var second = first
    let other = second.decoder(of: algorithm)
    #expect(other !== first.decoder(of: algorithm))
    #expect(second.decoder(of: algorithm) === other)
  }

  @Test func copiesDecompressAtTheSameTime() async throws {
    let source = Content.text(200_000, seed: 5).bytes
    let blocks = try BlockCodec.all.map { try #require(Block($0, source, capacity: 4096)) }
    var decompressor = BlockDecompressor()
    for block in blocks {
      var output = [UInt8](repeating: 0, count: block.content.count)
      try decompressor.decompress(
        block.codec.algorithm, block.bytes, block.bytes.indices, into: &output, output.indices)
      #expect(output == block.content)
    }
    let original = decompressor
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          var copy = original
          return (0..<40).allSatisfy { round in
            let block = blocks[round % blocks.count]
            var output = [UInt8](repeating: 0, count: block.content.count)
            try? copy.decompress(
              block.codec.algorithm, block.bytes, block.bytes.indices, into: &output, output.indices)
            return output == block.content
          }
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }
}
