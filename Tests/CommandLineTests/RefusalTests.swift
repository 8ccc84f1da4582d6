import Foundation
import SystemPackage
import TestSupport
import Testing

/// What is refused: with which exit code, in which words, and without leaving anything.
@Suite(.tempFolder)
struct RefusalTests {
  struct Refusal: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// 1: the input is at fault; 64: the command line is.
    let status: Int
    let arguments: [String]
    /// All of these are in the message.
    let words: [String]
    let environment: [String: String]
    let prepare: @Sendable (TempFolder) throws -> Void

    init(
      _ label: String, _ status: Int, _ arguments: [String], _ words: [String],
      environment: [String: String] = [:], _ prepare: @escaping @Sendable (TempFolder) throws -> Void = { _ in }
    ) {
      testDescription = label
      self.status = status
      self.arguments = arguments
      self.words = words
      self.environment = environment
      self.prepare = prepare
    }
  }

  @Test(arguments: paths + commandLines + trees + names)
  func isRefused(_ refusal: Refusal) async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    try refusal.prepare(folder)
    let before = try folder.names()
    let result = try await Program.run(refusal.arguments, environment: refusal.environment, in: folder.path)
    #expect(result.status == refusal.status, "\(result)")
    #expect(result.output.isEmpty)
    for word in refusal.words { #expect(result.errorText.contains(word), "\(word): \(result.errorText)") }
    if refusal.status != 64 {
      let last = result.errorText.split(separator: "\n").last ?? ""
      #expect(last.hasPrefix("sysext-pack: error: "), "\(result)")
    }
    #expect(try folder.names() == before)
    // An error is said however quiet.
    let quiet = try await Program.run(
      refusal.arguments + ["--quiet"], environment: refusal.environment, in: folder.path)
    #expect(quiet.status == refusal.status && !quiet.errors.isEmpty, "\(quiet)")
  }

  // MARK: files and folders

  static let paths: [Refusal] = [
    Refusal("no directory", 1, ["missing", Program.image], ["missing", "No such file or directory"]),
    Refusal(
      "a file as directory", 1, ["tree/usr/bin/hello", Program.image],
      ["tree/usr/bin/hello", "neither a directory nor an RPM package"]),
    Refusal("no folder", 1, ["tree", "no/such/hello-1.raw"], ["no/such", "No such file or directory"]),
    Refusal("a file as folder", 1, ["tree", "tree/usr/bin/hello/x-1.raw"], ["Not a directory"]),
    Refusal("a directory as output", 1, ["tree", "out/x-1.raw"], ["out/x-1.raw", "not a regular file"]) {
      try $0.makeFolder("out/x-1.raw")
    },
    Refusal("a directory as output by force", 1, ["tree", "out/x-1.raw", "--force"], ["not a regular file"]) {
      try $0.makeFolder("out/x-1.raw")
    },
    Refusal("a link as output by force", 1, ["tree", "out/x-1.raw", "--force"], ["not a regular file"]) {
      try FileManager.default.createSymbolicLink(
        atPath: $0["out/x-1.raw"].string, withDestinationPath: "elsewhere.raw")
    },
    Refusal("an existing image", 1, ["tree", Program.image], [Program.image, "exists", "--force"]) {
      try $0.makeFile(Program.image, "old")
    },
    Refusal("no os-release", 1, ["tree", Program.image, "--os-release", "none"], ["none", "No such file"]),
  ]

  @Test func existingImagesStayAsTheyAre() async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    try folder.makeFile(Program.image, "old")
    try folder.makeFile("tree/usr/lib/os-release", "ID=x\n")
    for options in [[], ["--force"]] {
      #expect(try await Program.run(["tree", Program.image] + options, in: folder.path).status == 1)
      #expect(try folder.bytes(Program.image) == Data("old".utf8))
    }
  }

  // MARK: the command line

  private static func usage(_ label: String, _ options: [String], _ words: [String]) -> Refusal {
    Refusal(label, 64, ["tree", Program.image] + options, words)
  }

  static let commandLines: [Refusal] = [
    Refusal("nothing", 64, [], ["directory"]),
    Refusal("no output", 64, ["tree"], ["output"]),
    Refusal("image between inputs", 1, ["tree", Program.image, "more"], [Program.image, "No such file or directory"]),
    Refusal("standard output", 64, ["tree", "-"], ["names of a folder and a file"]),
    Refusal("standard input", 64, ["-", Program.image], ["names of a folder and a file"]),
    usage("unknown option", ["--colour"], ["--colour"]),
    usage("unknown architecture", ["--architecture", "vax"], ["--architecture", "vax"]),
    usage("unknown compression", ["--compression", "zip"], ["--compression", "zip"]),
    usage("level 0", ["--compression", "lz4hc,0"], ["lz4hc,0"]),
    usage("level 13", ["--compression", "lz4hc,13"], ["lz4hc,13"]),
    usage("a level of lz4", ["--compression", "lz4,3"], ["lz4,3"]),
    usage("pclusters of 5000", ["--pcluster-size", "5000"], ["5000", "multiples of 4096"]),
    usage("pclusters of 0", ["--pcluster-size", "0"], ["0", "multiples of 4096"]),
    usage("pclusters of 2M", ["--pcluster-size", "2M"], ["2097152", "to 1048576"]),
    usage("pclusters of words", ["--pcluster-size", "many"], ["--pcluster-size", "many"]),
    usage("pclusters beyond 64 bits", ["--pcluster-size", "99999999999999999M"], ["9223372036854775807"]),
    usage("an unknown preset", ["--preset", "tiny"], ["--preset", "tiny", "balanced"]),
    usage("a kernel of one number", ["--kernel", "6"], ["--kernel", "6"]),
    usage("unknown tails", ["--tails", "knots"], ["--tails", "knots", "all-fragments"]),
    usage("blocks of 8192", ["--block-size", "8K"], ["8192", "512, 1024, 2048 and 4096"]),
    usage("inline tails for 5.16", ["--tails", "inline", "--kernel", "5.16"], ["inline pclusters", "5.17", "5.16"]),
    usage("fragments for 6.0", ["--tails", "fragments", "--kernel", "6.0"], ["fragments", "Linux 6.1"]),
    usage("zstd for 6.9", ["--compression", "zstd", "--kernel", "6.9"], ["Zstandard", "Linux 6.10", "6.9"]),
    usage("zstd for the default", ["--compression", "zstd"], ["Zstandard", "Linux 6.10", "6.4"]),
    usage("lzma for 5.15", ["--compression", "lzma", "--kernel", "5.15"], ["LZMA", "Linux 5.16"]),
    usage("small compressed blocks", ["--block-size", "512"], ["smaller than 4096", "Linux 6.8"]),
    usage("fragments of nothing", ["--compression", "none", "--tails", "fragments"], ["without compression"]),
    usage("half a seed", ["--seed", "6b8b4567-327b-23c6"], ["--seed", "6b8b4567-327b-23c6"]),
    usage("sectors of 600", ["--sector-size", "600"], ["--sector-size", "600"]),
    usage("home partition", ["--partition", "home"], ["--partition", "home"]),
    usage("no threads", ["--jobs", "0"], ["--jobs", "0"]),
    usage("a confext for usr", ["--confext", "--partition", "usr"], ["confext", "root partition"]),
  ]

  // MARK: trees

  static let trees: [Refusal] = [
    Refusal("os-release", 1, ["tree", Program.image], ["/usr/lib/os-release", "remove it"]) {
      try $0.makeFile("tree/usr/lib/os-release", "ID=x\n")
    },
    Refusal("neither usr nor opt", 1, ["empty", Program.image], ["usr or opt"]) { try $0.makeFile("empty/boot/x", "") },
    Refusal("no etc", 1, ["tree", Program.image, "--confext"], ["no etc"]),
    Refusal("usr is a file", 1, ["odd", Program.image], ["/usr", "directory"]) { try $0.makeFile("odd/usr", "") },
    Refusal("left over, strictly", 1, ["tree", Program.image, "--strict"], ["boot, lost+found"]) {
      try $0.makeFile("tree/boot/x", "")
      try $0.makeFolder("tree/lost+found")
    },
    Refusal(
      "a release for another name", 1, ["tree", Program.image],
      ["extension-release.other", "rename the file to", "extension-release.hello-1.2.x86-64"]
    ) {
      try $0.makeFile("tree/usr/lib/extension-release.d/extension-release.other", "ID=_any\n")
    },
    Refusal(
      "a release for another machine", 1, ["tree", Program.image], ["ARCHITECTURE", "arm64", "x86-64"]
    ) {
      try $0.makeFile(
        "tree/usr/lib/extension-release.d/extension-release.hello", "ID=_any\nARCHITECTURE=arm64\n")
    },
    Refusal("a release that is a folder", 1, ["tree", Program.image], ["/usr/lib/extension-release.d"]) {
      try $0.makeFile("tree/usr/lib/extension-release.d", "")
    },
  ]

  // MARK: names, the release and the time

  static let names: [Refusal] = [
    Refusal(
      "another name", 1, ["tree", Program.image, "--name", "goodbye"],
      ["hello-1.2.x86-64.raw", "write to goodbye-1.2.x86-64.raw"]),
    Refusal(
      "another version", 1, ["tree", Program.image, "--version", "2"],
      ["version 1.2", "version 2", "write to hello-2.x86-64.raw"]),
    Refusal(
      "another architecture", 1, ["tree", Program.image, "--architecture", "arm64"],
      ["architecture x86-64", "architecture arm64", "write to hello-1.2.arm64.raw"]),
    Refusal("a hidden name", 1, ["tree", "out/.hello-1.raw"], [".hello-1", "begin with a dot"]),
    Refusal("a name with .raw", 1, ["tree", "out/x.raw", "--name", "x.raw"], ["leave that out"]),
    Refusal("a long name", 1, ["tree", "out/\(String(repeating: "n", count: 240)).raw"], ["240 bytes"]),
    Refusal("no assignment", 1, ["tree", Program.image, "--field", "NONSENSE"], ["NONSENSE"]),
    Refusal("two lines", 1, ["tree", Program.image, "--id", "a\nb"], ["ID"]),
    Refusal(
      "words for a time", 1, ["tree", Program.image], ["SOURCE_DATE_EPOCH", "now"],
      environment: ["SOURCE_DATE_EPOCH": "now"]),
    Refusal(
      "a time before 1970", 1, ["tree", Program.image], ["SOURCE_DATE_EPOCH", "-1"],
      environment: ["SOURCE_DATE_EPOCH": "-1"]),
    Refusal(
      "a time with a fraction", 1, ["tree", Program.image], ["SOURCE_DATE_EPOCH", "1.5"],
      environment: ["SOURCE_DATE_EPOCH": "1.5"]),
    Refusal(
      "an empty time", 1, ["tree", Program.image], ["SOURCE_DATE_EPOCH"], environment: ["SOURCE_DATE_EPOCH": ""]),
  ]
}
