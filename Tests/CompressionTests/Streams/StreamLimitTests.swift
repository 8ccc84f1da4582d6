import Compression
import ImageCore
import TestSupport
import Testing

@Suite struct StreamLimitTests {
  private static func limits(output: Int = 16 << 20, memory: UInt64 = 1 << 30, whole: UInt64 = 128 << 20)
    -> StreamLimits
  {
    var limits = StreamLimits(outputByteCount: UInt64(output))
    limits.memoryByteCount = memory
    limits.wholeByteCount = whole
    return limits
  }

  /// The error's message; `nil` when there is none.
  private static func message(_ outcome: Outcome, _ code: ImageError.Code) -> String? {
    guard case .failure(let error) = outcome, error.code == code else { return nil }
    return error.message
  }

  // MARK: what comes out

  @Test(arguments: GoldenStream.all) func outputIsLimited(_ golden: GoldenStream) {
    for (pull, hint) in [(1, nil), (100, nil), (4096, nil), (1668, UInt64(1668)), (7, 1668), (4096, 100_000)] {
      for limit in [1668, 1669, .max] {
        let outcome = golden.format.decode(golden.bytes, pull: pull, limits: Self.limits(output: limit), expected: hint)
        #expect(outcome == .success(GoldenStream.text), "limit \(limit), pull \(pull)")
      }
      for limit in [0, 1, 99, 100, 101, 1667] {
        let outcome = golden.format.decode(golden.bytes, pull: pull, limits: Self.limits(output: limit), expected: hint)
        #expect(
          Self.message(outcome, .limit) == "\(golden.format.rawValue) stream: holds more than \(limit) bytes",
          "limit \(limit), pull \(pull): \(outcome)")
      }
    }
  }

  /// 200 MB of zeros in as little as 6 KB.
  @Test(
    .needs("gzip", "bzip2", "xz", "zstd"),
    arguments: [
      (StreamFormat.gzip, "gzip"), (.bzip2, "bzip2"), (.xz, "xz -0"), (.lzma, "xz -0 --format=lzma"), (.zstd, "zstd"),
    ])
  func bombs(_ format: StreamFormat, _ words: String) async throws {
    let stream = try await Tool("sh").check("-c", "head -c 200000000 /dev/zero | \(words) -c").output
    #expect(stream.count < 1 << 20)
    for hint: UInt64? in [nil, 1 << 20, 200_000_000, .max] {
      let outcome = format.decode(stream, pull: 1 << 20, limits: Self.limits(output: 100_000_000), expected: hint)
      #expect(Self.message(outcome, .limit) == "\(format.rawValue) stream: holds more than 100000000 bytes")
    }
  }

  @Test func claimsTakeNoMemory() throws {
    // 20 bytes that are said to hold all there can be.
    let golden = GoldenStream["one.gzip"]
    let outcome = StreamFormat.gzip.decode(
      golden.bytes, limits: Self.limits(output: .max, whole: .max), expected: .max)
    #expect(outcome == .success(GoldenStream.text))
  }

  @Test(arguments: [0, 200, 1932, 1933, 1 << 20]) func gzipInPiecesOrAtOnce(_ whole: UInt64) {
    let outcome = StreamFormat.gzip.decode(
      GoldenStream["one.gzip"].bytes, limits: Self.limits(whole: whole), expected: 1668)
    #expect(outcome == .success(GoldenStream.text))
  }

  // MARK: what a decoder needs

  @Test(
    .needs("xz"), arguments: [(StreamFormat.xz, "--lzma2=dict=64MiB"), (.lzma, "--format=lzma --lzma1=dict=64MiB")])
  func dictionaries(_ format: StreamFormat, _ options: String) async throws {
    let words = options.split(separator: " ").map(String.init)
    let stream = try await Tool("xz").check(words, input: Sample.text.bytes).output
    #expect(format.decode(stream, limits: Self.limits(memory: 80 << 20)) == .success(Sample.text.bytes))
    let message = try #require(Self.message(format.decode(stream, limits: Self.limits(memory: 64 << 20)), .limit))
    let needed = try #require(message.split(separator: " ").compactMap { UInt64($0) }.first)
    #expect(message.hasSuffix("and may have \(64 << 20)") && needed > 64 << 20 && needed < 80 << 20, "\(message)")
    // What it says is enough is enough.
    #expect(format.decode(stream, limits: Self.limits(memory: needed)) == .success(Sample.text.bytes))
  }

  @Test(.needs("zstd"), arguments: [("--ultra -22", 27), ("-1 --long=31", 31), ("-1 --long=27", 27), ("-1", 19)])
  func windows(_ options: String, _ log: UInt64) async throws {
    let words = options.split(separator: " ").map(String.init)
    let stream = try await Tool("zstd").check(words, input: Sample.text.bytes).output
    #expect(StreamFormat.zstd.decode(stream, limits: Self.limits(memory: 1 << log)) == .success(Sample.text.bytes))
    let outcome = StreamFormat.zstd.decode(stream, limits: Self.limits(memory: 1 << log - 1))
    #expect(
      Self.message(outcome, .limit)
        == "zstd stream: the decoder needs \(1 << log) bytes of memory, and may have \(1 << log - 1)")
  }

  // MARK: frames of Zstandard made by hand

  private static let magic: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD]
  /// The last block: one byte, repeated 100 times.
  private static let block: [UInt8] = [0x23, 0x03, 0, 0x41]

  private static func frame(_ header: [UInt8], limits: StreamLimits = limits()) -> Outcome {
    StreamFormat.zstd.decode(magic + header + block, limits: limits)
  }

  @Test func frameHeaders() {
    let content = Outcome.success([UInt8](repeating: 0x41, count: 100))
    #expect(Self.frame([0, 0]) == content)
    #expect(Self.frame([0, 20 << 3 | 0]) == content)
    // 2²⁰ · 15/8 bytes.
    let wide = Self.frame([0, 10 << 3 | 7], limits: Self.limits(memory: 1_966_079))
    #expect(Self.message(wide, .limit)?.contains("needs 1966080 bytes") == true)
    #expect(Self.frame([0, 10 << 3 | 7], limits: Self.limits(memory: 1_966_080)) == content)
    // One segment, with a length of 1, 2, 4 and 8 bytes.
    #expect(Self.frame([0x20, 100]) == content)
    #expect(Self.frame([0x60, 0, 0]) == .failure(ImageError(.corrupt, "")))
    #expect(Self.frame([0xA0, 100, 0, 0, 0]) == content)
    #expect(Self.frame([0xE0, 100, 0, 0, 0, 0, 0, 0, 0]) == content)
    for width in [8, 4] {
      var header: [UInt8] = [width == 8 ? 0xE0 : 0xA0] + [UInt8](repeating: 0, count: width)
      header[4] = 0x80
      let needed = Self.message(Self.frame(header), .limit)
      #expect(needed?.contains("needs \(UInt64(0x80) << 24) bytes") == true, "\(needed ?? "")")
    }
    // More than libzstd has, whatever the limit.
    let all = Self.limits(memory: .max)
    #expect(Self.message(Self.frame([0, 31 << 3], limits: all), .unsupported) != nil)
    #expect(Self.message(Self.frame([0xE0] + [UInt8](repeating: 0xFF, count: 8), limits: all), .unsupported) != nil)
    // A reserved bit, and a dictionary.
    #expect(Self.message(Self.frame([0x08, 0]), .unsupported) != nil)
    #expect(Self.message(Self.frame([0x01, 0, 9]), .unsupported) == "zstd stream: needs the dictionary 9")
    #expect(Self.frame([0x01, 0, 0]) == content)
    #expect(Self.message(Self.frame([0x23, 1, 2, 3, 4, 100]), .unsupported)?.hasSuffix("\(0x0403_0201)") == true)
  }

  @Test func framesToSkip() {
    let skip: [UInt8] = [0x5F, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3]
    for piece in [1, 5, 1 << 17] {
      #expect(StreamFormat.zstd.decode(skip, piece: piece) == .success([]))
      #expect(StreamFormat.zstd.decode(skip + skip, piece: piece) == .success([]))
      // A length of 4 GiB less one.
      let long: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 255, 255, 255, 255, 1, 2, 3]
      #expect(StreamFormat.zstd.decode(long, piece: piece) == .failure(ImageError(.truncated, "")))
    }
    // An older format, which libzstd may know.
    #expect(StreamFormat.zstd.decode([0x27, 0xB5, 0x2F, 0xFD, 0, 0, 0, 0]) == .failure(ImageError(.corrupt, "")))
  }
}
