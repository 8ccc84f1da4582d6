import SysextImage
import Synchronization
import TestSupport
import Testing

@testable import SysextStore

/// The cache and its read-ahead, without a server.
struct BlockCacheTests {
  /// A source that counts what it is asked for.
  final class Counted: Sendable {
    let bytes: [UInt8]
    let asked = Mutex<[Range<UInt64>]>([])
    let delays: [Int: Duration]
    let failures: [Int: ImageError]

    /// What comes before or instead of an answer is told by the request's number.
    init(_ byteCount: Int, delays: [Int: Duration] = [:], failures: [Int: ImageError] = [:]) {
      bytes = Content.random(byteCount, seed: UInt64(byteCount)).bytes
      self.delays = delays
      self.failures = failures
    }

    func fetch(_ range: Range<UInt64>) throws(ImageError) -> [UInt8] {
      let number = asked.withLock { asked in
        asked.append(range)
        return asked.count - 1
      }
      if let delay = delays[number] { try delay.wait() }
      if let failure = failures[number] { throw failure }
      return Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)])
    }

    var movedByteCount: Int { asked.withLock { $0.reduce(0) { $0 + $1.count } } }

    func cache(limit: Int = 32 << 20) -> BlockCache {
      BlockCache(byteCount: UInt64(bytes.count), limit: limit) { (range) throws(ImageError) in try self.fetch(range) }
    }
  }

  private func read(_ cache: BlockCache, _ range: Range<Int>) throws -> [UInt8] {
    var output = [UInt8](repeating: 0xEE, count: range.count + 2)
    try cache.read(at: UInt64(range.lowerBound), into: &output, 1..<range.count + 1)
    #expect(output.first == 0xEE && output.last == 0xEE)
    return Array(output[1...range.count])
  }

  @Test(arguments: [1, 16 << 10, 100 << 10, 32 << 20])
  func anyPartIsRead(_ limit: Int) throws {
    let source = Counted(3 << 20 + 777)
    let cache = source.cache(limit: limit)
    var random = SplitMix64(seed: 5)
    for _ in 0..<400 {
      let start = Int(random.next() % UInt64(source.bytes.count))
      let longest = random.next() % 8 == 0 ? 1 << 20 : 40_000
      let range = start..<min(source.bytes.count, start + 1 + Int(random.next() % UInt64(longest)))
      #expect(try read(cache, range) == Array(source.bytes[range]))
    }
    for range in source.asked.withLock({ $0 }) {
      #expect(range.count <= 2 << 20 && range.lowerBound % (16 << 10) == 0)
    }
  }

  @Test(arguments: [4096, 100_000, 1 << 20])
  func readingOnGetsLongPieces(_ step: Int) throws {
    let source = Counted(24 << 20)
    let cache = source.cache()
    for start in stride(from: 0, to: source.bytes.count, by: step) {
      let range = start..<min(start + step, source.bytes.count)
      #expect(try read(cache, range) == Array(source.bytes[range]))
    }
    // 12 pieces of 2 MiB, and those that lead there.
    #expect(source.asked.withLock { $0.count } < 24)
    #expect(source.movedByteCount == source.bytes.count)
  }

  /// Also from the end to the beginning, and by turns in two places.
  @Test func neighboursComeTogether() throws {
    let source = Counted(8 << 20)
    let cache = source.cache()
    for start in stride(from: (4 << 20) - 4096, through: 0, by: -4096) {
      for range in [start..<start + 4096, (8 << 20) - start - 4096..<(8 << 20) - start] {
        #expect(try read(cache, range) == Array(source.bytes[range]))
      }
    }
    #expect(source.asked.withLock { $0.count } < 40)
    #expect(source.movedByteCount == source.bytes.count)
  }

  @Test func scatteredLooksMoveLittle() throws {
    let source = Counted(64 << 20)
    let cache = source.cache()
    var random = SplitMix64(seed: 9)
    for _ in 0..<20 {
      let start = Int(random.next() % UInt64(source.bytes.count - 4096))
      _ = try read(cache, start..<start + 4096)
    }
    #expect(source.movedByteCount <= 48 * 16 << 10)
  }

  @Test func memoryIsBounded() throws {
    let source = Counted(4 << 20)
    let cache = source.cache(limit: 1 << 20)
    _ = try read(cache, 0..<source.bytes.count)
    let before = source.movedByteCount
    _ = try read(cache, 0..<3 << 20)
    // At most what fits was kept.
    #expect(source.movedByteCount - before >= 2 << 20)
  }

  @Test func whatSeveralWantIsAskedForOnce() async throws {
    let source = Counted(2 << 20, delays: [0: .milliseconds(300)])
    let cache = source.cache()
    let threads = OwnThreads()
    try await withThrowingTaskGroup { group in
      for _ in 0..<16 {
        group.addTask(executorPreference: threads) {
          let all = try read(cache, 0..<source.bytes.count)
          #expect(all == source.bytes)
        }
      }
      try await group.waitForAll()
    }
    #expect(source.movedByteCount == source.bytes.count)
  }

  @Test func faultsAreNotKept() throws {
    let source = Counted(1 << 20, failures: [0: ImageError(.io, "once")])
    let cache = source.cache()
    #expect(throws: ImageError(.io, "")) { try read(cache, 0..<100) }
    #expect(try read(cache, 0..<100) == Array(source.bytes[..<100]))
  }

  /// Who waits for a request of somebody else who is cancelled makes it himself.
  @Test func cancellationIsNotShared() async throws {
    let source = Counted(1 << 20, delays: [0: .seconds(30)])
    let cache = source.cache()
    let threads = OwnThreads()
    let first = Task(executorPreference: threads) { try read(cache, 0..<100) }
    while source.asked.withLock({ $0.isEmpty }) { try await Task.sleep(for: .milliseconds(1)) }
    let second = Task(executorPreference: threads) { try read(cache, 0..<100) }
    try await Task.sleep(for: .milliseconds(100))
    first.cancel()
    await #expect(throws: ImageError(.cancelled, "")) { try await first.value }
    #expect(try await second.value == Array(source.bytes[..<100]))
  }
}
