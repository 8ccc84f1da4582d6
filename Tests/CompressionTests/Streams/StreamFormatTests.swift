import Compression
import TestSupport
import Testing

@Suite struct StreamFormatTests {
  @Test func wordsOfRPM() {
    let words = ["none", "gzip", "bzip2", "xz", "lzma", "zstd"]
    #expect(StreamFormat.allCases.map(\.rawValue) == words)
    #expect(StreamFormat(rawValue: "lzip") == nil && StreamFormat(rawValue: "") == nil)
  }

  @Test(arguments: GoldenStream.all) func recognized(_ golden: GoldenStream) {
    #expect(StreamFormat(recognizing: golden.bytes) == golden.format)
    #expect(StreamFormat(recognizing: golden.bytes.prefix(StreamFormat.recognizedByteCount)) == golden.format)
    #expect(StreamFormat(recognizing: golden.bytes.prefix(1)) == nil)
  }

  @Test func headersOfLZMAAlone() {
    func header(
      _ properties: UInt8 = 0x5D, window: [UInt8] = [0, 0, 0x80, 0], length: [UInt8] = .init(repeating: 255, count: 8),
      first: UInt8 = 0
    ) -> StreamFormat? {
      StreamFormat(recognizing: [properties] + window + length + [first])
    }
    #expect(header() == .lzma)
    #expect(header(window: [0, 0, 0xC0, 0]) == .lzma && header(window: [0, 0x10, 0, 0]) == .lzma)
    #expect(header(window: [0, 0, 0x90, 0]) == nil && header(window: [0, 8, 0, 0]) == nil)
    #expect(header(0xE1) == nil && header(8) == nil && header(2) == .lzma)
    #expect(header(length: [1, 2, 3, 4, 0, 0, 0, 0]) == .lzma && header(length: [0, 0, 0, 0, 0, 0, 1, 0]) == nil)
    #expect(header(first: 1) == nil)
  }

  @Test func nothingElse() {
    var others = ["070701000", "07070X00", "\u{7F}ELF\u{2}\u{1}\u{1}", "BZh9not bzip2", "usr/lib/x"].map {
      Array($0.utf8)
    }
    others += [[UInt8](repeating: 0, count: 64), [], [0x28, 0xB5, 0x2F], [0x27, 0xB5, 0x2F, 0xFD, 4, 4]]
    var random = SplitMix64(seed: 61)
    for _ in 0..<20_000 { others.append([0x5D, 0] + random.bytes(30)) }
    for bytes in others {
      #expect(StreamFormat(recognizing: bytes + [UInt8](repeating: 0, count: 20)) == nil, "\(bytes)")
    }
  }
}
