// The tests' own tools, tested: what judges images must itself be able to say no.

import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite(.tempFolder)
struct SupportSelfTests {
  // MARK: listings and mounts, against mkfs.erofs

  static let mkfsCases = TreeCase.small.filter { !$0.isBeyondMkfs }

  @Test(.needsMount(), .needs("mkfs.erofs"), arguments: mkfsCases)
  func kernelShowsWhatMkfsWasGiven(_ tree: TreeCase) async throws {
    let folder = try TempFolder.current
    let source = try tree.build(at: folder["source"])
    try await Tool("mkfs.erofs").check("-zlz4", folder["image"].string, source.string)
    let mounted = try await LoopMount.listing(of: folder["image"])
    #expect(TreeListing.differences(try TreeListing(of: source), mounted) == [])
  }

  @Test(.needsMount(), .needs("mkfs.erofs", in: .sid))
  func kernelShowsWhatNewestMkfsWasGiven() async throws {
    let folder = try TempFolder.current
    let source = try TreeCase.longNames.build(at: folder["source"])
    try await Tool("mkfs.erofs", in: .sid).check("-zlz4hc", folder["image"].string, source.string)
    let mounted = try await LoopMount.listing(of: folder["image"])
    #expect(TreeListing.differences(try TreeListing(of: source), mounted) == [])
  }

  @Test(.needsMount(), .needs("mkfs.erofs"))
  func mountTakesAPartOfAFile() async throws {
    let folder = try TempFolder.current
    let source = try TreeCase.hardLinks.build(at: folder["source"])
    try await Tool("mkfs.erofs").check(folder["image"].string, source.string)
    let image = try Data(contentsOf: URL(filePath: folder["image"].string))
    let padding = Data(repeating: 0xEE, count: 1_048_576)
    try (padding + image + padding).write(to: URL(filePath: folder["disk"].string))
    let mounted = try await LoopMount.listing(of: folder["disk"], offset: 1_048_576, byteCount: UInt64(image.count))
    #expect(TreeListing.differences(try TreeListing(of: source), mounted) == [])
    await #expect(throws: LoopMount.Failure.self) { try await LoopMount.listing(of: folder["disk"]) }
  }

  @Test(.needsMount(), .needs("mkfs.erofs"))
  func nothingStaysMountedAfterAFailure() async throws {
    let folder = try TempFolder.current
    try TreeCase.empty.build(at: folder["source"])
    try await Tool("mkfs.erofs").check(folder["image"].string, folder["source"].string)
    var place = FilePath()
    await #expect(throws: CancellationError.self) {
      try await LoopMount.with(folder["image"]) { mounted in
        place = mounted
        throw CancellationError()
      }
    }
    let mounts = try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
    #expect(!place.string.isEmpty && !mounts.contains(place.string))
    #expect(!FileManager.default.fileExists(atPath: place.string))
    #expect(try await !Tool("losetup").check("-l").text.contains(folder.path.string))
  }

  // MARK: listings

  /// One change each, and the label that must show it.
  static let changes: [(label: String, change: @Sendable (inout TreeBuilder) throws -> Void)] = [
    ("content", { try $0.file("file", .utf8("odd")) }),
    ("size", { try $0.file("file", .utf8("longer")) }),
    ("mode", { try $0.file("file", .utf8("old"), .mode(0o4644)) }),
    ("owner", { try $0.file("file", .utf8("old"), .owner(0, 1)) }),
    ("mtime", { try $0.file("file", .utf8("old"), .file.time(Attributes.usualTime, 1)) }),
    ("user.x", { try $0.file("file", .utf8("old"), .file.xattr("user.x", [])) }),
    ("links", { try $0.link("file", to: "other") }),
    ("type", { try $0.fifo("file") }),
    ("target", { try $0.symlink("file", to: "old") }),
    ("device", { try $0.characterDevice("file", 1, 3) }),
    ("only on the left", { _ in }),
    (
      "only on the right",
      {
        try $0.file("file", .utf8("old"))
        try $0.file("more")
      }
    ),
  ]

  @Test(.needsRoot, arguments: changes.indices)
  func listingNoticesAChange(_ index: Int) throws {
    let folder = try TempFolder.current
    let (label, change) = Self.changes[index]
    try TreeBuilder.build(folder["left"]) {
      try $0.file("other", .utf8("old"))
      try $0.file("file", .utf8("old"))
    }
    try TreeBuilder.build(folder["right"]) {
      try $0.file("other", .utf8("old"))
      try change(&$0)
    }
    let left = try TreeListing(of: folder["left"])
    let lines = TreeListing.differences(left, try TreeListing(of: folder["right"]))
    #expect(lines.contains { $0.contains(": \(label)") }, "\(lines)")
    #expect(TreeListing.differences(left, left) == [])
  }

  @Test(.needsRoot)
  func listingNoticesOneByteAnywhere() throws {
    let folder = try TempFolder.current
    let size = 2_500_003
    func listing(_ content: [UInt8]) throws -> TreeListing {
      let place = folder[UUID().uuidString]
      try TreeBuilder.build(place) { try $0.file("file", .bytes(content)) }
      return try TreeListing(of: place)
    }
    for original in [Content.zero(size).bytes, Content.random(size, seed: 1).bytes] {
      let before = try listing(original)
      for offset in [0, 7, 8, 1_048_575, 1_048_576, 2_097_152, size - 1] {
        var changed = original
        changed[offset] ^= 1
        #expect(TreeListing.differences(before, try listing(changed)).count == 1, "byte \(offset)")
      }
    }
  }

  @Test(.needsRoot)
  func treesAreTheSameEachTime() throws {
    let folder = try TempFolder.current
    for tree in [TreeCase.contents, .xattrs, .beyondPathMax] {
      let first = try TreeListing(of: try tree.build(at: folder["\(tree.name)-1"]))
      let second = try TreeListing(of: try tree.build(at: folder["\(tree.name)-2"]))
      #expect(TreeListing.differences(first, second) == [])
      #expect(first.entries.count > 1)
    }
  }

  @Test(.needsRoot)
  func shuffledTreesAreTheSameInAnotherOrder() async throws {
    try await TempFolder.with(.memory) { folder in
      let plain = try TreeCase.names.build(at: folder["plain"])
      let shuffled = try TreeCase.names.build(at: folder["shuffled"], shuffled: 1)
      #expect(TreeListing.differences(try TreeListing(of: plain), try TreeListing(of: shuffled)) == [])
      let orders = try (TreeListing.order(in: plain), TreeListing.order(in: shuffled))
      #expect(orders.0.count > 20 && orders.0 != orders.1 && orders.0.sorted() == orders.1.sorted())
    }
  }

  @Test(.needsRoot)
  func smallDisksAreSmall() async throws {
    await #expect(throws: Errno.noSpace) {
      try await TempFolder.withSmallDisk(byteCount: 1 << 20) { folder in
        try TreeBuilder.build(folder["tree"]) { try $0.file("file", .zero(2 << 20)) }
      }
    }
  }

  // MARK: systemd

  @Test(
    .needsPeers(.bookworm, .trixie, .sid), .needs("mkfs.erofs"),
    arguments: Peer.trees, [["ID=peer", "VERSION_ID=1"], ["ID=peer", "VERSION_ID=2"], ["ID=other", "VERSION_ID=1"]])
  func systemdTakesOnlyWhatFits(_ peer: Peer, _ osRelease: [String]) async throws {
    let folder = try TempFolder.current
    let source = try TreeCase.sysext("hello", release: ["ID=peer", "VERSION_ID=1"]).build(at: folder["source"])
    try await Tool("mkfs.erofs").check(folder["image"].string, source.string)
    let fits = osRelease == ["ID=peer", "VERSION_ID=1"]
    let merge = try await PeerSysext(peer).merge(
      folder["image"], as: "hello", osRelease: osRelease, looking: ["usr/bin/hello-tool", "opt/hello/data", "usr/no"],
      commands: "cat \"$root/usr/bin/hello-tool\"; inside sha256sum \"$image\" >/dev/null && echo readable")
    #expect(merge.isMerged == fits, "\(merge)")
    #expect(merge.visible == (fits ? ["usr/bin/hello-tool", "opt/hello/data"] : []), "\(merge)")
    #expect(merge.output.contains("echo hello") == fits)
    #expect(merge.output.contains("readable"))
  }

  @Test(.needsPeers(.bookworm, .trixie, .sid), .needs("mkfs.erofs"), arguments: Peer.trees)
  func systemdRefusesAWrongName(_ peer: Peer) async throws {
    let folder = try TempFolder.current
    let source = try TreeCase.sysext("hello", release: ["ID=_any"]).build(at: folder["source"])
    try await Tool("mkfs.erofs").check(folder["image"].string, source.string)
    let merge = try await PeerSysext(peer).merge(
      folder["image"], as: "goodbye", osRelease: ["ID=peer"], looking: ["usr/bin/hello-tool"])
    #expect(!merge.isMerged && merge.visible == [], "\(merge)")
    let dissect = try await PeerSysext(peer).dissect(folder["image"], as: "hello", "--json=short")
    #expect(dissect.outputText.contains("\"useSystemExtension\":true"), "\(dissect)")
    #expect(dissect.outputText.contains("ID=_any"))
  }

  @Test(.needsPeers(.bookworm, .trixie, .sid), .needs("mkfs.erofs", "sfdisk"), arguments: Peer.trees)
  func systemdFindsTheFileSystemInAPartition(_ peer: Peer) async throws {
    let folder = try TempFolder.current
    let source = try TreeCase.sysext("hello", release: ["ID=_any"]).build(at: folder["source"])
    try await Tool("mkfs.erofs").check(folder["image"].string, source.string)
    let image = try Data(contentsOf: URL(filePath: folder["image"].string))
    let padding = Data(repeating: 0, count: 1_048_576)
    try (padding + image + padding).write(to: URL(filePath: folder["disk"].string))
    #if arch(arm64)
      let type = "B921B045-1DF0-41C3-AF44-4C6F280D3FAE"
    #else
      let type = "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709"
    #endif
    let script = "label: gpt\nstart=2048, size=\(image.count / 512), type=\(type), attrs=\"GUID:60\"\n"
    try await Tool("sfdisk").check(["--quiet", folder["disk"].string], input: Array(script.utf8))
    let merge = try await PeerSysext(peer).merge(
      folder["disk"], as: "hello", osRelease: ["ID=peer"], looking: ["usr/bin/hello-tool"])
    #expect(merge.isMerged && merge.visible == ["usr/bin/hello-tool"], "\(merge)")
  }

  // MARK: programs

  @Test func missingProgramsAreNamed() async throws {
    let tool = Tool("no-such-program")
    #expect(!tool.isAvailable)
    let error = await #expect(throws: MissingTool.self) { try await tool.run() }
    #expect(error?.description == "needs no-such-program")
  }

  @Test func programsAreRunAndStopped() async throws {
    let shell = Tool("sh")
    let result = try await shell.run(["-c", "cat; echo error >&2; exit 3"], input: Array("input".utf8))
    #expect(result.status == 3 && result.outputText == "input" && result.errorText == "error\n")
    #expect(try await shell.run("-c", "kill -TERM $$").status == 128 + 15)
    let failure = await #expect(throws: ToolFailure.self) { try await shell.check("-c", "echo why; exit 1") }
    #expect(failure?.description.contains("why") == true)
    let start = ContinuousClock.now
    await #expect(throws: (any Error).self) {
      try await shell.run("-c", "sleep 60 & wait", timeout: .milliseconds(300))
    }
    #expect(ContinuousClock.now - start < .seconds(20))
  }

  @Test(.needs("fsck.erofs", in: .trixie), .needs("fsck.erofs", in: .sid))
  func peersAreWhoTheyAre() async throws {
    let old = try await Tool("fsck.erofs", in: .trixie).run("--version").text
    let new = try await Tool("fsck.erofs", in: .sid).run("--version").text
    #expect(old.contains("1.8") && !new.contains("1.8"), "\(old) \(new)")
  }
}
