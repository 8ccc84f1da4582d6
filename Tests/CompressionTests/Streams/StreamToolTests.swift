import Compression
import ImageCore
import SystemPackage
import TestSupport
import Testing

/// What the formats' own programs make.
@Suite(.needs("gzip", "bzip2", "xz", "zstd")) struct StreamToolTests {
  /// A program and how it is called.
  struct Maker: CustomTestStringConvertible, Sendable {
    let format: StreamFormat
    let words: [String]

    var testDescription: String { words.joined(separator: " ") }

    init(_ format: StreamFormat, _ words: String) {
      self.format = format
      self.words = words.split(separator: " ").map(String.init)
    }

    func stream(of bytes: [UInt8]) async throws -> [UInt8] {
      try await Tool(words[0]).check(Array(words.dropFirst()), input: bytes).output
    }
  }

  private static let makers: [Maker] = {
    var makers = [
      Maker(.gzip, "gzip -1"), Maker(.gzip, "gzip -9"), Maker(.bzip2, "bzip2 -1"), Maker(.bzip2, "bzip2 -9"),
      Maker(.xz, "xz -0"), Maker(.xz, "xz -T2 --block-size=20000"), Maker(.xz, "xz -6e"),
      Maker(.xz, "xz --x86 --lzma2"),
      Maker(.xz, "xz -1 --check=sha256"), Maker(.xz, "xz -1 --check=crc32"), Maker(.xz, "xz -1 --check=none"),
      Maker(.lzma, "xz --format=lzma -6"), Maker(.lzma, "xz --format=lzma --lzma1=lc=1,lp=2,pb=0,dict=1536KiB"),
      Maker(.zstd, "zstd -1"), Maker(.zstd, "zstd -19 --no-check"), Maker(.zstd, "zstd --ultra -22"),
      Maker(.zstd, "zstd --long=31"), Maker(.zstd, "zstd -T2 -B512K --rsyncable"),
    ]
    if Tool("pigz").isAvailable { makers.append(Maker(.gzip, "pigz -p 2 -b 128")) }
    return makers
  }()

  /// As much as any of these may need.
  private static var large: StreamLimits {
    var limits = StreamLimits.test
    limits.memoryByteCount = 2 << 30
    return limits
  }

  @Test(arguments: makers) func samples(_ maker: Maker) async throws {
    for sample in Sample.allCases {
      let stream = try await maker.stream(of: sample.bytes)
      #expect(StreamFormat(recognizing: stream) == maker.format)
      for (pull, piece) in [(1000, 1 << 17), (65_536, 999), (1 << 20, 1 << 17), (sample.bytes.count, 1 << 20)] {
        let outcome = maker.format.decode(stream, pull: pull, piece: piece, limits: Self.large)
        #expect(outcome == .success(sample.bytes), "\(sample), \(pull) from \(piece)")
      }
      // What may be known of the length, right or wrong.
      for hint in [sample.bytes.count, 0, 1, sample.bytes.count - 1, sample.bytes.count + 1, .max] {
        let outcome = maker.format.decode(stream, pull: 50_000, limits: Self.large, expected: UInt64(hint))
        #expect(outcome == .success(sample.bytes), "\(sample), said to be \(hint)")
      }
    }
  }

  @Test(arguments: makers) func oneByteAtATime(_ maker: Maker) async throws {
    let bytes = Array(Sample.mixed.bytes.prefix(60_000))
    let stream = try await maker.stream(of: bytes)
    #expect(maker.format.decode(stream, pull: 1, limits: Self.large) == .success(bytes))
    #expect(maker.format.decode(stream, piece: 1, limits: Self.large) == .success(bytes))
    #expect(maker.format.decode(stream, pull: 1, limits: Self.large, expected: 60_000) == .success(bytes))
  }

  /// Several streams one after the other, some of them empty.
  @Test(arguments: makers.filter { $0.format != .lzma }) func members(_ maker: Maker) async throws {
    let parts = [Sample.text.bytes, [], Sample.random.bytes, [7], [], Sample.zeros.bytes]
    var stream: [UInt8] = []
    for part in parts { stream += try await maker.stream(of: part) }
    let all = Array(parts.joined())
    for (pull, hint) in [(70_000, nil), (all.count, nil), (70_000, all.count), (1 << 20, all.count), (70_000, 400_000)]
    {
      let outcome = maker.format.decode(stream, pull: pull, limits: Self.large, expected: hint.map(UInt64.init))
      #expect(outcome == .success(all), "\(pull), \(hint ?? -1)")
    }
  }

  @Test(arguments: makers) func nothing(_ maker: Maker) async throws {
    let stream = try await maker.stream(of: [])
    for hint: UInt64? in [nil, 0, 5] {
      #expect(maker.format.decode(stream, limits: Self.large, expected: hint) == .success([]))
    }
  }
}
