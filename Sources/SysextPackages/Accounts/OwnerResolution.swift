import FileTree
import ImageCore

/// Gives the files of packages their owners, of which packages have only the names.
///
/// Who has no number is not guessed: such files are root's, and lose the bit that would run them as somebody else.
struct OwnerResolution {
  let accounts: Accounts

  private static let listedCount = 3
  private static let setUser: UInt16 = 0o4000
  private static let setGroup: UInt16 = 0o2000

  /// Whether any file is not root's.
  static func isNeeded(_ merged: MergedTree) -> Bool {
    merged.claims.contains { $0.file != nil && ($0.userName != "root" || $0.groupName != "root") }
  }

  /// Sets all owners.
  ///
  /// - Returns: Who has no number.
  func apply(to merged: inout MergedTree) throws(ImageError) -> [Finding] {
    var unknown: [String: [String]] = [:]
    var changes: [(FileTree.NodeID, FileAttributes)] = []
    try merged.tree.walk { visit throws(ImageError) in
      let claim = merged.claim(of: visit.node)
      guard let user = claim.userName, let group = claim.groupName, user != "root" || group != "root" else {
        return true
      }
      var attributes = merged.tree.attributes(of: visit.node)
      if let number = accounts.uid(of: user) {
        attributes.uid = number
      } else {
        unknown["user \(user)", default: []].append(visit.description)
        attributes.permissions &= ~Self.setUser
      }
      if let number = accounts.gid(of: group) {
        attributes.gid = number
      } else {
        unknown["group \(group)", default: []].append(visit.description)
        if !merged.tree.isDirectory(visit.node) { attributes.permissions &= ~Self.setGroup }
      }
      changes.append((visit.node, attributes))
      return true
    }
    try merged.change { (tree) throws(ImageError) in
      for (node, attributes) in changes { tree[node].attributes = attributes }
    }
    return unknown.sorted { $0.key < $1.key }.map { name, paths in
      let more = paths.count > Self.listedCount ? " and \(paths.count - Self.listedCount) more" : ""
      return Finding(
        .warning, "unknown-owner", place: paths.first,
        "the \(printable(name.utf8)) has no number in the base or in sysusers.d: root's instead, without the bit that would"
          + " run it as another: \(paths.prefix(Self.listedCount).joined(separator: ", "))\(more)")
    }
  }
}

extension Accounts {
  private static let folder: [FileName] = ["usr", "lib", "sysusers.d"]
  private static let byteLimit = 4 << 20

  /// What base and packages say of users and groups.
  ///
  /// A file of sysusers.d in a package hides the base's of the same name.
  init(_ base: BaseSystem?, _ merged: MergedTree) throws(ImageError) {
    self.init()
    for folder in [["etc"], ["usr", "lib"], ["usr", "etc"]] as [[FileName]] {
      if let bytes = try base?.bytes(folder + ["passwd"], limit: Self.byteLimit) {
        add(passwd: bytes, from: FileName.path(folder + ["passwd"]))
      }
      if let bytes = try base?.bytes(folder + ["group"], limit: Self.byteLimit) {
        add(group: bytes, from: FileName.path(folder + ["group"]))
      }
    }
    var files: [FileName: any FileContent] = [:]
    let known = base?.headerTree == nil ? base?.tree : nil
    for tree in [known, merged.tree] {
      guard let tree, let folder = tree.lookup(Self.folder) else { continue }
      for entry in tree.entries(of: folder) where entry.name.bytes.suffix(5).elementsEqual(".conf".utf8) {
        if case .regular(let content) = tree.kind(of: entry.node) { files[entry.name] = content }
      }
    }
    for (name, content) in files.sorted(by: { $0.key < $1.key }) {
      let place = FileName.path(Self.folder + [name])
      add(
        sysusers: try inContext(place) { () throws(ImageError) in try content.bytes(limit: Self.byteLimit) },
        from: place)
    }
  }
}
