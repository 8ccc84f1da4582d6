import FileTree
import GPT
import ImageCore

/// What of a tree goes into an extension: what systemd would merge, and nothing that would make it refuse the image.
struct LayoutPolicy {
  let kind: ExtensionKind
  let designator: PartitionType.Designator
  let isStrict: Bool

  var merged: [FileName] { kind == .sysext ? ["usr", "opt"] : ["etc"] }
  /// In an extension, this file makes systemd take it for a whole system.
  var forbidden: FilePath { kind == .sysext ? "usr/lib/os-release" : "etc/os-release" }

  /// Takes out what is not merged; for a usr partition, what is below `usr` becomes the tree.
  ///
  /// - Returns: What was taken out, and what will surprise after a merge.
  /// - Throws: `.invalidArgument` for a tree that is no extension's.
  func apply(to tree: inout FileTree) throws(ImageError) -> [Finding] {
    let top = tree.entries(of: tree.root)
    let wanted = designator == .usr ? ["usr"] : merged
    let there = top.filter { wanted.contains($0.name) }
    guard !there.isEmpty else {
      throw ImageError(
        .invalidArgument,
        "nothing to pack: the directory has no \(wanted.map(\.description).joined(separator: " or ")) at its top")
    }
    for entry in there where !tree.isDirectory(entry.node) {
      throw ImageError(.invalidArgument, "must be a directory", context: ["/\(entry.name)"])
    }
    if tree.lookup(forbidden) != nil {
      throw ImageError(
        .invalidArgument, "systemd refuses an extension with this file: remove it", context: ["/\(forbidden)"])
    }
    var findings: [Finding] = []
    let leftOut = top.map(\.name).filter { !wanted.contains($0) }
    if !leftOut.isEmpty {
      let names = leftOut.map(\.description).joined(separator: ", ")
      let why = "only \(wanted.map(\.description).joined(separator: " and ")) can be merged"
      if isStrict { throw ImageError(.invalidArgument, "\(why); the directory also has \(names)") }
      findings.append(Finding(.warning, "left-out", "left out, as \(why): \(names)"))
    }
    for name in leftOut { tree.remove(name, from: tree.root) }
    findings += sharedDirectoryFindings(tree)
    findings += try whiteoutFindings(tree)
    if designator == .usr, let usr = tree.child("usr", of: tree.root) { tree = tree.subtree(usr) }
    return findings
  }

  /// Directories that the host has, too: after a merge it has them with the extension's mode and owner.
  static let sharedDirectories: [FilePath] = [
    "usr", "usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "usr/libexec", "usr/share", "usr/local", "usr/lib/systemd",
    "usr/lib/systemd/system", "opt", "etc", "etc/systemd", "etc/systemd/system",
  ]

  private func sharedDirectoryFindings(_ tree: FileTree) -> [Finding] {
    Self.sharedDirectories.compactMap { path in
      guard let node = tree.lookup(path), tree.isDirectory(node) else { return nil }
      let attributes = tree.attributes(of: node)
      return Self.sharedDirectoryFinding(path, attributes.permissions, attributes.uid, attributes.gid)
    }
  }

  /// What a shared directory's unusual attributes will do.
  static func sharedDirectoryFinding(_ path: FilePath, _ permissions: UInt16, _ uid: UInt32, _ gid: UInt32) -> Finding?
  {
    if permissions == 0o755, uid == 0, gid == 0 { return nil }
    return Finding(
      .warning, "directory-attributes", place: "/\(path)",
      "mode 0\(String(permissions, radix: 8)), owner \(uid):\(gid): while merged, the host's directory has these, too;"
        + " usual is 0755, 0:0")
  }

  /// overlayfs takes a character device 0:0 for a deleted file.
  private func whiteoutFindings(_ tree: FileTree) throws(ImageError) -> [Finding] {
    var findings: [Finding] = []
    try tree.walk { visit throws(ImageError) in
      if case .characterDevice(DeviceNumber(major: 0, minor: 0)) = tree.kind(of: visit.node) {
        findings.append(
          Finding(
            .warning, "whiteout", place: visit.description,
            "a character device 0:0 is not shown after a merge, and hides a file of that name in layers below"))
      }
      return true
    }
    return findings
  }
}
