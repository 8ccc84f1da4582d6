import CLZ4
import TestSupport
import Testing

@testable import Compression

/// Our own encoder, judged by liblz4's strict decoder: the end of a block has rules that a partial one does not hold.
@Suite struct LZ4EncoderTests {
  /// A source and an output with nothing readable before and behind them, so that a stray access ends the test.
  @safe private final class Bench {
    let source = GuardedBytes(pageCount: 80)
    let output = GuardedBytes(pageCount: 80)
    private let table = UnsafeMutableRawPointer.allocate(byteCount: LZ4Encoder.tableByteCount, alignment: 64)

    deinit { unsafe table.deallocate() }

    /// The block and how much it holds; the source lies at the end of readable memory, or at its beginning.
    func encode(_ bytes: [UInt8], capacity: Int, atEnd: Bool) -> (block: [UInt8], consumed: Int) {
      let input = unsafe source.place(bytes.count, atEnd: atEnd)
      unsafe input.copyBytes(from: bytes)
      let target = unsafe output.place(capacity, atEnd: true)
      let result = unsafe LZ4Encoder(UnsafeRawBufferPointer(input), output: target, table: table).encode()
      return unsafe (Array(target[..<result.produced]), result.consumed)
    }

    func check(_ bytes: [UInt8], capacity: Int, _ what: Comment) throws {
      let (block, consumed) = encode(bytes, capacity: capacity, atEnd: true)
      let other = encode(bytes, capacity: capacity, atEnd: false)
      try #require(block == other.block && consumed == other.consumed, "\(what): depends on the place")
      try #require(block.count <= capacity && consumed <= bytes.count, what)
      try #require(block.first != 0, what)
      try #require(Self.decoded(block, consumed) == Array(bytes[..<consumed]), what)
      // A source that is left over has filled the output: all but a byte, where one literal more would need two.
      if consumed < bytes.count { try #require(block.count >= capacity - 1, what) }
    }

    private static func decoded(_ block: [UInt8], _ count: Int) -> [UInt8]? {
      var output = [UInt8](repeating: 0, count: count + 1)
      let result = unsafe block.withUnsafeBytes { from in
        unsafe output.withUnsafeMutableBytes { to in
          unsafe LZ4_decompress_safe(
            from.baseAddress?.assumingMemoryBound(to: CChar.self), to.baseAddress?.assumingMemoryBound(to: CChar.self),
            CInt(from.count), CInt(count))
        }
      }
      return result == count ? Array(output[..<count]) : nil
    }
  }

  @Test func allSizesOfSmallSources() throws {
    let bench = Bench()
    let contents: [Content] = [
      .zero(200), .text(200, seed: 1), .random(200, seed: 2), .repeating([1, 2, 3], count: 70),
      .joined([.random(30, seed: 3), .random(30, seed: 3), .zero(60), .random(30, seed: 3), .zero(60)]),
    ]
    for (index, content) in contents.enumerated() {
      let bytes = content.bytes
      for count in 1...bytes.count {
        for capacity in [16, 17, 31, 64, 100, 300] {
          try bench.check(Array(bytes[..<count]), capacity: capacity, "\(index), \(count), \(capacity)")
        }
      }
    }
  }

  @Test func allCapacities() throws {
    let bench = Bench()
    for sample in Sample.allCases {
      let bytes = sample.bytes
      for capacity in Array(16...400) + [1000, 4095, 4096, 4097, 16_384, 65_536, 300_000] {
        let part = Array(bytes.prefix(capacity < 1000 ? 20_000 : bytes.count))
        try bench.check(part, capacity: capacity, "\(sample), \(capacity)")
      }
    }
  }

  @Test(arguments: 1...70) func periods(_ period: Int) throws {
    let bench = Bench()
    var generator = SplitMix64(seed: UInt64(period))
    let bytes = Content.repeating(generator.bytes(period), count: 140_000 / period).bytes
    for capacity in [16, 100, 4096] { try bench.check(bytes, capacity: capacity, "\(capacity)") }
    // A window ends within a match and behind it.
    let ahead = generator.bytes(65_500)
    for count in stride(from: 0, to: 80, by: 9) {
      let joined = ahead + bytes[..<(20 + count)] + ahead[..<(200 - count)]
      try bench.check(joined, capacity: 100_000, "\(count)")
    }
  }

  @Test(arguments: 0..<40) func structuredSources(_ seed: UInt64) throws {
    let bench = Bench()
    var generator = SplitMix64(seed: seed)
    for round in 0..<10 {
      var bytes: [UInt8] = []
      let limit = [300, 5000, 40_000, 250_000][Int(generator.next() % 4)]
      while bytes.count < limit {
        let count = min(1 + Int(generator.next() >> (54 + generator.next() % 8)), limit)
        switch generator.next() % 4 {
        case 0: bytes += generator.bytes(count)
        case 1: bytes += [UInt8](repeating: UInt8(truncatingIfNeeded: generator.next()), count: count)
        case 2: bytes += generator.bytes(count).map { $0 & 3 }
        default:
          let start = Int(generator.next() % UInt64(bytes.count + 1))
          bytes += bytes[start..<min(bytes.count, start + count)]
        }
      }
      bytes.removeLast(bytes.count - limit)
      for capacity in [16 + Int(generator.next() % 500), 4096, 16_384, 65_536] {
        try bench.check(bytes, capacity: capacity, "\(round), \(capacity)")
      }
    }
  }

  /// Not much more than liblz4 needs for the same source, whatever the running program holds.
  @Test(arguments: [Sample.text, .program, .mixed, .zeros], [4096, 16_384, 65_536])
  func blocksHoldAsMuchAsLiblz4s(_ sample: Sample, _ capacity: Int) {
    let bytes = sample.bytes
    var target = [UInt8](repeating: 0, count: capacity)
    var expected = CInt(bytes.count)
    unsafe bytes.withUnsafeBytes { from in
      unsafe target.withUnsafeMutableBytes { to in
        _ = unsafe LZ4_compress_destSize(
          from.baseAddress?.assumingMemoryBound(to: CChar.self), to.baseAddress?.assumingMemoryBound(to: CChar.self),
          &expected, CInt(capacity))
      }
    }
    let found = Bench().encode(bytes, capacity: capacity, atEnd: true).consumed
    #expect(found * 100 >= Int(expected) * 97, "\(found) of \(expected)")
  }
}
