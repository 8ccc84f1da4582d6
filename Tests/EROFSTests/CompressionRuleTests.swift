@testable import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

@testable import EROFS

@Suite(.tempFolder) struct CompressionRuleTests {
  /// A pattern, what it fits, and what it does not.
  private static let patterns: [(pattern: String, fits: [String], others: [String])] = [
    ("", [""], ["a", "/"]),
    ("a", ["a"], ["", "A", "aa", "b"]),
    ("*", ["", "a", "abc", ".hidden"], ["/", "a/b"]),
    ("?", ["a", "*", "?"], ["", "ab", "/"]),
    ("*.so", [".so", "a.so", "a.b.so", ".so.so"], ["so", "a.so.1", "a/b.so"]),
    ("*.so*", ["a.so", "a.so.1", ".so"], ["a.s", "a.so/b"]),
    ("a*b*c", ["abc", "aXbYc", "abbcc", "aabbbbccc"], ["abcd", "ab", "acb", "a/bc"]),
    ("*a*", ["a", "ba", "ab", "bab"], ["", "b", "a/", "/a"]),
    ("usr/*/x", ["usr/a/x", "usr//x"], ["usr/x", "usr/a/b/x", "usr/a/xx"]),
    ("usr/**", ["usr/", "usr/a", "usr/a/b"], ["usr", "us", "opt/usr/a"]),
    ("**", ["", "a", "a/b", "/"], []),
    ("**/x", ["/x", "a/x", "a/b/x", "x/x"], ["x", "a/y", "a/x/y"]),
    ("**x", ["x", "a/x", "ax", "a/bx"], ["xa", "x/a"]),
    ("usr/**/lib*.so", ["usr/a/lib.so", "usr/a/b/libx.so", "usr/lib/libx/lib.so"], ["usr/lib.so", "usr/a/libx/so"]),
    ("**/*a/b", ["x/ya/c/za/b", "/a/b", "q/aa/b"], ["ya/b", "x/ya/c/b"]),
    ("**a*b", ["ab", "a/ab", "aXb", "b/a/axb", "a/b/a/ab"], ["a/b", "ba", "a"]),
    ("*a/**/b*", ["a//b", "xa/q/b", "a/x/y/bz"], ["a/b", "x/a/q/b", "a/q/b/c"]),
    ("***", ["", "a", "a/b"], []),
    ("?*?", ["ab", "abc"], ["a", "", "a/"]),
    ("\u{e9}", ["\u{e9}"], ["e\u{301}", "e"]),
    ("??", ["\u{e9}", "ab"], ["a"]),
  ]

  @Test func patternsFit() {
    for test in Self.patterns {
      for text in test.fits { #expect(Self.matches(test.pattern, text), "\(test.pattern) fits \(text)") }
      for text in test.others { #expect(!Self.matches(test.pattern, text), "\(test.pattern) does not fit \(text)") }
    }
  }

  /// The plainest way to compare, in exponential time: the same answer for all short patterns and texts.
  @Test func agreesWithTheDefinition() {
    func fits(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
      guard let first = pattern.first else { return text.isEmpty }
      if pattern.starts(with: [42, 42]) {
        return (0...text.count).contains { fits(pattern.dropFirst(2), text.dropFirst($0)) }
      }
      if first == 42 {
        let reach = text.prefix { $0 != 47 }.count
        return (0...reach).contains { fits(pattern.dropFirst(), text.dropFirst($0)) }
      }
      guard let next = text.first, next == first || (first == 63 && next != 47) else { return false }
      return fits(pattern.dropFirst(), text.dropFirst())
    }
    var random = SplitMix64(seed: 1)
    for _ in 0..<40_000 {
      let pattern = (0..<random.next() % 9).map { _ in Array("a/**?b*".utf8)[Int(random.next() % 7)] }
      let text = (0..<random.next() % 9).map { _ in Array("a/ba".utf8)[Int(random.next() % 4)] }
      let wanted = fits(pattern[...], text[...])
      #expect(
        PathPattern.matches(pattern[...], text[...]) == wanted,
        "\(String(decoding: pattern, as: UTF8.self)) and \(String(decoding: text, as: UTF8.self)): \(wanted)")
    }
  }

  /// Patterns that a comparison with blind backtracking does not finish in a lifetime.
  @Test(.timeLimit(.minutes(30))) func hostilePatternsEnd() {
    let text = String(repeating: "a", count: 4000)
    for pattern in [
      String(repeating: "*a", count: 200) + "b", String(repeating: "**a", count: 200) + "b",
      String(repeating: "*", count: 999) + "b", String(repeating: "?*", count: 300) + "b",
      "**/" + String(repeating: "*a", count: 100) + "/b",
    ] {
      #expect(!Self.matches(pattern, text), "\(pattern.prefix(20))")
      // All but these end with what is no `/b`, or begin with stars that stop at a slash.
      let isFitting = pattern.hasPrefix("***") || pattern.hasSuffix("/b")
      #expect(Self.matches(pattern, "a/" + text + "/b") == isFitting, "\(pattern.prefix(20))")
    }
  }

  // MARK: names and paths

  @Test func aSlashMeansTheWholePath() async throws {
    let text = Content.text(30_000, seed: 1).bytes
    let paths = ["usr/lib/a.so", "usr/lib/x/a.so", "opt/a.so", "usr/b", "\u{e9}"]
    let tests: [(pattern: String, fits: [Int])] = [
      ("a.so", [0, 1, 2]), ("/a.so", []), ("usr/lib/*", [0]), ("/usr/lib/*", [0]), ("/usr/**", [0, 1, 3]),
      ("**/a.so", [0, 1, 2]), ("lib/a.so", []), ("/*", [4]), ("*", [0, 1, 2, 3, 4]), ("\u{e9}", [4]),
    ]
    for test in tests {
      let options = ErofsOptions.plain(6, 18) { $0.rules = [CompressionRule(test.pattern, .none)] }
      let image = try await writerRoundTrip(try writerTree(paths.map { ($0, text) }), options)
      for (index, path) in paths.enumerated() {
        let inode = try #require(try image.lookup(FilePath(path)))
        #expect((inode.storage != .compressed) == test.fits.contains(index), "\(test.pattern) \(path)")
      }
    }
  }

  @Test func theFirstThatFitsCounts() async throws {
    let options = ErofsOptions.plain(6, 18) {
      $0.rules = [CompressionRule("*.so", .none), CompressionRule("**", .lz4), CompressionRule("a.so", .lz4)]
      $0.compression = .none
    }
    let text = Content.text(30_000, seed: 1).bytes
    let image = try await writerRoundTrip(try writerTree([("a.so", text), ("b", text)]), options)
    #expect(try image.lookup("a.so")?.storage != .compressed)
    #expect(try image.lookup("b")?.storage == .compressed)
  }

  // MARK: files of rules

  @Test func parses() throws {
    let text = """
      # a comment
      lz4 *.so

        \tzstd,19 64K /usr/share/**\r
      lzma 1m with spaces in it
      none *.xz\t
      deflate 4096 4096
      lz4hc,12 16384
      """
    #expect(
      try CompressionRule.parse(text) == [
        CompressionRule("*.so", .lz4), CompressionRule("/usr/share/**", .zstd(level: 19), pclusterByteCount: 65_536),
        CompressionRule(
          "with spaces in it", try #require(ErofsOptions.Compression("lzma")), pclusterByteCount: 1 << 20),
        CompressionRule("*.xz\t", .none),
        CompressionRule("4096", try #require(ErofsOptions.Compression("deflate")), pclusterByteCount: 4096),
        CompressionRule("16384", .lz4hc(level: 12)),
      ])
    #expect(try CompressionRule.parse("") == [])
  }

  @Test(arguments: [
    ("lz4", "line 1: no pattern"), ("\n\nzip *", "line 3: zip is no compression"), ("lz4hc,13 *", "line 1: lz4hc,13"),
    ("lz4 *\nlz4 64K ", "line 2: no pattern"), ("# x\n  lz4  ", "line 2: no pattern"),
  ]) func namesTheLine(_ text: String, _ message: String) {
    do throws(ImageError) {
      let rules = try CompressionRule.parse(text)
      Issue.record("\(rules)")
    } catch { #expect(error.code == .invalidArgument && "\(error)".contains(message), "\(error)") }
  }

  /// A length that comes out right only when its upper bits are dropped.
  @Test func lengthsDoNotWrap() throws {
    for text in ["lz4 17592186044417M *", "lz4 9223372036854775807K *"] {
      let rules = try CompressionRule.parse(text)
      let options = ErofsOptions.plain(6, 18) { $0.rules = rules }
      #expect(throws: ImageError(.invalidArgument, "")) { try options.validate() }
    }
  }

  private static func matches(_ pattern: String, _ text: String) -> Bool {
    PathPattern.matches(Array(pattern.utf8)[...], Array(text.utf8)[...])
  }
}
