import FileTree
import ImageCore
import RPM
import SysextImage

/// Takes out of a tree what the base has, too, and says what hides something of the base.
struct BaseSubtraction: Sendable {
  let base: FileTree
  let threadCount: Int
  /// Whether files stay that are the same in the base.
  let keepsIdentical: Bool

  /// How many shadows are named one by one.
  private static let namedCount = 20

  /// A name that both trees have.
  private struct Pair: Sendable {
    let visit: FileTree.Visit
    let node: FileTree.Node
    let file: RPMFile?
    let other: FileTree.NodeID
  }

  func apply(to merged: inout MergedTree) async throws(ImageError) {
    let pairs = try pairs(merged)
    var same: Set<MergedTree.Place> = []
    var shadows: [Finding] = []
    let base = base
    try await forEachOrdered(
      pairs, width: threadCount, window: 4 * threadCount,
      transform: { (pair: Pair) throws(ImageError) -> (Pair, String?) in
        (
          pair,
          try inContext(pair.visit.description) { () throws(ImageError) in
            try Self.difference(pair.node, pair.file, base, pair.other)
          }
        )
      },
      commit: { (result: (Pair, String?)) throws(ImageError) in
        let visit = result.0.visit
        guard let place = visit.place else { return }
        if let difference = result.1 {
          shadows.append(
            Finding(.warning, "shadow", place: visit.description, "hides the base's while merged: \(difference)"))
        } else if merged.tree.entries(of: visit.node).isEmpty {
          same.insert(place)
        }
      })
    report(shadows, &merged)
    if keepsIdentical || same.isEmpty { return }
    try merged.remove(same)
    merged.report(Finding(.note, "in-base", "\(same.count) paths were left out, as the base has the same"))
  }

  private func report(_ shadows: [Finding], _ merged: inout MergedTree) {
    for (index, shadow) in shadows.enumerated() {
      var shadow = shadow
      if index >= Self.namedCount { shadow.severity = .note }
      merged.report(shadow)
    }
    if shadows.count > Self.namedCount {
      merged.report(
        Finding(.warning, "shadow", "and \(shadows.count - Self.namedCount) more paths hide something of the base"))
    }
  }

  private func pairs(_ merged: MergedTree) throws(ImageError) -> [Pair] {
    var pairs: [Pair] = []
    var others: [FileTree.NodeID: FileTree.NodeID] = [merged.tree.root: base.root]
    try merged.tree.walk { visit throws(ImageError) in
      guard let name = visit.name, let parent = visit.parent else { return true }
      guard let folder = others[parent], let other = base.child(name, of: folder) else { return false }
      let claim = merged.claim(of: visit.node)
      // A directory that is only on the way has the base's attributes.
      if !merged.tree.isDirectory(visit.node) || claim.origin != nil {
        pairs.append(Pair(visit: visit, node: merged.tree[visit.node], file: claim.file, other: other))
      }
      others[visit.node] = other
      return true
    }
    return pairs
  }

  /// What is different in the base; `nil` for nothing that matters: times do not.
  private static func difference(
    _ node: FileTree.Node, _ file: RPMFile?, _ base: FileTree, _ other: FileTree.NodeID
  ) throws(ImageError) -> String? {
    let attributes = base.attributes(of: other)
    switch (node.kind, base.kind(of: other)) {
    case (.directory, .directory), (.fifo, .fifo), (.socket, .socket): break
    case (.symlink(let target), .symlink(let otherTarget)):
      return target == otherTarget ? nil : "leads to \(printable(target)), there to \(printable(otherTarget))"
    case (.characterDevice(let device), .characterDevice(let otherDevice)),
      (.blockDevice(let device), .blockDevice(let otherDevice)):
      if device != otherDevice { return "another device number" }
    case (.regular(let content), .regular(let otherContent)):
      if content.byteCount != otherContent.byteCount {
        return "\(content.byteCount) bytes, there \(otherContent.byteCount)"
      }
      if try !isEqual(content, file, otherContent) { return "another content" }
    default: return "another kind of file"
    }
    let mine = node.attributes
    if mine.permissions != attributes.permissions {
      return "mode \(octal(mine.permissions)), there \(octal(attributes.permissions))"
    }
    if mine.uid != attributes.uid || mine.gid != attributes.gid {
      return "owner \(mine.uid):\(mine.gid), there \(attributes.uid):\(attributes.gid)"
    }
    let name = "security.capability"
    return mine.extendedAttribute(name) == attributes.extendedAttribute(name) ? nil : "other capabilities"
  }

  private static func isEqual(
    _ content: any FileContent, _ file: RPMFile?, _ other: any FileContent
  ) throws(ImageError) -> Bool {
    if let known = other as? DigestContent { return try known.isEqual(to: content, file) }
    // The base's bytes are there, those of a package only once it has been unpacked.
    if let file, let digest = file.digest, let found = try other.digest(file.digestAlgorithm) { return found == digest }
    return try content.isEqual(to: other)
  }
}
