import CDeflate
import CZstd
import Compression
import TestSupport
import Testing

/// Readers that want the block to end where its content does, as erofs-utils' do.
@Suite struct SecondReaderTests {
  private static let cases: [(Sample, Int)] = Sample.allCases.flatMap { sample in
    [300, 4096, 20_000, 100_000, 1 << 20].map { (sample, $0) }
  }

  @Test(arguments: [1, 6, 9, 12]) func libdeflateAgrees(_ level: Int) {
    guard let decoder = unsafe libdeflate_alloc_decompressor() else { fatalError("no memory") }
    defer { unsafe libdeflate_free_decompressor(decoder) }
    for (sample, capacity) in Self.cases {
      guard let block = Block(.deflate(level: level), sample.bytes, capacity: capacity) else { continue }
      var output = [UInt8](repeating: 0, count: block.content.count)
      var read = 0
      let result = unsafe libdeflate_deflate_decompress_ex(
        decoder, block.bytes, block.bytes.count, &output, output.count, &read, nil)
      #expect(result == LIBDEFLATE_SUCCESS && read == block.bytes.count, "\(sample), \(capacity)")
      #expect(output == block.content, "\(sample), \(capacity)")
    }
  }

  /// A block that is stored and not the last begins with zero bits, which would look like padding.
  @Test func storedBlocksDoNotBeginWithZero() throws {
    let source = Content.joined([.random(400_000, seed: 50), .zero(400_000)]).bytes
    let block = try #require(Block(.deflate(level: 6), source, capacity: 1 << 20))
    #expect(block.bytes[0] & 0b111 == 0 && block.bytes[0] != 0)
    #expect(block.decompressed(source.count) == .bytes(source))
  }

  @Test(arguments: [1, 3, 9, 19]) func libzstdAgreesInOneCall(_ level: Int) {
    for (sample, capacity) in Self.cases {
      guard let block = Block(.zstd(level: level), sample.bytes, capacity: capacity) else { continue }
      let size = unsafe ZSTD_getFrameContentSize(block.bytes, block.bytes.count)
      #expect(size == UInt64(block.content.count), "\(sample), \(capacity)")
      let length = unsafe ZSTD_findFrameCompressedSize(block.bytes, block.bytes.count)
      #expect(length == block.bytes.count, "\(sample), \(capacity)")
      var output = [UInt8](repeating: 0, count: block.content.count)
      let count = unsafe ZSTD_decompress(&output, output.count, block.bytes, block.bytes.count)
      #expect(count == output.count && output == block.content, "\(sample), \(capacity)")
    }
  }
}
