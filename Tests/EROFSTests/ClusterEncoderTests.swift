import Compression
import FileTree
import TestSupport
import Testing

@testable import EROFS

/// The encoder alone: extents cover the input, decompress to it, and can be named by an index.
struct ClusterEncoderTests {
  private static func inputs() -> [[UInt8]] {
    var random = WriterRandomTree(seed: 99)
    var noise = SplitMix64(seed: 5)
    let random4K = noise.bytes(4096)
    return (0..<60).map { _ in random.content() }
      + [[UInt8](repeating: 0, count: 2 << 20), noise.bytes(100_000), random4K + [UInt8](repeating: 1, count: 9000)]
      + [1, 4095, 4096, 4097, 8191, 8192, 8193].map { noise.bytes($0) }
  }

  @Test(arguments: [BlockCodec.lz4, .lz4hc(level: 4)], [4096, 16_384, 1 << 20])
  func extentsHoldTheInput(_ codec: BlockCodec, _ pcluster: Int) throws {
    for input in Self.inputs() where !input.isEmpty {
      var encoder = ClusterEncoder(codec, pclusterByteCount: pcluster)
      var output = [UInt8](repeating: 0xAA, count: input.count + 4096 + pcluster)
      var end = 0
      let extents = encoder.encode(input, 0..<input.count, into: &output, at: &end)
      #expect(extents.map(\.byteCount).reduce(0, +) == input.count)
      #expect(extents.map(\.blockCount).reduce(0, +) * 4096 == end)
      #expect(end <= (input.count + 4095) / 4096 * 4096)
      var position = 0
      var block = 0
      for (index, extent) in extents.enumerated() {
        let stored = Array(output[block * 4096..<(block + extent.blockCount) * 4096])
        let wanted = Array(input[position..<position + extent.byteCount])
        if extent.isPlain {
          #expect(extent.blockCount == 1 && extent.byteCount <= 4096)
          #expect(stored.starts(with: wanted))
          #expect(stored.dropFirst(wanted.count).allSatisfy { $0 == 0 })
        } else {
          #expect(extent.blockCount * 4096 <= pcluster)
          #expect(extent.blockCount * 4096 < extent.byteCount)
          var decoded = [UInt8](repeating: 0, count: wanted.count)
          let data = Array(stored.drop { $0 == 0 })
          #expect(stored.count - data.count < 4096, "only the first block has padding")
          try BlockAlgorithm.lz4.decompress(data, data.indices, into: &decoded, decoded.indices)
          #expect(decoded == wanted)
        }
        // The index names one beginning in each lcluster.
        if index < extents.count - 1 {
          #expect(position / 4096 < (position + extent.byteCount) / 4096)
        }
        position += extent.byteCount
        block += extent.blockCount
      }
    }
  }

  @Test func directoriesAreAsLongAsPlanned() {
    var random = SplitMix64(seed: 3)
    for _ in 0..<200 {
      var names = Set<[UInt8]>()
      for _ in 0..<Int(random.next() % 400) {
        names.insert((0...Int(random.next() % 255)).map { _ in UInt8(33 + random.next() % 14) })
      }
      names.remove([46])
      names.remove([46, 46])
      let sorted = names.sorted { $0.lexicographicallyPrecedes($1) }
      let entries = sorted.map { DirectoryEncoder.Entry(name: $0, nid: 77, type: .regular) }
      let bytes = DirectoryEncoder.encode(entries, own: 1, parent: 2)
      #expect(bytes.count == DirectoryEncoder.byteCount(sorted.map { FileName($0) }))
    }
  }
}
