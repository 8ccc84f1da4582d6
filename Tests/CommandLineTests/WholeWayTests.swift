import Foundation
import SystemPackage
import TestSupport
import Testing

/// Packages, packed and mounted by the kernel, are what rpm installs, less the documented changes.
@Suite(.tempFolder, .needsMount(), .needs("rpm", in: .trixie), .needs("rpm", in: .sid), .needs("sfdisk"))
struct WholeWayTests {
  /// Packages that can be installed together.
  struct Group: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let names: [String]
    /// When the first of them was built.
    var time: Int64 = 1_600_000_000

    init(_ names: String...) {
      testDescription = names.joined(separator: " ")
      self.names = names
    }
  }

  private static let groups = [
    Group("trixie-everything-v4", "trixie-plain-zstd-v4"), Group("sid-everything-v4", "trixie-plain-none-v4"),
    Group("bookworm-everything-v4", "trixie-plain-bzip2-v4", "trixie-plain-xz-v4"),
    Group("trixie-plain-gzip-v4", "trixie-plain-lzma-v4", "trixie-everything-v4"),
    Group(
      "trixie-plain-none-v4", "trixie-plain-gzip-v4", "trixie-plain-bzip2-v4", "trixie-plain-xz-v4",
      "trixie-plain-lzma-v4", "trixie-plain-zstd-v4"),
  ]
  /// Only rpm 6 and later reads the new format.
  private static let newGroups = [Group("sid-everything-v6", "sid-plain-none-v6"), Group("sid-plain-none-v6")]

  private static let release =
    ["usr/lib/extension-release.d"]
    + ["whole", "whole-1.x86-64"].map {
      "usr/lib/extension-release.d/extension-release.\($0)"
    }

  @Test(arguments: groups, [Peer.trixie, .sid]) func isWhatRPMInstalls(_ group: Group, _ peer: Peer) async throws {
    try await check(group.names.map(RPMRoot.fixture), peer, time: group.time)
  }

  @Test(arguments: newGroups) func isWhatRPMInstallsOfNewPackages(_ group: Group) async throws {
    try await check(group.names.map(RPMRoot.fixture), .sid, time: group.time)
  }

  /// Directories and files of several packages, links and capabilities, moved files, and what scriptlets would have done.
  @Test(.needsPeers(.trixie, .sid), arguments: [(Peer.trixie, 4), (.sid, 4), (.sid, 6)])
  func isWhatRPMInstallsOfRelatedPackages(_ peer: Peer, _ format: Int) async throws {
    let folder = try TempFolder.current
    let packages = try await RPMRoot.build(with: peer, format: format, in: folder.path)
    for options in [[], ["--jobs", "1", "--preset", "small"]] {
      let (theirs, ours) = try await listings(packages, peer, time: 1_600_000_000, options)
      #expect(
        TreeListing.differences(theirs, ours).sorted() == ["usr/bin/whole-tool: only on the right"])
      let link = try #require(ours.entries.first { $0.path == "usr/bin/whole-tool" })
      #expect(
        link.fields.contains { $0.label == "target" && ["whole-tool-2", "/usr/bin/whole-tool-2"].contains($0.value) })
      // It would mean nothing if nothing of it were there.
      let lines = ours.description.split(separator: "\n")
      for (path, words) in [
        ("usr/lib/whole/helper", "mode=2751 owner=471:472"), ("usr/lib/whole/pipe", "type=fifo mode=620 owner=471:471"),
        ("usr/bin/whole-server", "security.capability="), ("usr/lib/whole ", "mode=711"),
        ("usr/lib/whole/large-3", "links=5, 5 here"), ("usr/lib/whole/world", "links=2, 2 here, first opt/whole/world"),
        ("usr/lib64/libwhole.so.1 ", "target=libwhole.so.1.0"), ("usr/share/whole/second", "mtime=4200000000"),
        ("usr/sbin/whole-moved-too", "size=11"),
      ] { #expect(lines.contains { $0.hasPrefix(path) && $0.contains(words) }, "\(path): \(words)") }
    }
  }

  /// Owners need no base where sysusers.d or numbers say enough: those are what rpm's root has, too.
  @Test(.needsPeers(.sid)) func needsNoBaseForUsersThatThePackagesBring() async throws {
    let folder = try TempFolder.current
    let packages = try await RPMRoot.build(with: .sid, format: 6, in: folder.path)
    let (theirs, ours) = try await listings(packages, .sid, time: 1_600_000_000, [], withBase: false)
    #expect(TreeListing.differences(theirs, ours) == ["usr/bin/whole-tool: only on the right"])
  }

  /// The order of packages decides nothing but the times of what they share.
  @Test(.needsPeers(.sid)) func orderChangesOnlyTimesOfWhatIsShared() async throws {
    let folder = try TempFolder.current
    let packages = try await RPMRoot.build(with: .sid, format: 6, in: folder.path)
    let (theirs, ours) = try await listings(packages.reversed(), .sid, time: 1_600_000_000)
    #expect(TreeListing.differences(theirs, ours) == ["usr/bin/whole-tool: only on the right"])
  }

  private func check(_ packages: [FilePath], _ peer: Peer, time: Int64) async throws {
    let (theirs, ours) = try await listings(packages, peer, time: time)
    #expect(TreeListing.differences(theirs, ours) == [])
    #expect(theirs.entries.count > 7)
  }

  /// What rpm installs, and what the kernel shows of the image without the release files.
  private func listings(
    _ packages: [FilePath], _ peer: Peer, time: Int64, _ options: [String] = [], withBase: Bool = true
  ) async throws -> (TreeListing, TreeListing) {
    try await TempFolder.with { folder in
      let root = try await RPMRoot.install(packages, with: peer, at: folder["root"])
      try RPMRoot.makeBase(at: folder["base"])
      let image = folder["whole-1.x86-64.raw"]
      let result = try await Program.run(
        packages.map(\.string) + [image.string, "--id", "_any"] + (withBase ? ["--base", folder["base"].string] : [])
          + options, environment: ["TMPDIR": folder.path.string])
      guard result.succeeded else { throw ToolFailure(result: result) }
      let range = try await partitionRange(of: image)
      let mounted = try await LoopMount.listing(
        of: image, offset: range.lowerBound, byteCount: UInt64(range.count), without: [.root])
      #expect(mounted.entries.map(\.path.description).filter(Self.release.contains) == Self.release)
      let theirs = try await root.listing(packages, time: time)
      let hasLibraries = theirs.entries.contains { $0.path == "usr/lib" }
      return (theirs, mounted.without { Self.release.contains($0) || $0 == "usr/lib" && !hasLibraries })
    }
  }

  // MARK: contents, by others

  /// bsdtar reads packages itself; it knows neither rpm 6 nor a package's header.
  @Test(.needs("bsdtar"), arguments: groups) func contentsAreWhatBsdtarUnpacks(_ group: Group) async throws {
    try await compareContents(group.names) { package, target in
      try await Tool("bsdtar").check("-xpf", package.string, "-C", target.string)
    }
  }

  @Test(
    .needs("tar"), .needs("rpm2archive", in: .sid),
    arguments: newGroups + [groups[0], groups[3]])
  func contentsAreWhatRpm2archiveGives(_ group: Group) async throws {
    try await compareContents(group.names) { package, target in
      let sid = try #require(Peer.sid.folder)
      let archive = try await Tool("rpm2archive", in: .sid).check(
        ["-n", "-"], input: try Disk.read(package),
        environment: ["RPM_CONFIGDIR": sid.appending("usr/lib/rpm").string]
      ).output
      try await Tool("tar").check(["-xp", "-C", target.string], input: archive)
    }
  }

  private func compareContents(
    _ names: [String], _ unpack: (FilePath, FilePath) async throws -> Void
  ) async throws {
    let folder = try TempFolder.current
    let packages = names.map(RPMRoot.fixture)
    var theirs: Set<String> = []
    for (index, package) in packages.enumerated() {
      // Over each other they would take hard links apart.
      try Disk.makeFolder(folder["theirs-\(index)"])
      try await unpack(package, folder["theirs-\(index)"])
      theirs.formUnion(Self.contents(try TreeListing(of: folder["theirs-\(index)"])))
    }
    let image = folder["whole-1.x86-64.raw"]
    let result = try await Program.run(packages.map(\.string) + [image.string, "--id", "_any", "--raw-filesystem"])
    #expect(result.status == 0, "\(result)")
    #expect(theirs.count >= 5)
    #expect(Self.contents(try await LoopMount.listing(of: image)) == theirs)
  }

  private static func contents(_ listing: TreeListing) -> Set<String> {
    Set(
      listing.entries.compactMap { entry in
        let path = entry.path.description
        let fields = entry.fields.filter { ["type", "size", "content", "target"].contains($0.label) }
        // Directories of nobody are not in archives.
        guard path.hasPrefix("usr/"), !release.contains(path), fields[0].value != "directory" else { return nil }
        return TreeListing.Entry(path: entry.path, fields: fields).description
      })
  }

  // MARK: who reads images

  @Test(.needs("fsck.erofs", in: .bookworm), .needs("fsck.erofs", in: .trixie), .needs("fsck.erofs", in: .sid))
  func fsckFindsNothing() async throws {
    let folder = try TempFolder.current
    let image = folder["whole-1.x86-64.raw"]
    let packages = ["trixie-everything-v4", "trixie-plain-xz-v4", "sid-plain-none-v6"].map(RPMRoot.fixture)
    let result = try await Program.run(packages.map(\.string) + [image.string, "--id", "_any", "--raw-filesystem"])
    #expect(result.status == 0, "\(result)")
    for peer in Peer.trees {
      let check = try await Tool("fsck.erofs", in: peer).run(
        "--extract=\(folder["extracted-\(peer)"])", image.string)
      #expect(check.succeeded && check.text.isEmpty, "\(check)")
      #expect(
        try Disk.read(folder["extracted-\(peer)"].pushing("usr/lib/everything/hard-2")) == Array("linked\n".utf8))
    }
  }

  @Test(.needsPeers(.bookworm, .trixie, .sid), arguments: Peer.trees)
  func systemdMergesIt(_ peer: Peer) async throws {
    let folder = try TempFolder.current
    let packages = try await RPMRoot.build(with: .sid, format: 6, in: folder.path)
    let native = try await Tool("uname").check("-m").outputText == "aarch64\n" ? "arm64" : "x86-64"
    let name = "whole-2.5.\(native)"
    let image = folder["\(name).raw"]
    let result = try await Program.run(
      packages.map(\.string) + [image.string, "--id", "peer", "--version-id", "1", "--etc", "confext"])
    #expect(result.status == 0, "\(result)")
    let paths = ["usr/bin/whole-server", "usr/lib64/libwhole.so.1", "opt/whole/world"]
    let merge = try await PeerSysext(peer).merge(
      image, as: name, osRelease: ["ID=peer", "VERSION_ID=1"], looking: paths + ["usr/lib/whole/ghost"],
      commands: "cat \"$root/usr/share/whole/first\"")
    #expect(merge.isMerged && merge.visible == paths && merge.output == "first\n", "\(merge)")
    let json = try await PeerSysext(peer).dissect(image, as: name, "--json=short").outputText
    #expect(json.contains("\"useSystemExtension\":true") && json.contains("\"SYSEXT_VERSION_ID=2.5\""), "\(json)")
    // systemd 252 knows no confexts.
    if peer == .bookworm { return }
    let confext = folder["whole-2.5.\(native).confext.raw"]
    let settings = try await PeerSysext(peer).merge(
      confext, as: name, osRelease: ["ID=peer", "VERSION_ID=1"], looking: ["etc/whole/whole.conf", "etc/whole/world"],
      confext: true)
    #expect(settings.isMerged && settings.visible == ["etc/whole/whole.conf", "etc/whole/world"], "\(settings)")
  }
}
