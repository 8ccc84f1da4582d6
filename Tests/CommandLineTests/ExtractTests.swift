import Foundation
import SystemPackage
import TestSupport
import Testing

/// `extract`, against the packed tree, fsck.erofs and the kernel.
@Suite(.tempFolder, .needsRoot)
struct ExtractTests {
  /// Packs every small case below `usr`, as a file system alone.
  private func packed(_ options: String..., cases: [TreeCase] = TreeCase.small) async throws -> TempFolder {
    let folder = try TempFolder.current
    try folder.makeTree()
    for treeCase in cases { try treeCase.build(at: folder["tree/usr"].appending(treeCase.name)) }
    let result = try await Program.run(
      ["tree", Program.image, "--raw-filesystem"] + options, in: folder.path)
    #expect(result.status == 0, "\(result)")
    return folder
  }

  @Test(.needsMount(), arguments: ["none", "lz4", "lz4hc,9 --pcluster-size 64K --tails all-fragments"])
  func equalsTheKernel(_ options: String) async throws {
    let words = ["--compression"] + options.split(separator: " ").map(String.init)
    let folder = try TempFolder.current
    try folder.makeTree()
    for treeCase in TreeCase.small { try treeCase.build(at: folder["tree/usr"].appending(treeCase.name)) }
    #expect(try await Program.run(["tree", Program.image] + words, in: folder.path).status == 0)
    let kernel = try await LoopMount.listing(of: folder[Program.image], offset: 1 << 20)
    for arguments in [["one"], ["two", "--jobs", "1"], ["three", "--jobs", "7"]] {
      let result = try await Program.run(["extract", Program.image] + arguments, in: folder.path)
      #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
      #expect(TreeListing.differences(kernel, try TreeListing(of: folder[arguments[0]])) == [])
    }
    // And packed again, it is the same image.
    try folder.makeFolder("again")
    let again = try await Program.run(["one", "again/hello-1.2.x86-64.raw"] + words, in: folder.path)
    #expect(again.status == 0, "\(again)")
    #expect(try folder.bytes("again/hello-1.2.x86-64.raw") == folder.bytes(Program.image))
  }

  @Test(.needs("fsck.erofs", in: .sid)) func equalsFsck() async throws {
    let folder = try await packed(
      cases: TreeCase.small.filter { !$0.isBeyondMkfs && !["acls", "xattrs"].contains($0.name) })
    try await Tool("fsck.erofs", in: .sid).check(
      "--extract=\(folder["fsck"])", "--preserve", "--xattrs", folder[Program.image].string)
    #expect(try await Program.run("extract", Program.image, "ours").status == 0)
    // fsck.erofs leaves no time on symbolic links and folders as it should.
    let ignored: TreeListing.Fields = [.folderTime, .links]
    let (left, right) = (
      try TreeListing(of: folder["fsck"], without: ignored), try TreeListing(of: folder["ours"], without: ignored)
    )
    #expect(TreeListing.differences(left, right) == [])
  }

  @Test func parts() async throws {
    let folder = try await packed(cases: [.hardLinks])
    let result = try await Program.run(
      "extract", Program.image, "new", "--path", "/usr/hard-links/a", "--path", "usr/bin/hello", "--json")
    let report = try #require(try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
    #expect(report["files"] as? Int == 2 && report["special"] as? Int == 1 && report["directories"] as? Int == 5)
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder["new"].string).sorted()
    #expect(
      names == [
        "usr", "usr/bin", "usr/bin/hello", "usr/hard-links", "usr/hard-links/a", "usr/hard-links/a/null-2",
        "usr/hard-links/a/second",
      ])
    #expect(try Disk.status(of: folder["new/usr/hard-links/a/second"]).linkCount == 1)
  }

  // MARK: not as root

  @Test(.needs("setpriv")) func nobodyCanExtract() async throws {
    let folder = try await packed(cases: TreeCase.small.filter { $0.name != "acls" })
    let result = try await Program.runAsNobody("extract", Program.image, "out/new", "--verbose")
    #expect(result.status == 0, "\(result)")
    for text in [
      "files belong to others in the image", "set-user-ID", "extended attributes could not be set",
      "device files were left out",
    ] { #expect(result.errorText.contains(text), "\(text): \(result)") }
    #expect(try await Program.run("extract", Program.image, "root").status == 0)
    let differences = TreeListing.differences(
      try TreeListing(of: folder["root"], without: .owner), try TreeListing(of: folder["out/new"], without: .owner),
      limit: 10_000)
    // All else is the same: content, modes, times, links, user attributes.
    let unexpected = differences.filter { line in
      let isDevice =
        line.hasSuffix(": only on the left") && ["character-", "block-", "null-"].contains { line.contains($0) }
      let isPrivileged = [": trusted.", ": security."].contains { line.contains($0) }
      let isSetUserID =
        line.contains(": mode: ") && line.range(of: ": mode: [2467][0-7]* \\| ", options: .regularExpression) != nil
      return !isDevice && !isPrivileged && !isSetUserID
    }
    #expect(unexpected == [])
    // Directories that may not be written were moved to one that exists, and over themselves.
    try await Tool("install").check("-d", "-o", "65534", "-g", "65534", folder["out/there"].string)
    for options in [[], ["--force"]] {
      let again = try await Program.runAsNobody(["extract", Program.image, "out/there"] + options)
      #expect(again.status == 0, "\(again)")
      #expect(
        TreeListing.differences(try TreeListing(of: folder["out/new"]), try TreeListing(of: folder["out/there"])) == [])
    }
    #expect(try folder.names() == ["hello-1.2.x86-64.raw", "new", "there"])
  }

  @Test(.needs("setpriv")) func foldersThatMayNotBeWrittenAreNamed() async throws {
    let folder = try await packed(cases: [])
    try folder.makeFolder("closed/there")
    for target in ["closed/new", "closed/there"] {
      let result = try await Program.runAsNobody("extract", Program.image, target)
      #expect(result.status == 2 && result.errorText.contains("\(target): "), "\(result)")
      #expect(result.errorText.contains("Permission denied"), "\(result)")
    }
    #expect(try folder.names(in: "closed") == ["there"] && folder.names(in: "closed/there") == [])
  }

  // MARK: failures

  @Test func targetsAreKept() async throws {
    let folder = try await packed(cases: [])
    try folder.makeFile("there/file", "mine")
    let result = try await Program.run("extract", Program.image, "there")
    #expect(result.status == 1 && result.errorText.contains("there: exists and is not empty; --force"), "\(result)")
    #expect(try folder.names(in: "there") == ["file"])
    #expect(try await Program.run("extract", Program.image, "there", "--force", "-q").status == 0)
    #expect(try folder.names(in: "there") == ["file", "opt", "usr"])
    #expect(try await Program.run("extract", Program.image, "").status == 64)
    #expect(try await Program.run("extract", Program.image, "new", "--jobs", "0").status == 64)
  }

  @Test func fullDisksLeaveNothing() async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    try TreeBuilder.build(folder["tree/usr/noise"]) { tree in
      for index in 0..<30 { try tree.file(RawName("\(index)"), .random(400_000, seed: UInt64(index))) }
    }
    #expect(try await Program.run("tree", Program.image).status == 0)
    try await TempFolder.withSmallDisk(byteCount: 6 << 20) { disk in
      for (target, arguments) in [("new", []), (".", []), ("x.tar", ["tar"])] as [(String, [String])] {
        let verb = arguments.first ?? "extract"
        let result = try await Program.run(verb, folder[Program.image].string, disk[target].string)
        #expect(result.status == 2 && result.errorText.contains("No space left on device"), "\(result)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path.string) == [])
      }
    }
  }

  @Test(.needs("bash"), arguments: ["new", "there"]) func signalsEndItCleanly(_ target: String) async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    try folder.makeFolder("there")
    let part = Content.text(1 << 20, seed: 1).bytes
    try TreeBuilder.build(folder["tree/usr/slow"]) { tree in
      for index in 0..<400 { try tree.file(RawName("a/\(index)"), .utf8("\(index)")) }
      try tree.file("large", .repeating(part, count: 300))
    }
    #expect(try await Program.run("tree", Program.image, "--compression", "zstd,1", "--kernel", "6.12").status == 0)
    let program = try #require(Program.tool.location).string
    let result = try await Tool("bash").run(
      [
        "-c",
        """
        set -m
        "$1" extract "$2" \(target) 2>stderr &
        pid=$!
        until find . \(target) -maxdepth 1 -name '.sysext-*' 2>/dev/null | grep -q .; do
          kill -0 $pid || break
          sleep 0.01
        done
        sleep 0.1
        kill -INT $pid
        status=0
        wait $pid 2>/dev/null || status=$?
        echo "$status"
        """, "bash", program, Program.image,
      ], in: folder.path)
    #expect(result.outputText == "130\n", "\(result)")
    #expect(try folder.bytes("stderr") == Data("sysext-pack: cancelled\n".utf8))
    #expect(try folder.names(in: "") == ["out", "stderr", "there", "tree"])
    #expect(try folder.names(in: "there") == [])
  }

  /// Files that are large, many, and all holes.
  @Test(.needs("bash"), arguments: ["extract", "tar"]) func memoryIsBounded(_ verb: String) async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    try TreeBuilder.build(folder["tree/usr/data"]) { tree in
      try tree.file("large", .repeating(Content.text(1 << 20, seed: 1).bytes, count: 200))
      try tree.sparseFile("sparse", 300 << 20)
      for index in 0..<20_000 { try tree.file(RawName("many/\(index % 100)/\(index)"), .utf8("\(index)")) }
    }
    #expect(
      try await Program.run("tree", Program.image, "--compression", "lz4hc,3", "--pcluster-size", "1M").status == 0)
    let program = try #require(Program.tool.location).string
    let result = try await Tool("bash").run(
      [
        "-c",
        """
        "$1" \(verb) "$2" new --jobs 2 >stdout &
        pid=$!
        while peak=$(grep VmHWM "/proc/$pid/status"); do last=$peak; sleep 0.01; done 2>/dev/null
        wait $pid && echo "$last"
        """, "bash", program, Program.image,
      ], in: folder.path)
    let words = result.outputText.split(whereSeparator: \.isWhitespace)
    let megabytes = (words.count == 3 ? Int(words[1]) ?? 0 : 0) >> 10
    #expect((5...128).contains(megabytes), "\(megabytes) MiB: \(result)")
  }
}
