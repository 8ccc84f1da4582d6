import Compression
import Testing

@Suite struct BlockCodecTests {
  @Test(arguments: everyLevel) func textAndBack(_ codec: BlockCodec) {
    #expect(BlockCodec(codec.description) == codec)
  }

  @Test func defaultLevels() {
    #expect(BlockCodec.all.map(\.description) == ["lz4", "lz4hc,9", "deflate,6", "zstd,3", "lzma,6"])
    for codec in BlockCodec.all { #expect(BlockCodec(codec.name) == codec) }
    #expect(BlockCodec("zstd,19") == .zstd(level: 19))
    #expect(BlockCodec("lzma,109") == .lzma(level: 109))
  }

  @Test(arguments: [
    "", "lz", "LZ4", "lz4,", "lz4,1", "lz4hc,0", "lz4hc,13", "lz4hc,9,1", "zstd,", "zstd,03", "zstd,+3", "zstd,-1",
    "zstd,23", "deflate,0", "deflate,13", "lzma,10", "lzma,110", "zstd,99999999999999999999", "zstd 3", "none",
  ])
  func otherTextIsRefused(_ text: String) { #expect(BlockCodec(text) == nil) }

  @Test func algorithmsHaveTheFormatsNumbers() {
    #expect(BlockAlgorithm.allCases.map(\.rawValue) == [0, 1, 2, 3])
    #expect(BlockAlgorithm.allCases.map(\.name) == ["lz4", "lzma", "deflate", "zstd"])
    #expect(BlockCodec.all.map(\.algorithm) == [.lz4, .lz4, .deflate, .zstd, .lzma])
  }

  /// Within the kernel's limits.
  @Test(arguments: [512, 4096, 16_384, 65_536, 1 << 20]) func windows(_ pcluster: Int) {
    func window(_ codec: BlockCodec) -> Int { codec.windowByteCount(pclusterByteCount: pcluster) }
    #expect(window(.lz4) == 65_535)
    #expect(window(.lz4hc(level: 9)) == 65_535)
    #expect(window(.deflate(level: 6)) == 32_768)
    #expect(window(.zstd(level: 3)) == min(8 * pcluster, 1 << 20))
    #expect((32_768...8 << 20).contains(window(.lzma(level: 6))))
    #expect(window(.lzma(level: 6)) >= min(4 * pcluster, 4 << 20))
  }
}
