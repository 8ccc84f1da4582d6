import Foundation
import SystemPackage
import TestSupport
import Testing

/// `sysext-pack DIR OUT.raw` when all is well.
@Suite(.tempFolder)
struct PackTests {
  @Test func packsATree() async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    let result = try await Program.run("tree", Program.image, "--version-id", "1")
    #expect(result.status == 0 && result.errorText.isEmpty, "\(result)")
    #expect(try folder.names() == ["hello-1.2.x86-64.raw"])
    let image = try folder.bytes(Program.image)
    // Two release files beside the tree's three.
    #expect(result.outputText.hasPrefix("\(Program.image): \(image.count) bytes, 5 files of "), "\(result)")
    #expect(result.outputText.split(separator: "\n").count == 1)
    #expect(image[510..<520] == Data([0x55, 0xAA] + "EFI PART".utf8))
    let mode = try FileManager.default.attributesOfItem(atPath: folder[Program.image].string)[.posixPermissions]
    #expect(((mode as? NSNumber)?.intValue ?? 0) & 0o600 == 0o600)
  }

  @Test(arguments: ["pack", "build"])
  func verbsAreTheDefault(_ verb: String) async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    #expect(try await Program.run("tree", Program.image).status == 0)
    let plain = try folder.bytes(Program.image)
    #expect(try await Program.run(verb, "tree", Program.image, "--force").status == 0)
    #expect(try folder.bytes(Program.image) == plain)
  }

  @Test func quietPrintsNothing() async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    try folder.makeFile("tree/boot/left-over", "")
    for option in ["--quiet", "-q"] {
      let result = try await Program.run("tree", Program.image, option, "--force")
      #expect(result.status == 0 && result.text.isEmpty, "\(result)")
    }
    #expect(try folder.names().count == 1)
  }

  @Test func verbosePrintsMore() async throws {
    try TempFolder.current.makeTree()
    let plain = try await Program.run("tree", Program.image)
    let verbose = try await Program.run("tree", Program.image, "--verbose", "--force")
    #expect(verbose.status == 0)
    #expect(verbose.outputText.hasPrefix(plain.outputText))
    for word in ["seed ", "partition 1 root-x86-64 ", "file system ", "SYSEXT_ID=hello", "ARCHITECTURE=x86-64"] {
      #expect(verbose.outputText.contains(word) && !plain.outputText.contains(word), "\(word)")
    }
  }

  @Test func helpAndVersion() async throws {
    let help = try await Program.tool.run("--help")
    #expect(help.status == 0 && help.outputText.contains("sysext-pack DIR OUT.raw") && help.errors.isEmpty)
    let verb = try await Program.tool.run("pack", "--help")
    #expect(verb.status == 0 && verb.outputText.contains("--compression"))
    let version = try await Program.tool.run("version")
    #expect(version.status == 0 && version.outputText.hasPrefix("sysext-pack "))
  }

  // MARK: names

  /// An output, further options, and what the image is called then.
  static let namings: [(output: String, options: [String], full: String, name: String, version: String?)] = [
    ("hello-1.2.x86-64.raw", [], "hello-1.2.x86-64", "hello", "1.2"),
    ("hello-world-1.2.x86-64.raw", [], "hello-world-1.2.x86-64", "hello-world", "1.2"),
    ("hello.raw", [], "hello", "hello", nil),
    ("hello.raw", ["--version", "3"], "hello-3.x86-64", "hello", "3"),
    ("hello-1.x86-64.raw", ["--name", "hello", "--version", "1"], "hello-1.x86-64", "hello", "1"),
    ("hello-devel-1.raw", ["--name", "hello-devel"], "hello-devel-1", "hello-devel", "1"),
    ("out.raw", ["--name", "hello", "--version", "3"], "hello-3.x86-64", "hello", "3"),
  ]

  @Test(arguments: namings.indices)
  func namesComeFromTheOutputOrOptions(_ index: Int) async throws {
    let naming = Self.namings[index]
    let folder = try TempFolder.current
    try folder.makeTree()
    let arguments = ["tree", "out/\(naming.output)", "--json", "--architecture", "x86-64"] + naming.options
    let result = try await Program.run(arguments, in: folder.path)
    #expect(result.status == 0, "\(result)")
    #expect(try folder.names() == [naming.output])
    let report = try Report(result)
    #expect(report.fullName == naming.full && report.name == naming.name && report.version == naming.version)
    #expect(report.architecture == "x86-64")
    #expect(report.extensionRelease["SYSEXT_ID"] == naming.name)
    #expect(report.extensionRelease["SYSEXT_VERSION_ID"] == naming.version)
  }

  @Test(arguments: [("arm64", "arm64"), ("aarch64", "arm64"), ("amd64", "x86-64"), ("ppc64le", "ppc64-le")])
  func architecturesHaveManySpellings(_ spelling: String, _ expected: String) async throws {
    try TempFolder.current.makeTree()
    let report = try Report(
      try await Program.run("tree", "out/hello.raw", "--architecture", spelling, "--json"))
    #expect(report.architecture == expected)
    #expect(report.extensionRelease["ARCHITECTURE"] == expected)
    #expect(report.partitionTable?.partitions.first?.type == "root-\(expected)")
  }

  // MARK: JSON

  /// The members that docs/command-line.md describes.
  struct Report: Decodable {
    struct Table: Decodable {
      let diskGUID: String
      let sectorByteCount: Int
      let partitions: [Partition]
    }
    struct Partition: Decodable {
      let number: Int
      let type: String?
      let typeGUID: String
      let uniqueGUID: String
      let label: String
      let offset: Int
      let byteCount: Int
      let readOnly: Bool
    }
    struct FileSystem: Decodable {
      let type: String
      let uuid: String
      let byteCount: Int
      let inodeCount: Int
      let directoryCount: Int
      let fileCount: Int
      let compressedFileCount: Int
      let sparseFileCount: Int
      let fileByteCount: Int
    }
    struct Finding: Decodable {
      let severity: String
      let code: String
      let place: String?
      let message: String
    }
    let name: String
    let version: String?
    let architecture: String
    let fullName: String
    let byteCount: Int
    let seed: String
    let partitionTable: Table?
    let fileSystem: FileSystem
    let extensionRelease: [String: String]
    let findings: [Finding]

    init(_ result: ToolResult) throws { self = try JSONDecoder().decode(Report.self, from: Data(result.output)) }
  }

  @Test func jsonTellsAll() async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    try folder.makeFile("tree/boot/left \"over\"", "")
    let seed = "6b8b4567-327b-23c6-643c-986966334873"
    let result = try await Program.run("tree", Program.image, "--json", "--seed", seed, "--id", "peer")
    #expect(result.status == 0)
    let report = try Report(result)
    #expect(report.byteCount == (try folder.bytes(Program.image).count))
    #expect(report.seed == seed)
    let table = try #require(report.partitionTable)
    #expect(table.diskGUID == "205aabf2-8d7c-4aad-8cfd-989b20fc0ada" && table.sectorByteCount == 512)
    let partition = try #require(table.partitions.first)
    #expect(table.partitions.count == 1 && partition.number == 1)
    #expect(partition.type == "root-x86-64" && partition.label == "root-x86-64")
    #expect(partition.typeGUID == "4f68bce3-e8cd-4db1-96e7-fbcaf984b709")
    #expect(partition.uniqueGUID == "79364239-afcd-4763-a0ea-be941b7ab06a")
    #expect(partition.offset == 1 << 20 && partition.byteCount == report.fileSystem.byteCount && partition.readOnly)
    #expect(report.fileSystem.type == "erofs" && report.fileSystem.uuid == "84af0864-183b-44d2-bcce-29eb5c94fdb0")
    #expect(report.fileSystem.fileCount == 5 && report.fileSystem.compressedFileCount == 1)
    #expect(report.fileSystem.inodeCount == 5 + report.fileSystem.directoryCount)
    #expect(report.extensionRelease["ID"] == "peer")
    let leftOut = try #require(report.findings.first { $0.code == "left-out" })
    #expect(leftOut.severity == "warning" && leftOut.message.contains("boot"))

    // No member that is not described: those of an object in the order of their names.
    let object = try #require(try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
    let members = [
      "architecture", "byteCount", "extensionRelease", "fileSystem", "findings", "fullName", "name", "partitionTable",
      "rootHash", "seed", "version",
    ]
    #expect(object.keys.sorted() == members)
  }

  @Test func jsonHasNullsForWhatIsNotThere() async throws {
    try TempFolder.current.makeTree()
    let result = try await Program.run("tree", "out/hello.raw", "--json", "--raw-filesystem")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
    #expect(object["version"] is NSNull && object["partitionTable"] is NSNull)
  }

  // MARK: the release

  @Test func releaseOptionsReachTheFile() async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    try folder.makeFile("os-release", "ID=\"base\"\nVERSION_ID='7'\nSYSEXT_LEVEL=2\nNAME=Base\n")
    let fromFile = try Report(
      try await Program.run("tree", Program.image, "--json", "--os-release", "os-release"))
    #expect(fromFile.extensionRelease["ID"] == "base" && fromFile.extensionRelease["VERSION_ID"] == "7")
    #expect(fromFile.extensionRelease["SYSEXT_LEVEL"] == "2" && fromFile.extensionRelease["NAME"] == nil)
    let given = try Report(
      try await Program.run(
        "tree", Program.image, "--json", "--force", "--id", "peer", "--version-id", "9", "--sysext-level", "3",
        "--scope", "system", "--field", "EXTENSION_RELOAD_MANAGER=1", "--field", "HOME_URL=a b"))
    let expected = [
      "ID": "peer", "VERSION_ID": "9", "SYSEXT_LEVEL": "3", "SYSEXT_SCOPE": "system", "SYSEXT_ID": "hello",
      "SYSEXT_VERSION_ID": "1.2", "ARCHITECTURE": "x86-64", "EXTENSION_RELOAD_MANAGER": "1", "HOME_URL": "a b",
    ]
    #expect(given.extensionRelease == expected)
  }

  // MARK: options that show in the image

  @Test(.needsMount())
  func allRootGivesFilesToRoot() async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    try await Tool("chown").check("-R", "1000:70000", folder["tree"].string)
    for options in [[], ["--all-root"]] {
      let arguments = ["tree", Program.image, "--force", "--raw-filesystem"] + options
      #expect(try await Program.run(arguments, in: folder.path).status == 0)
      let listing = try await LoopMount.listing(of: folder[Program.image])
      let owners = Set(listing.entries.map { $0.fields.first { $0.label == "owner" }?.value })
      // Those of the release files are root's own.
      #expect(owners == (options.isEmpty ? ["1000:70000", "0:0"] : ["0:0"]))
    }
  }

  @Test func confextsHaveEtc() async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    try folder.makeFile("tree/etc/hello/settings", "colour=blue\n")
    let result = try await Program.run("tree", Program.image, "--confext", "--json")
    let report = try Report(result)
    #expect(report.extensionRelease["CONFEXT_ID"] == "hello")
    let leftOut = try #require(report.findings.first { $0.code == "left-out" })
    #expect(leftOut.message.contains("opt") && leftOut.message.contains("usr"))
    #expect(report.fileSystem.fileCount == 3)
  }

  @Test func leftOverEntriesAreListed() async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    for name in ["boot", "etc", "caf\u{e9}"] { try folder.makeFile("tree/\(name)/file", "") }
    let result = try await Program.run("tree", Program.image)
    #expect(result.status == 0)
    let line = try #require(result.errorText.split(separator: "\n").first { $0.contains("left out") })
    #expect(line.hasPrefix("sysext-pack: warning: ") && line.hasSuffix(": boot, caf\u{e9}, etc"), "\(line)")
    #expect(!result.outputText.contains("left out"))
  }

  @Test func forceReplaces() async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    try folder.makeFile(Program.image, "old")
    #expect(try await Program.run("tree", Program.image, "--force").status == 0)
    #expect(try folder.names() == ["hello-1.2.x86-64.raw"])
    #expect(try folder.bytes(Program.image).count > 1 << 20)
  }

  @Test func longNamesFit() async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    // 255 bytes less "extension-release.", and what that leaves of a file name.
    let name = String(repeating: "n", count: 233)
    #expect(try await Program.run("tree", "out/\(name)-1.raw").status == 0)
    #expect(try await Program.run("tree", "out/\(name)-1.raw", "--force").status == 0)
    #expect(try folder.names() == ["\(name)-1.raw"])
  }

  // MARK: the same bytes

  @Test func surroundingsChangeNothing() async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    try await Tool("cp").check("-a", folder["tree"].string, folder["same tree"].string)
    try folder.makeFolder("other")
    #expect(try await Program.run("tree", Program.image).status == 0)
    let first = try folder.bytes(Program.image)
    let environments: [[String: String]] = [
      ["TZ": "Pacific/Auckland"], ["LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8"], ["LC_ALL": "C"], ["LANG": "tr_TR"],
      ["HOME": "/nonexistent", "TMPDIR": "/nonexistent"],
    ]
    for environment in environments {
      let arguments = ["tree", Program.image, "--force"]
      #expect(try await Program.run(arguments, environment: environment, in: folder.path).status == 0)
      #expect(try folder.bytes(Program.image) == first, "\(environment)")
    }
    for arguments in [
      ["same tree", Program.image], ["tree/", Program.image], ["tree/../tree/.", Program.image],
      [folder["tree"].string, folder[Program.image].string], ["--jobs", "1", "tree", Program.image],
      ["tree", Program.image, "-j", "7"], ["tree", "./other/../\(Program.image)"],
    ] {
      #expect(try await Program.run(arguments + ["--force"], in: folder.path).status == 0)
      #expect(try folder.bytes(Program.image) == first, "\(arguments)")
    }
    // Its own folder as a relative one, and the parent as the tree.
    #expect(try await Program.run([".", "../\(Program.image)", "--force"], in: folder["tree"]).status == 0)
    #expect(try folder.bytes(Program.image) == first)
  }

  @Test func sourceDateEpochClampsTimes() async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    let image = folder[Program.image]
    func pack(_ time: String?) async throws -> Data {
      let result = try await Program.run(
        ["tree", Program.image, "--force"], environment: time.map { ["SOURCE_DATE_EPOCH": $0] } ?? [:],
        in: folder.path)
      #expect(result.status == 0, "\(result)")
      return try Data(contentsOf: URL(filePath: image.string))
    }
    let now = try await pack(nil)
    let early = try await pack("1000000000")
    #expect(now != early)
    // Once all times are cut, later changes of them do not show.
    try await Tool("find").check(folder["tree"].string, "-exec", "touch", "{}", "+")
    #expect(try await pack("1000000000") == early)
    #expect(try await pack(nil) != now)
  }

  @Test func seedDecidesUUIDs() async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    func report(_ output: String, _ options: String...) async throws -> Report {
      try Report(try await Program.run(["tree", "out/\(output)", "--force", "--json"] + options, in: folder.path))
    }
    let seed = "6B8B4567327B23C6643C986966334873"
    let first = try await report("a-1.x86-64.raw", "--seed", seed)
    let second = try await report("b-1.x86-64.raw", "--seed", seed)
    #expect(first.seed == second.seed && first.fileSystem.uuid == second.fileSystem.uuid)
    #expect(first.partitionTable?.diskGUID == second.partitionTable?.diskGUID)
    let third = try await report("a-1.x86-64.raw")
    let fourth = try await report("b-1.x86-64.raw")
    #expect(Set([first, third, fourth].map(\.seed)).count == 3)
    #expect(Set([first, third, fourth].map(\.fileSystem.uuid)).count == 3)
    #expect(Set([first, third, fourth].map { $0.partitionTable?.diskGUID }).count == 3)
  }
}
