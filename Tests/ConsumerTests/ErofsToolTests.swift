import SysextImage
import TestSupport
import Testing

/// Three versions of erofs-utils check, show and unpack what was written.
@Suite(.tempFolder)
struct ErofsToolTests {
  // MARK: fsck.erofs

  /// Paths beyond PATH_MAX are the kernel's alone to judge: 1.8 and newer call them a corruption.
  private static let cases = TreeCase.small.filter { $0.name != TreeCase.beyondPathMax.name }

  @Test(
    .needsRoot, .needs("fsck.erofs", in: .bookworm), .needs("fsck.erofs", in: .trixie),
    .needs("fsck.erofs", in: .sid), arguments: Mode.all)
  func fsckFindsNothingAndUnpacksAll(_ mode: Mode) async throws {
    let folder = try TempFolder.current
    let packed = try await Packed.make(Self.cases, in: folder, mode.options)
    try await packed.extractFileSystem(to: folder["erofs"])
    // 1.5 makes two files of a hard link.
    let unlinked = try TreeListing(of: packed.source, without: [.xattrs, .links])
    let source = try TreeListing(of: packed.source, without: [.xattrs])
    for peer in mode.peers {
      let fsck = Tool("fsck.erofs", in: peer)
      // Alone it looks at inodes and names; with --extract it decompresses everything, too.
      let check = try await fsck.run(folder["erofs"].string)
      #expect(check.succeeded && check.text.isEmpty, "\(check)")
      let target = folder["extracted-\(peer)"]
      let unpacking = try await fsck.run("--extract=\(target)", "--preserve", folder["erofs"].string)
      #expect(unpacking.succeeded && unpacking.text.isEmpty, "\(unpacking)")
      let differences =
        peer == .bookworm
        ? TreeListing.differences(unlinked, try TreeListing(of: target, without: [.xattrs, .links]), limit: .max)
        : TreeListing.differences(source, try TreeListing(of: target, without: [.xattrs]), limit: .max)
      #expect(differences.filter { !Self.isFault(of: peer, $0) } == [], "\(peer)")
    }
  }

  /// It does notice: without this, its silence would mean nothing.
  @Test(.needsRoot, .needs("fsck.erofs", in: .bookworm), arguments: [1024 + 16, 1024 + 40])
  func fsckNoticesDamage(offset: Int64) async throws {
    let folder = try TempFolder.current
    let packed = try await Packed.make([.contents], in: folder, Mode.lz4.options)
    try await packed.extractFileSystem(to: folder["erofs"])
    let file = try FileDescriptor.open(folder["erofs"], .writeOnly)
    try file.closeAfter { _ = try file.writeAll(toAbsoluteOffset: offset, [0x5A]) }
    // And exits 0 all the same: the text counts.
    let fsck = try await Tool("fsck.erofs", in: .bookworm).run(folder["erofs"].string)
    #expect(fsck.text.contains("failed to verify superblock checksum"), "\(fsck)")
  }

  /// What is not right after these versions have unpacked any image, also those of mkfs.erofs.
  private static func isFault(of peer: Peer, _ difference: String) -> Bool {
    if peer == .bookworm, difference.hasPrefix("usr/share/modes/file-"), difference.contains(": mode: ") {
      // It sets the mode, then the owner, which takes setuid and setgid away.
      return true
    }
    guard peer != .sid, difference.contains(": size: ") || difference.contains(": content: ") else { return false }
    // 1.5 leaves holes of chunk-based files out, 1.8 those at the end.
    return ["sizes/zero/", "sparse/", "contents/random-then-zeros", "contents/zeros-then-random"]
      .contains { difference.hasPrefix("usr/share/\($0)") }
  }

  /// Without empty values, over which these versions trip.
  @Test(
    .needsRoot, .needs("fsck.erofs", in: .trixie), .needs("fsck.erofs", in: .sid), arguments: [Peer.trixie, .sid])
  func fsckUnpacksXattrs(_ peer: Peer) async throws {
    let folder = try TempFolder.current
    let cases: [TreeCase] = [.hardLinks, .acls, .specials, .sharedXattrs, .rootAttributes, .whiteout]
    let packed = try await Packed.make(cases, in: folder, Mode.lz4.options)
    try await Tool("fsck.erofs", in: peer).check(
      "--extract=\(folder["extracted"])", "--preserve", "--xattrs", "--offset=\(try packed.fileSystem.lowerBound)",
      packed.image.string)
    let extracted = try TreeListing(of: folder["extracted"])
    #expect(TreeListing.differences(try TreeListing(of: packed.source), extracted) == [])
  }

  // MARK: dump.erofs

  @Test(
    .needsRoot, .needs("dump.erofs", in: .bookworm), .needs("dump.erofs", in: .trixie),
    .needs("dump.erofs", in: .sid), arguments: Mode.all)
  func dumpShowsTheSuperblock(_ mode: Mode) async throws {
    let folder = try TempFolder.current
    let packed = try await Packed.make([.contents, .sparse, .xattrs], in: folder, mode.options)
    try await packed.extractFileSystem(to: folder["erofs"])
    let report = packed.report.erofs
    for peer in mode.peers {
      let text = try await Tool("dump.erofs", in: peer).check("-s", folder["erofs"].string).outputText
      var fields: [String: String] = [:]
      for line in text.split(separator: "\n") {
        let parts = line.split(separator: ":", maxSplits: 1)
        if parts.count == 2 { fields[String(parts[0])] = parts[1].trimmingSpaces }
      }
      #expect(fields["Filesystem UUID"] == "\(report.uuid)", "\(text)")
      #expect(fields["Filesystem blocks"] == "\(report.byteCount / UInt64(mode.erofs.blockByteCount))")
      #expect(fields["Filesystem inode count"] == "\(report.statistics.inodeCount)")
      #expect(fields["Filesystem created"] == "Sun Sep 13 12:26:40 2020")
      let features = fields.filter { $0.key.contains("features") }.map(\.value).sorted().joined(separator: " ")
        .split(separator: " ").map { $0 == "lz4_0padding" ? "0padding" : $0 }
      // 1.5 names fewer.
      let expected = Self.features(of: mode).union(["xattr_filter"])
        .subtracting(peer == .bookworm ? ["xattr_filter", "ztailpacking"] : [])
      #expect(Set(features).subtracting(["compr_cfgs", "dedupe"]) == expected, "\(peer): \(text)")
    }
  }

  /// What the tools print for these trees, in which there are equal files and, in rules, stored ones with holes.
  private static func features(of mode: Mode) -> Set<Substring> {
    let erofs = mode.erofs
    var features: Set<Substring> = ["mtime"]
    if erofs.blockByteCount > 1024 { features.insert("sb_csum") }
    guard erofs.compression != .none else { return features.union(["chunked_file"]) }
    features.insert("0padding")
    let isPlainLZ4 = ["lz4", "lz4hc,9"].contains(erofs.compression.description) && erofs.rules.isEmpty
    if !isPlainLZ4 || erofs.pclusterByteCount > erofs.blockByteCount { features.insert("big_pcluster") }
    if erofs.rules.contains(where: { $0.compression == .none }) { features.insert("chunked_file") }
    if erofs.tails == .inline { features.insert("ztailpacking") }
    let packs = erofs.tails == .fragments || erofs.tails == .allFragments
    if packs || (erofs.deduplication != .none && erofs.kernel >= KernelVersion(6, 1)) { features.insert("fragments") }
    return features
  }
}

extension Substring {
  /// Without the spaces that align a table.
  fileprivate var trimmingSpaces: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}
