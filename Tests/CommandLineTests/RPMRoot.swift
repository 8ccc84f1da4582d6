import Foundation
import SystemPackage
import TestSupport
import Testing

/// A system that rpm itself has installed packages in, to compare images with.
struct RPMRoot: Sendable {
  /// Whose rpm it is.
  let peer: Peer
  let path: FilePath

  /// Users and groups that the packages of Fixtures/rpm name; those of whole.spec have the numbers of its sysusers.d.
  private static let passwd = """
    root:x:0:0::/root:/bin/sh
    daemon:x:2:3::/:/bin/false
    games:x:12:13::/:/bin/false
    whole:x:471:471::/var/lib/whole:/bin/false

    """
  private static let group = """
    root:x:0:
    daemon:x:3:
    adm:x:4:
    disk:x:6:
    mail:x:8:
    games:x:13:
    whole:x:471:
    whole-readers:x:472:

    """

  /// Makes an empty system with merged `/usr`: users, groups and links, without what rpm needs of its own.
  static func makeBase(at path: FilePath) throws {
    for name in ["etc", "usr/bin", "usr/sbin", "usr/lib", "usr/lib64"] {
      try FileManager.default.createDirectory(atPath: path.appending(name).string, withIntermediateDirectories: true)
    }
    try Disk.write(passwd, to: path.appending("etc/passwd"))
    try Disk.write(group, to: path.appending("etc/group"))
    for name in ["bin", "sbin", "lib", "lib64"] { try Disk.makeLink(path.appending(name), to: "usr/\(name)") }
  }

  /// Installs packages into a new system, without running their scriptlets.
  static func install(_ packages: [FilePath], with peer: Peer, at path: FilePath) async throws -> RPMRoot {
    let root = RPMRoot(peer: peer, path: path)
    try makeBase(at: path)
    try await root.rpm(
      [
        "--root", path.string, "--dbpath", "/var/lib/rpm", "-i", "--noscripts", "--notriggers", "--nodeps",
        "--nosignature",
        "--ignorearch", "--ignoreos", "--noplugins",
      ] + packages.map(\.string))
    return root
  }

  /// What is in `usr` and `opt`; the times of directories are those of the headers, or `time` for those of no package.
  ///
  /// rpm sets a directory's time before it has put the last file into it. Everything outside is removed, and with it the
  /// names that files have there.
  func listing(_ packages: [FilePath], time: Int64) async throws -> TreeListing {
    for name in try FileManager.default.contentsOfDirectory(atPath: path.string) where !["usr", "opt"].contains(name) {
      try Disk.remove(path.appending(name))
    }
    try await Tool("find").check(path.string, "-type", "d", "-exec", "touch", "-d", "@\(time)", "{}", "+")
    // Of several packages with one directory, the first counts.
    for package in packages.reversed() {
      let lines = try await rpm(
        [
          "--dbpath", path.appending("none").string, "-qp", "--nosignature", "--nodigest", "--qf",
          "[%{FILEMODES:perms} %{FILEMTIMES} %{FILENAMES}\n]", package.string,
        ])
      for line in lines.outputText.split(separator: "\n") where line.hasPrefix("d") {
        let words = line.split(separator: " ", maxSplits: 2)
        let folder = path.pushing(FilePath(String(words[2].dropFirst())))
        if let time = Int64(words[1]), FileManager.default.fileExists(atPath: folder.string) {
          try Disk.setTime(time, of: folder)
        }
      }
    }
    try? Disk.remove(path.appending("none"))
    return try TreeListing(of: path, without: [.root]).without { path in
      // The base's own, empty.
      ["usr/bin", "usr/sbin", "usr/lib", "usr/lib64"].contains(path)
        && (try? Self.isEmpty(self.path.appending(path))) == true
    }
  }

  private static func isEmpty(_ folder: FilePath) throws -> Bool {
    try FileManager.default.contentsOfDirectory(atPath: folder.string).isEmpty
  }

  @discardableResult
  private func rpm(_ arguments: [String]) async throws -> ToolResult {
    guard let folder = peer.folder else { throw MissingTool(tool: Tool("rpm", in: peer)) }
    return try await Tool("rpm", in: peer).check(
      arguments, environment: ["RPM_CONFIGDIR": folder.appending("usr/lib/rpm").string])
  }

  // MARK: packages

  static let fixtures = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
    .appending("Fixtures/rpm")

  /// A committed package.
  static func fixture(_ name: String) -> FilePath { fixtures.appending(name + ".rpm") }

  /// Builds whole.spec with a peer's rpmbuild, in a mount namespace of its own with the peer's tree as its root.
  ///
  /// - Returns: The packages, `whole.rpm`, `whole-data.rpm` and `whole-server.rpm`.
  static func build(with peer: Peer, format: Int, in folder: FilePath) async throws -> [FilePath] {
    guard let tree = peer.folder else { throw MissingTool(tool: Tool("rpmbuild", in: peer)) }
    try await Tool("unshare").check(
      ["--mount", "--propagation", "private", "bash", "-euo", "pipefail", "-c", buildScript]
        + ["bash", tree.string, fixtures.appending("whole.spec").string, folder.string, "\(format)"])
    return ["whole", "whole-data", "whole-server"].map { folder.appending("\($0).rpm") }
  }

  private static let buildScript = #"""
    root=$1 spec=$2 out=$3 format=$4
    for part in tmp run var home; do mount -t tmpfs -o mode=755 build "$root/$part"; done
    mkdir -p "$root/var/tmp" "$root/var/lib/rpm" "$root/home/build"
    mount --rbind /dev "$root/dev"
    cp "$spec" "$root/home/whole.spec"
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/home/build LC_ALL=C.UTF-8 SOURCE_DATE_EPOCH=1600000000 \
      rpmbuild -bb --quiet --nodeps --target x86_64-linux --define "_topdir /home/build" --define "_rpmformat $format" \
      --define "_build_name_fmt %%{NAME}.rpm" --define "use_source_date_epoch_as_buildtime 1" --define "_buildhost build" \
      /home/whole.spec
    cp "$root"/home/build/RPMS/*.rpm "$out"
    """#
}

extension TreeListing {
  /// A listing without some paths.
  func without(_ isUnwanted: (String) -> Bool) -> TreeListing {
    TreeListing(entries: entries.filter { !isUnwanted($0.path.description) })
  }
}

/// Where the only partition of an image is, as sfdisk has it.
func partitionRange(of image: FilePath) async throws -> Range<UInt64> {
  struct Output: Decodable {
    struct Table: Decodable {
      let sectorsize: UInt64
      let partitions: [Partition]
    }
    struct Partition: Decodable {
      let start: UInt64
      let size: UInt64
    }
    let partitiontable: Table
  }
  let text = try await Tool("sfdisk").check("--json", image.string).output
  let table = try JSONDecoder().decode(Output.self, from: Data(text)).partitiontable
  let partition = try #require(table.partitions.count == 1 ? table.partitions.first : nil)
  let start = partition.start * table.sectorsize
  return start..<start + partition.size * table.sectorsize
}
