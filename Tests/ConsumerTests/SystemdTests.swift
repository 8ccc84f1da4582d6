import SysextImage
import TestSupport
import Testing

/// Three versions of systemd take what was built, and refuse what does not fit.
@Suite(.tempFolder, .needsPeers(.bookworm, .trixie, .sid))
struct SystemdTests {
  private static let osRelease = ["ID=peer", "VERSION_ID=1"]
  private static let paths = ["usr/bin/hello-tool", "opt/hello/data"]
  private static let name = "hello-1.2.\(Architecture.native.rawValue)"
  /// One that is not this machine's.
  private static let foreign = Architecture.native == .arm64 ? Architecture.x86_64 : .arm64

  /// Packs the usual extension for the peer of `osRelease`.
  private func pack(
    as name: String = Self.name, _ change: (inout BuildOptions) -> Void = { _ in }
  ) async throws -> FilePath {
    let folder = try TempFolder.current
    try TreeCase.sysext("hello").build(at: folder["tree"])
    var options = Mode.lz4Big.options
    options.release.id = "peer"
    options.release.versionID = "1"
    change(&options)
    return try await Packed.make(folder["tree"], in: folder.path, as: "\(name).raw", options).image
  }

  // MARK: what fits

  @Test(arguments: Peer.trees)
  func dissectSeesAnExtension(_ peer: Peer) async throws {
    let image = try await pack()
    let json = try await PeerSysext(peer).dissect(image, as: Self.name, "--json=short").outputText
    #expect(json.contains("\"useSystemExtension\":true"), "\(json)")
    #expect(json.contains("\"useBootableUefi\":false") || !json.contains("useBootableUefi"), "\(json)")
    let fields = [
      "ID=peer", "VERSION_ID=1", "SYSEXT_ID=hello", "SYSEXT_VERSION_ID=1.2",
      "ARCHITECTURE=\(Architecture.native.rawValue)", "SYSEXT_SCOPE=initrd system portable",
    ]
    for field in fields { #expect(json.contains("\"\(field)\""), "\(field): \(json)") }
    let text = try await PeerSysext(peer).dissect(image, as: Self.name)
    let isExtension = ["✓ sysext for system", "✓ extension for system"].contains { text.text.contains($0) }
    #expect(text.succeeded && isExtension && text.text.contains("erofs"), "\(text)")
  }

  @Test(arguments: Peer.trees, Mode.few + [.lz4, .small, .rules])
  func mergesInEachMode(_ peer: Peer, _ mode: Mode) async throws {
    let image = try await pack { $0.erofs = mode.options.erofs }
    let merge = try await merge(image, as: Self.name, in: peer, commands: "sh \"$root/usr/bin/hello-tool\"")
    #expect(merge.isMerged && merge.visible == Self.paths, "\(merge)")
    #expect(merge.output.contains("hello"))
  }

  /// Under the file's own name, which sysextmgr links to, and under the short one of systemd-sysupdate's link.
  @Test(arguments: Peer.trees, [Self.name, "hello"])
  func mergesUnderBothNames(_ peer: Peer, _ name: String) async throws {
    let merge = try await merge(try await pack(), as: name, in: peer)
    #expect(merge.isMerged && merge.visible == Self.paths, "\(merge)")
  }

  @Test(arguments: Peer.trees, [["ID=peer", "VERSION_ID=1"], ["ID=other", "VERSION_ID=7"]])
  func mergesAnywhereForAnyID(_ peer: Peer, _ osRelease: [String]) async throws {
    let image = try await pack {
      $0.release.id = "_any"
      $0.release.versionID = nil
    }
    let merge = try await merge(image, as: Self.name, in: peer, osRelease)
    #expect(merge.isMerged && merge.visible == Self.paths, "\(merge)")
  }

  @Test(arguments: Peer.trees)
  func mergesByLevel(_ peer: Peer) async throws {
    let image = try await pack {
      $0.release.versionID = nil
      $0.release.level = "2.0"
    }
    let fitting = try await merge(image, as: Self.name, in: peer, ["ID=peer", "VERSION_ID=9", "SYSEXT_LEVEL=2.0"])
    #expect(fitting.isMerged, "\(fitting)")
    let other = try await merge(image, as: Self.name, in: peer, ["ID=peer", "VERSION_ID=9", "SYSEXT_LEVEL=3.0"])
    #expect(!other.isMerged, "\(other)")
  }

  @Test(arguments: Peer.trees)
  func mergesAUsrPartition(_ peer: Peer) async throws {
    let merge = try await merge(try await pack { $0.partition = .usr }, as: Self.name, in: peer)
    #expect(merge.isMerged && merge.visible == ["usr/bin/hello-tool"], "\(merge)")
  }

  @Test(arguments: Peer.trees)
  func mergesABareFileSystem(_ peer: Peer) async throws {
    let merge = try await merge(try await pack { $0.rawFileSystem = true }, as: Self.name, in: peer)
    #expect(merge.isMerged && merge.visible == Self.paths, "\(merge)")
  }

  /// One release file, marked: any file name will do.
  @Test(arguments: Peer.trees, [Self.name, "hello", "anything"])
  func mergesALooseImageUnderAnyName(_ peer: Peer, _ name: String) async throws {
    let merge = try await merge(try await pack { $0.releaseFiles = .single }, as: name, in: peer)
    #expect(merge.isMerged && merge.visible == Self.paths, "\(merge)")
  }

  @Test(arguments: Peer.trees)
  func mergesBesideAnother(_ peer: Peer) async throws {
    let folder = try TempFolder.current
    try TreeCase.sysext("second").build(at: folder["second"])
    var options = BuildOptions()
    options.release.id = "peer"
    options.release.versionID = "1"
    let second = try await Packed.make(folder["second"], in: folder.path, as: "second.raw", options)
    let merge = try await PeerSysext(peer).merge(
      try await pack(), as: Self.name, osRelease: Self.osRelease, looking: Self.paths + ["usr/bin/second-tool"],
      beside: ["second": second.image])
    #expect(merge.isMerged && merge.visible == Self.paths + ["usr/bin/second-tool"], "\(merge)")
  }

  // MARK: what does not fit

  @Test(
    arguments: Peer.trees,
    [["ID=peer", "VERSION_ID=2"], ["ID=other", "VERSION_ID=1"], ["ID=peer", "VERSION_ID=1.0"]])
  func otherSystemsRefuse(_ peer: Peer, _ osRelease: [String]) async throws {
    let merge = try await merge(try await pack(), as: Self.name, in: peer, osRelease)
    #expect(!merge.isMerged && merge.visible == [], "\(merge)")
  }

  @Test(arguments: Peer.trees)
  func otherMachinesRefuse(_ peer: Peer) async throws {
    let name = "hello-1.2.\(Self.foreign.rawValue)"
    let merge = try await merge(try await pack(as: name), as: name, in: peer)
    #expect(!merge.isMerged && merge.visible == [], "\(merge)")
  }

  /// And with it every other extension.
  @Test(arguments: Peer.trees, ["other", "hello-1.3.\(Architecture.native.rawValue)"])
  func otherNamesAreRefused(_ peer: Peer, _ name: String) async throws {
    let merge = try await merge(try await pack(), as: name, in: peer)
    #expect(!merge.isMerged && merge.visible == [], "\(merge)")
  }

  @Test(arguments: Peer.trees)
  func otherScopesAreRefused(_ peer: Peer) async throws {
    let merge = try await merge(try await pack { $0.release.scope = "initrd" }, as: Self.name, in: peer)
    #expect(!merge.isMerged && merge.visible == [], "\(merge)")
  }

  // MARK: configuration extensions

  /// systemd 252 knows none.
  @Test(arguments: [Peer.trixie, .sid])
  func mergesAConfext(_ peer: Peer) async throws {
    let folder = try TempFolder.current
    try TreeBuilder.build(folder["tree"]) {
      try $0.file("etc/hello/settings", .utf8("colour=blue\n"))
      try $0.file("etc/hello/large", .text(100_000, seed: 1))
    }
    var options = BuildOptions()
    options.kind = .confext
    options.release.id = "peer"
    options.release.versionID = "1"
    let packed = try await Packed.make(folder["tree"], in: folder.path, as: "\(Self.name).raw", options)
    for name in [Self.name, "hello"] {
      let merge = try await PeerSysext(peer).merge(
        packed.image, as: name, osRelease: Self.osRelease, looking: ["etc/hello/settings"], confext: true,
        commands: "cat \"$root/etc/hello/settings\"")
      #expect(merge.isMerged && merge.visible == ["etc/hello/settings"], "\(merge)")
      #expect(merge.output.contains("colour=blue"))
    }
    let json = try await PeerSysext(peer).dissect(packed.image, as: Self.name, "--json=short").outputText
    #expect(json.contains("\"useConfigurationExtension\":true"), "\(json)")
    #expect(json.contains("\"CONFEXT_VERSION_ID=1.2\""), "\(json)")
    let refused = try await PeerSysext(peer).merge(
      packed.image, as: Self.name, osRelease: ["ID=peer", "VERSION_ID=2"], looking: ["etc/hello/settings"],
      confext: true)
    #expect(!refused.isMerged && refused.visible == [], "\(refused)")
  }

  private func merge(
    _ image: FilePath, as name: String, in peer: Peer, _ osRelease: [String] = Self.osRelease,
    commands: String = ":"
  ) async throws -> PeerSysext.Merge {
    try await PeerSysext(peer).merge(
      image, as: name, osRelease: osRelease, looking: Self.paths, commands: commands)
  }
}
