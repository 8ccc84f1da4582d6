import Foundation
import SystemPackage
import TestSupport
import Testing

/// The options of the file system reach the image, as `inspect` sees it.
@Suite(.tempFolder)
struct ImageOptionTests {
  /// What `inspect --json` says of the file system.
  struct Inspection: Decodable {
    struct FileSystem: Decodable {
      let blockByteCount: Int
      let incompatibleFeatures: [String]
      let algorithms: [String]
      let maxPclusterByteCount: Int?
      let minimumKernel: String
    }
    let byteCount: Int
    let fileSystem: FileSystem
  }

  /// Packs the tree with options and looks at the image.
  private func pack(_ options: [String]) async throws -> Inspection {
    let folder = try TempFolder.current
    let result = try await Program.run(
      ["tree", Program.image, "--force", "--version-id", "1"] + options, in: folder.path)
    #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
    let inspect = try await Program.run(["inspect", Program.image, "--json"], in: folder.path)
    #expect(inspect.status == 0, "\(inspect)")
    return try JSONDecoder().decode(Inspection.self, from: Data(inspect.output))
  }

  /// Text, noise, ends and copies.
  private func makeTree() throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    try TreeBuilder.build(folder["tree/usr/share/data"]) {
      try $0.file("text", .text(300_000, seed: 1))
      try $0.file("copy", .text(300_000, seed: 1))
      try $0.file("noise", .random(70_000, seed: 2))
      try $0.file("end", .text(9000, seed: 3))
      try $0.file("library.so", .text(200_000, seed: 4))
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let options: String
    let kernel: String
    let features: [String]
    /// None where nothing is said: that is LZ4 in single blocks.
    let algorithms: [String]
    var pcluster: Int?
    var block = 4096
    var testDescription: String { options }
  }

  private static let padding = "lz4_0padding"
  private static let configurations = "compr_cfgs"

  private static let cases = [
    Case(
      options: "--preset fast --kernel 5.4", kernel: "5.4", features: [padding], algorithms: []),
    Case(
      options: "--preset small --kernel 5.13", kernel: "5.13", features: [padding, configurations],
      algorithms: ["lz4"], pcluster: 65_536),
    Case(
      options: "--preset small --kernel 6.4.0-150600-default", kernel: "6.1",
      features: [padding, configurations, "fragments"], algorithms: ["lz4"], pcluster: 65_536),
    Case(
      options: "--compression lz4 --pcluster-size 1M --tails blocks --dedupe none", kernel: "5.13",
      features: [padding, configurations], algorithms: ["lz4"], pcluster: 1 << 20),
    Case(
      options: "--compression lz4 --pcluster-size 4096 --tails inline --dedupe none", kernel: "5.17",
      features: [padding, "ztailpacking"], algorithms: []),
    Case(
      options: "--tails all-fragments --full-indexes --pcluster-size 16K", kernel: "6.1",
      features: [padding, configurations, "fragments"], algorithms: ["lz4"], pcluster: 16_384),
    Case(
      options: "--compression deflate,9 --kernel 6.6 --pcluster-size 64K", kernel: "6.6",
      features: [padding, configurations, "ztailpacking", "fragments"], algorithms: ["deflate"]),
    Case(
      options: "--compression zstd,1 --kernel 6.12 --tails fragments", kernel: "6.10",
      features: [padding, configurations, "fragments"], algorithms: ["zstd"]),
    Case(
      options: "--compression lzma,1 --kernel 5.17 --tails blocks", kernel: "5.16",
      features: [padding, configurations],
      algorithms: ["lzma"]),
    Case(
      options: "--compression none --block-size 512", kernel: "6.4", features: [], algorithms: [], block: 512),
    Case(
      options: "--compression lz4 --block-size 1K --pcluster-size 1024 --tails blocks --kernel 6.8 --dedupe none",
      kernel: "6.8", features: [padding], algorithms: [], block: 1024),
  ]

  @Test(arguments: cases) func optionsReachTheImage(_ test: Case) async throws {
    try makeTree()
    let fileSystem = try await pack(test.options.split(separator: " ").map(String.init)).fileSystem
    #expect(fileSystem.minimumKernel == test.kernel)
    #expect(Set(fileSystem.incompatibleFeatures) == Set(test.features))
    #expect(fileSystem.algorithms == test.algorithms)
    #expect(test.pcluster == nil || fileSystem.maxPclusterByteCount == test.pcluster)
    #expect(fileSystem.blockByteCount == test.block)
  }

  @Test func presetsAreOrdered() async throws {
    try makeTree()
    var sizes: [Int] = []
    for preset in ["fast", "balanced", "small"] { sizes.append(try await pack(["--preset", preset]).byteCount) }
    #expect(sizes == sizes.sorted(by: >) && Set(sizes).count == 3, "\(sizes)")
    #expect(try await pack([]).byteCount == sizes[1])
  }

  @Test func equalFilesAreStoredOnce() async throws {
    try makeTree()
    for options in [["--compression", "none"], ["--compression", "lz4"]] {
      let shared = try await pack(options).byteCount
      #expect(try await pack(options + ["--dedupe", "files"]).byteCount == shared)
      #expect(try await pack(options + ["--dedupe", "none"]).byteCount > shared + 100_000)
    }
  }

  @Test func rulesComeFromAFile() async throws {
    try makeTree()
    try TempFolder.current.makeFile("rules", "# libraries\nzstd,3 64K *.so\n\nnone /usr/share/data/noise\n")
    let fileSystem = try await pack(["--rules", "rules", "--kernel", "6.12"]).fileSystem
    #expect(fileSystem.algorithms == ["lz4", "zstd"] && fileSystem.minimumKernel == "6.10")
  }

  /// What is wrong in a file of rules, with the line.
  @Test(arguments: [
    ("lz4 *\n\nzip *.so\n", ["rules: ", "line 3: zip is no compression"]),
    ("lz4 *\nzstd,3\n", ["rules: ", "line 2: no pattern"]),
    ("lz4hc,13 *\n", ["rules: ", "line 1: lz4hc,13"]),
    ("zstd *.so\n", ["Zstandard", "Linux 6.10", "6.4"]),
    ("lz4 2048 *.so\n", ["2048", "multiples of 4096"]),
  ]) func mistakesInRulesAreNamed(_ rules: String, _ words: [String]) async throws {
    let folder = try TempFolder.current
    try makeTree()
    try folder.makeFile("rules", rules)
    let result = try await Program.run("tree", Program.image, "--rules", "rules")
    #expect(result.status == 1, "\(result)")
    for word in words { #expect(result.errorText.contains(word), "\(word): \(result)") }
    #expect(try folder.names() == [])
  }

  @Test func missingAndHugeFilesOfRulesAreRefused() async throws {
    let folder = try TempFolder.current
    try makeTree()
    let missing = try await Program.run("tree", Program.image, "--rules", "no-rules")
    #expect(missing.status == 1 && missing.errorText.contains("no-rules"), "\(missing)")
    try folder.makeFile("rules", String(repeating: "#\n", count: 600_000))
    let huge = try await Program.run("tree", Program.image, "--rules", "rules")
    #expect(huge.status == 1 && huge.errorText.contains("rules"), "\(huge)")
  }
}
