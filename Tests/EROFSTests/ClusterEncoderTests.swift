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

  struct Setting: Sendable, CustomTestStringConvertible {
    let codec: BlockCodec
    let pcluster: Int
    var block = BlockSize.page
    var tail = TailRule.block
    var isInterlaced = false

    var testDescription: String { "\(codec) \(pcluster) block \(block.byteCount) \(tail) \(isInterlaced)" }
  }

  private static let small = BlockSize(byteCount: 512) ?? .page
  private static let settings =
    [BlockCodec.lz4, .lz4hc(level: 4)].flatMap { codec in
      [4096, 16_384, 1 << 20].flatMap { pcluster in
        [TailRule.block, .inline, .fragment].map { Setting(codec: codec, pcluster: pcluster, tail: $0) }
      }
    } + [
      Setting(codec: .lz4, pcluster: 512, block: small),
      Setting(codec: .lz4, pcluster: 4096, block: small, tail: .inline),
      Setting(codec: .lz4, pcluster: 4096, tail: .fragment, isInterlaced: true),
      Setting(codec: .lz4, pcluster: 65_536, block: small, tail: .fragment, isInterlaced: true),
    ]

  @Test(arguments: settings) func extentsHoldTheInput(_ setting: Setting) throws {
    let block = setting.block
    for input in Self.inputs() where !input.isEmpty {
      let encoder = ClusterEncoder(
        setting.codec, pclusterByteCount: setting.pcluster, block: block, isInterlaced: setting.isInterlaced)
      var output = [UInt8](repeating: 0xAA, count: input.count + block.byteCount + setting.pcluster)
      var end = 0
      let run = encoder.encode(input, 0..<input.count, tail: setting.tail, into: &output, at: &end)
      #expect(run.extents.map(\.byteCount).reduce(0, +) == input.count)
      #expect(run.extents.map(\.blockCount).reduce(0, +) * block.byteCount == end)
      #expect(end <= block.roundUp(input.count))
      #expect(run.inline.isEmpty || setting.tail == .inline)
      #expect(run.inline.count < block.byteCount)
      var position = 0
      var start = 0
      for (index, extent) in run.extents.enumerated() {
        let isLast = index == run.extents.count - 1
        let stored = Array(output[start..<start + extent.blockCount * block.byteCount])
        let wanted = Array(input[position..<position + extent.byteCount])
        try check(extent, wanted, extent.blockCount == 0 ? run.inline : stored, at: position, setting)
        #expect(extent.blockCount > 0 || isLast, "only the end is elsewhere")
        #expect(extent.form != .fragment || setting.tail == .fragment)
        // The index names one beginning in each lcluster.
        if !isLast {
          #expect(position / block.byteCount < (position + extent.byteCount) / block.byteCount)
        }
        position += extent.byteCount
        start += stored.count
      }
    }
  }

  /// The blocks of a file's last pcluster are full where the rest can stand beside the inode.
  @Test(arguments: [9000, 20_000, 30_000, 40_000]) func whatDoesNotFillABlockIsInline(_ count: Int) throws {
    let input = Content.text(count, seed: 5).bytes
    let pcluster = 65_536
    var whole = [UInt8](repeating: 0, count: pcluster)
    let compressor = BlockCodec.lz4.makeCompressor(pclusterByteCount: pcluster)
    let (consumed, produced) = compressor.compress(input, 0..<count, into: &whole, 0..<pcluster)
    try #require(consumed == count && produced > 4096)
    // What almost fills a block may need more than one without what was before it.
    let isCut = (1...3072).contains(produced % 4096)
    let encoder = ClusterEncoder(.lz4, pclusterByteCount: pcluster, block: .page)
    var output = [UInt8](repeating: 0xAA, count: count + 4096 + pcluster)
    var end = 0
    let run = encoder.encode(input, 0..<count, tail: .inline, into: &output, at: &end)
    #expect(run.extents.map(\.blockCount) == (isCut ? [produced / 4096, 0] : [produced / 4096 + 1]))
    #expect(run.inline.isEmpty != isCut && end <= 4096 * (produced / 4096 + 1))
  }

  private func check(
    _ extent: Extent, _ wanted: [UInt8], _ stored: [UInt8], at position: Int, _ setting: Setting
  ) throws {
    let block = setting.block
    switch extent.form {
    case .fragment: #expect(extent.blockCount == 0)
    case .plain:
      if extent.blockCount == 0 { return #expect(stored == wanted) }
      #expect(extent.blockCount == 1 && extent.byteCount <= block.byteCount)
      let shift = setting.isInterlaced ? block.rest(position) : 0
      let expected = (wanted + [UInt8](repeating: 0, count: block.byteCount - wanted.count))
      #expect(stored == Array(expected.suffix(shift) + expected.dropLast(shift)))
    case .compressed:
      #expect(extent.blockCount * block.byteCount <= setting.pcluster)
      #expect(stored.count < max(extent.byteCount, block.byteCount))
      var decoded = [UInt8](repeating: 0, count: wanted.count)
      let data = extent.blockCount == 0 ? stored : Array(stored.drop { $0 == 0 })
      #expect(stored.count - data.count < block.byteCount, "only the first block has padding")
      try setting.codec.algorithm.decompress(data, data.indices, into: &decoded, decoded.indices)
      #expect(decoded == wanted)
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
      let bytes = DirectoryEncoder.encode(entries, own: 1, parent: 2, .page)
      #expect(bytes.count == DirectoryEncoder.byteCount(sorted.map { FileName($0) }, .page))
    }
  }
}
