import Compression
import TestSupport
import Testing

@Suite struct HostileBlockTests {
  /// What the buffer held before must never be seen: two buffers give the same.
  private func expectHarmless(_ algorithm: BlockAlgorithm, _ bytes: [UInt8], _ count: Int, _ what: Comment) {
    let first = Block.decompress(algorithm, bytes, count, filler: 0)
    let second = Block.decompress(algorithm, bytes, count, filler: 0xFF)
    #expect(first == second, what)
    if case .fault = first { Issue.record("\(first): \(what)") }
  }

  @Test(arguments: BlockCodec.all) func truncatedBlocks(_ codec: BlockCodec) throws {
    let block = try #require(Block(codec, Sample.program.bytes, capacity: 4096))
    let count = block.content.count
    for length in Array(0..<64) + Array(stride(from: 64, to: block.bytes.count, by: 37)) {
      let outcome = Block.decompress(codec.algorithm, Array(block.bytes[..<length]), count)
      #expect(outcome == .corrupt, "\(length) bytes")
      expectHarmless(codec.algorithm, Array(block.bytes[..<length]), min(count, 3 * length + 1), "\(length) bytes")
    }
  }

  @Test(arguments: BlockCodec.all) func changedBlocks(_ codec: BlockCodec) throws {
    var random = SplitMix64(seed: 40)
    for sample in [Sample.text, .program, .mixed, .zeros] {
      guard let block = Block(codec, sample.bytes, capacity: 4096) else { continue }
      for round in 0..<300 {
        var bytes = block.bytes
        // The first bytes say most.
        let place = Int(random.next() % UInt64(round % 3 == 0 ? min(bytes.count, 16) : bytes.count))
        bytes[place] ^= 1 << UInt8(random.next() % 8)
        if round % 5 == 0 { bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(random.next() & 0xFF) }
        expectHarmless(codec.algorithm, bytes, min(block.content.count, 100_000), "\(sample), round \(round)")
      }
    }
  }

  @Test(arguments: BlockAlgorithm.allCases) func randomBlocks(_ algorithm: BlockAlgorithm) {
    var random = SplitMix64(seed: 41)
    for round in 0..<500 {
      var bytes = random.bytes(1 + Int(random.next() % 300))
      // What each begins with, so that more than the first byte is looked at.
      if algorithm == .zstd { bytes = [0x28, 0xB5, 0x2F, 0xFD] + bytes }
      expectHarmless(algorithm, bytes, 1 + Int(random.next() % 5000), "round \(round)")
    }
  }

  /// A match at distance 0 leaves what is there.
  @Test func lz4CopiesNothingFromTheBuffer() {
    let bytes: [UInt8] = [0x1F, 0x41, 0, 0, 200, 0x50, 1, 2, 3, 4, 5]
    expectHarmless(.lz4, bytes, 200, "distance 0")
    #expect(
      Block.decompress(.lz4, [0x10, 0x41, 5, 0, 0x50, 1, 2, 3, 4, 5], 10) == .corrupt, "distance before the start")
  }

  /// The window that a frame claims is memory: the kernel allows 1 MiB.
  @Test func zstdWindowIsLimited() {
    func frame(windowLog: UInt8) -> [UInt8] {
      // Magic number, no content size, window; then one last block of one byte, repeated 100 times.
      [0x28, 0xB5, 0x2F, 0xFD, 0, (windowLog - 10) << 3, 0x23, 0x03, 0, 0x41]
    }
    let expected = [UInt8](repeating: 0x41, count: 100)
    #expect(Block.decompress(.zstd, frame(windowLog: 20), 100) == .bytes(expected))
    #expect(Block.decompress(.zstd, frame(windowLog: 21), 100) == .corrupt)
    #expect(Block.decompress(.zstd, frame(windowLog: 41), 100) == .corrupt)
  }
}
