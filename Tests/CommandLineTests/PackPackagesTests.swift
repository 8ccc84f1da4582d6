import Foundation
import SystemPackage
import TestPackages
import TestSupport
import Testing

private typealias File = MadePackage.File

/// `sysext-pack RPM… OUT.raw`: what goes in, what it is called, and what is printed.
@Suite(.tempFolder)
struct PackPackagesTests {
  /// Makes a few packages, a tree, and empty `out` and `tmp`.
  private static func prepare() throws -> TempFolder {
    let folder = try TempFolder.current
    for name in ["out", "tmp", "packages"] { try folder.makeFolder(name) }
    var tool = MadePackage("tool", [File("/usr/bin/tool", "tool\n", mode: 0o100755), .directory("/usr/share/tool")])
    tool.version = "3.1"
    var library = MadePackage(
      "library", [File("/usr/lib64/library.so", "library\n"), File("/etc/library.conf", "a=1\n")])
    library.version = "0.9"
    library.architecture = "aarch64"
    try folder.write(tool)
    try folder.write(library)
    try folder.makeFile("tree/usr/share/tree/file", "tree\n")
    return folder
  }

  private func pack(_ arguments: String...) async throws -> ToolResult {
    try await Program.run(
      ["--id", "_any"] + arguments, environment: ["TMPDIR": try TempFolder.current["tmp"].string],
      in: try TempFolder.current.path)
  }

  /// The paths of an image's files, and the fields of its release file.
  private func content(_ image: String) async throws -> (files: [String], release: [String]) {
    let lines = try await Program.run("ls", "--recursive", image)
    guard lines.succeeded else { throw ToolFailure(result: lines) }
    var paths: [String] = []
    var parent = ""
    for line in lines.outputText.split(separator: "\n") {
      if line.hasSuffix(":") {
        parent = line == "/:" ? "" : String(line.dropLast())
      } else {
        paths.append("\(parent)/\(line)")
      }
    }
    let releases = paths.filter { $0.contains("extension-release.d/extension-release.") }
    let release = try await Program.run("cat", image, try #require(releases.first))
    return (
      paths.filter { !$0.contains("extension-release") }.sorted(),
      release.outputText.split(separator: "\n").map(String.init)
    )
  }

  @Test func whatGoesIn() async throws {
    let folder = try Self.prepare()
    for (name, inputs) in [
      ("one", ["packages/tool-3.1-2.x86_64.rpm", "packages/library-0.9-2.aarch64.rpm", "tree"]),
      ("two", ["packages", "tree"]),
      ("three", ["tree", "packages"]),
    ] {
      let image = "out/\(name)-1.x86-64.raw"
      let result = try await Program.run(inputs + [image, "--id", "_any"], in: folder.path)
      #expect(result.status == 0, "\(result)")
      #expect(
        result.errorText.contains("/etc: left out") && result.errorText.contains("/etc/library.conf"), "\(result)")
      let content = try await content(image)
      for path in ["usr/bin/tool", "usr/lib64/library.so", "usr/share/tree/file", "usr/share/tool"] {
        #expect(content.files.contains { $0.hasSuffix(path) }, "\(path): \(content.files)")
      }
      #expect(!content.files.contains { $0.contains("etc") })
    }
  }

  @Test(arguments: [
    (["packages/tool-3.1-2.x86_64.rpm", "packages/library-0.9-2.aarch64.rpm"], "out/e.raw", "3.1", "x86-64"),
    (["packages"], "out/e.raw", "0.9", "arm64"),
    (["packages", "--main-package", "tool"], "out/e.raw", "3.1", "x86-64"),
    (["packages", "--main-package", "tool"], "out/e-7.raw", "7", "x86-64"),
    (["packages", "--main-package", "tool"], "out/e-7.arm64.raw", "7", "arm64"),
    (
      ["packages", "--main-package", "tool", "--version", "8", "--architecture", "riscv64"], "out/e.raw", "8", "riscv64"
    ),
    (["tree", "packages/tool-3.1-2.x86_64.rpm"], "out/e.raw", "3.1", "x86-64"),
  ])
  func whatItIsCalled(_ inputs: [String], _ image: String, _ version: String, _ architecture: String) async throws {
    let folder = try Self.prepare()
    let result = try await Program.run(inputs + [image, "--id", "_any"], in: folder.path)
    #expect(result.status == 0, "\(result)")
    let release = try await content(image).release
    #expect(
      release.contains("SYSEXT_ID=e") && release.contains("SYSEXT_VERSION_ID=\(version)")
        && release.contains("ARCHITECTURE=\(architecture)"), "\(release)")
  }

  @Test(arguments: [
    (["packages"], [], "library-0.9.arm64"), (["packages", "tree"], ["--main-package", "tool"], "tool-3.1.x86-64"),
    (["packages"], ["--name", "debug"], "debug-0.9.arm64"),
    (["tree"], ["--name", "debug", "--version", "4", "--architecture", "riscv64"], "debug-4.riscv64"),
  ]) func whatItIsCalledInAFolder(_ inputs: [String], _ options: [String], _ name: String) async throws {
    let folder = try Self.prepare()
    let result = try await Program.run(inputs + ["out", "--id", "_any"] + options, in: folder.path)
    #expect(result.status == 0, "\(result)")
    #expect(result.outputText.hasPrefix("out/\(name).raw: "), "\(result)")
    let manifest = inputs == ["tree"] ? [] : ["\(name).manifest"]
    #expect(try folder.names() == manifest + ["\(name).raw"])
    let release = try await content("out/\(name).raw").release
    #expect(release.contains("SYSEXT_ID=\(name.split(separator: "-")[0])"), "\(release)")
  }

  @Test func aFolderIsNoName() async throws {
    _ = try Self.prepare()
    let result = try await pack("tree", "out")
    #expect(result.status == 1 && result.errorText.contains("out: a folder") && result.errorText.contains("--name"))
    #expect(try TempFolder.current.names() == [])
  }

  @Test func noSuchMainPackage() async throws {
    _ = try Self.prepare()
    let result = try await pack("packages", "out/e.raw", "--main-package", "nope")
    #expect(result.status == 1 && result.errorText.contains("no package nope"), "\(result)")
    #expect(try TempFolder.current.names() == [])
  }

  @Test func json() async throws {
    let folder = try Self.prepare()
    let everything = RPMRoot.fixture("trixie-everything-v4").string
    let result = try await pack("packages", everything, "tree", "out/e-1.x86-64.raw", "--json", "--etc", "confext")
    #expect(result.status == 0, "\(result)")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
    let packages = try #require(object["packages"] as? [[String: Any]])
    #expect(packages.map { $0["name"] as? String } == ["library", "tool", "everything"])
    #expect(packages.map { $0["version"] as? String } == ["0.9-2", "3.1-2", "7:1.2.3~rc1-4^git"])
    #expect(packages.map { $0["architecture"] as? String } == ["aarch64", "x86_64", "x86_64"])
    #expect((packages[0]["file"] as? String)?.hasSuffix("library-0.9-2.aarch64.rpm") == true)
    #expect("\(object["scriptlets"] ?? "")".contains("everything"))
    let confext = try #require(object["confext"] as? [String: Any])
    #expect(confext["path"] as? String == "out/e-1.x86-64.confext.raw" && confext["image"] is [String: Any])
    let findings = try #require(object["findings"] as? [[String: Any]])
    #expect(
      findings.contains { $0["code"] as? String == "etc-confext" || "\($0)".contains("etc-confext") }, "\(findings)")
    #expect(try folder.names() == ["e-1.x86-64.confext.raw", "e-1.x86-64.manifest", "e-1.x86-64.raw"])
    #expect(try folder.names(in: "tmp") == [])
    // Without packages nothing about them is said.
    let plain = try await pack("tree", "out/f-1.x86-64.raw", "--json")
    let second = try #require(try JSONSerialization.jsonObject(with: Data(plain.output)) as? [String: Any])
    #expect(second["byteCount"] != nil || second["size"] != nil, "\(second.keys)")
  }

  @Test(arguments: ["trixie-source-v4", "sid-source-v6"]) func sourcePackages(_ name: String) async throws {
    _ = try Self.prepare()
    let result = try await pack("packages", RPMRoot.fixture(name).string, "out/e-1.x86-64.raw")
    #expect(result.status == 1 && result.errorText.contains("\(name).rpm: a source package"), "\(result)")
    #expect(try TempFolder.current.names() == [])
  }

  /// systemd has to hear of units, and of nothing else.
  @Test func unitsAreAnnounced() async throws {
    let folder = try Self.prepare()
    let line = "EXTENSION_RELOAD_MANAGER=1"
    #expect(try await pack("packages", "out/none-1.x86-64.raw").status == 0)
    #expect(try await !content("out/none-1.x86-64.raw").release.contains(line))
    try folder.write(MadePackage("unit", [File("/usr/lib/systemd/system/unit.service", "[Service]\n")]))
    #expect(try await pack("packages", "out/units-1.x86-64.raw").status == 0)
    #expect(try await content("out/units-1.x86-64.raw").release.contains(line))
    let said = try await pack("packages", "out/said-1.x86-64.raw", "--field", "EXTENSION_RELOAD_MANAGER=0")
    #expect(said.status == 0, "\(said)")
    let release = try await content("out/said-1.x86-64.raw").release
    #expect(release.contains("EXTENSION_RELOAD_MANAGER=0") && !release.contains(line))
  }

  /// Two images with one identity would be taken for the same disk.
  @Test func confextHasAnIdentityOfItsOwn() async throws {
    _ = try Self.prepare()
    let result = try await pack(
      "packages", "out/e-1.x86-64.raw", "--etc", "confext", "--json", "--seed", "0a1b2c3d-0000-4000-8000-000000000001")
    #expect(result.status == 0, "\(result)")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
    let confext = try #require((object["confext"] as? [String: Any])?["image"] as? [String: Any])
    let seeds = [object, confext].map { $0["seed"] as? String }
    #expect(seeds[0]?.lowercased() == "0a1b2c3d-0000-4000-8000-000000000001" && seeds[1] != nil, "\(seeds)")
    #expect(seeds[0] != seeds[1])
  }

  // MARK: the same bytes

  @Test func bytesDoNotDependOnWhereAndHow() async throws {
    let folder = try Self.prepare()
    for name in ["a", "b", "elsewhere"] { try folder.makeFolder(name) }
    let packages = ["trixie-everything-v4", "trixie-plain-zstd-v4", "trixie-plain-xz-v4"].map {
      RPMRoot.fixture($0).string
    }
    var images: [Data] = []
    for (index, (options, temporary, place)) in [
      (["--jobs", "1"], "tmp", folder.path), (["--jobs", "2"], "tmp", folder.path),
      (["--jobs", "8"], "a", folder.path),
      ([], "b", folder["elsewhere"]),
    ].enumerated() {
      let image = folder["out/\(index)/e-1.x86-64.raw"].string
      try folder.makeFolder("out/\(index)")
      let result = try await Program.run(
        packages + [image, "--id", "_any"] + options, environment: ["TMPDIR": folder[temporary].string], in: place)
      #expect(result.status == 0, "\(result)")
      images.append(try folder.bytes("out/\(index)/e-1.x86-64.raw"))
    }
    #expect(Set(images).count == 1)
    for name in ["tmp", "a", "b"] { #expect(try folder.names(in: name) == []) }
  }

  @Test func bytesDoNotDependOnThePayloadsCompressor() async throws {
    let folder = try Self.prepare()
    var images: [Data] = []
    for compressor in ["none", "gzip", "bzip2", "xz", "lzma", "zstd"] {
      try folder.makeFolder("out/\(compressor)")
      let image = "out/\(compressor)/e.raw"
      let result = try await pack(RPMRoot.fixture("trixie-plain-\(compressor)-v4").string, image)
      #expect(result.status == 0, "\(result)")
      images.append(try folder.bytes(image))
    }
    #expect(Set(images).count == 1)
  }

  // MARK: many

  @Test(.needs("bash"), arguments: ["packages", "packages/*"])
  func manyPackagesWithFewOpenFiles(_ inputs: String) async throws {
    let folder = try TempFolder.current
    for name in ["out", "tmp", "packages"] { try folder.makeFolder(name) }
    for number in 0..<300 {
      try folder.write(MadePackage("many-\(number)", [File("/usr/share/many/file-\(number)", "\(number)\n")]))
    }
    let program = try #require(Program.tool.location)
    let result = try await Tool("bash").run(
      ["-c", "ulimit -Sn 256; \"$1\" \(inputs) out/many-1.x86-64.raw --id _any", "bash", program.string],
      environment: ["TMPDIR": folder["tmp"].string], in: folder.path)
    #expect(result.status == 0, "\(result)")
    #expect(try await content("out/many-1.x86-64.raw").files.count { $0.contains("/file-") } == 300)
  }
}

extension TempFolder {
  /// Writes a package to a folder, `packages` by default.
  func write(_ package: MadePackage, in folder: String = "packages") throws {
    try makeFolder(folder)
    try Disk.write(package.bytes, to: self[folder].appending(package.fileName))
  }
}
