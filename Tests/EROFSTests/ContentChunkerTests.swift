import TestSupport
import Testing

@testable import EROFS

struct ContentChunkerTests {
  private let chunker = ContentChunker()

  private static let borders = [5675, 13852, 20620, 27970, 39286, 45939, 53338, 60_000]

  private func chunks(_ bytes: [UInt8]) -> [[UInt8]] {
    chunker.chunks(of: bytes.indices, in: bytes).map { Array(bytes[$0]) }
  }

  @Test func chunksAreTheInputInParts() {
    var random = SplitMix64(seed: 1)
    for count in [0, 1, 63, 4095, 4096, 4097, 32_768, 32_769, 500_000] {
      for bytes in [random.bytes(count), [UInt8](repeating: 7, count: count)] {
        let chunks = chunks(bytes)
        #expect(Array(chunks.joined()) == bytes)
        #expect(chunks.allSatisfy { $0.count <= ContentChunker.maxByteCount })
        #expect(chunks.dropLast().allSatisfy { $0.count >= ContentChunker.minByteCount })
      }
    }
  }

  /// Where a chunk ends decides what is shared, and so the bytes of images.
  @Test func bordersAreThoseOfAllVersions() {
    var random = SplitMix64(seed: 2)
    let bytes = random.bytes(60_000)
    #expect(chunker.chunks(of: bytes.indices, in: bytes).map(\.upperBound) == Self.borders)
  }

  @Test func bordersSurviveInsertions() {
    var random = SplitMix64(seed: 3)
    let bytes = random.bytes(1_000_000)
    let known = Set(chunks(bytes))
    for count in [1, 2, 63, 4096, 5000] {
      let place = 400_000 + count
      let changed = chunks(Array(bytes[..<place]) + random.bytes(count) + bytes[place...])
      let new = changed.filter { !known.contains($0) }.reduce(0) { $0 + $1.count }
      #expect(new < 100_000, "\(count) bytes more")
    }
  }

  @Test func aRangeIsCutAsIfItWereAlone() {
    var random = SplitMix64(seed: 4)
    let bytes = random.bytes(200_000)
    let part = Array(bytes[10_001..<150_003])
    #expect(chunker.chunks(of: 10_001..<150_003, in: bytes).map { Array(bytes[$0]) } == chunks(part))
  }
}
