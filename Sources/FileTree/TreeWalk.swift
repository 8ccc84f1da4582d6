package import ImageCore

/// One step through a tree.
package enum TreeStep: Sendable {
  /// A directory begins: the root first, which has no name. What follows is in it.
  case enter(FileName?, FileAttributes)
  /// The directory that was entered last, and was not left, ends.
  case leave
  /// Any other file; all names of one have the same identity, `nil` is for those with one name.
  case file(FileName, FileTree.Node, identity: UInt64?)
}

/// A tree as a sequence of steps, a directory before what is in it, names in byte order.
///
/// What is written from one never has to be in memory as a whole.
package protocol TreeWalk {
  /// The next step; `nil` at the end.
  mutating func next() throws(ImageError) -> TreeStep?
}

/// The steps through a tree in memory.
package struct FileTreeWalk: TreeWalk {
  private let tree: FileTree
  /// The nodes with more than one name.
  private let linked: Set<FileTree.NodeID>
  private var levels: [(entries: [FileTree.Entry], position: Int)] = []
  private var isStarted = false

  package init(_ tree: FileTree) throws(ImageError) {
    self.tree = tree
    var met: Set<FileTree.NodeID> = []
    var linked: Set<FileTree.NodeID> = []
    try tree.walk { (visit) throws(ImageError) in
      if !met.insert(visit.node).inserted { linked.insert(visit.node) }
      return true
    }
    self.linked = linked
  }

  package mutating func next() -> TreeStep? {
    guard isStarted else {
      isStarted = true
      return enter(nil, tree.root)
    }
    guard let level = levels.last else { return nil }
    guard level.position < level.entries.count else {
      levels.removeLast()
      return .leave
    }
    levels[levels.count - 1].position += 1
    let entry = level.entries[level.position]
    if tree.isDirectory(entry.node) { return enter(entry.name, entry.node) }
    let identity = linked.contains(entry.node) ? UInt64(entry.node.index) : nil
    return .file(entry.name, tree[entry.node], identity: identity)
  }

  private mutating func enter(_ name: FileName?, _ directory: FileTree.NodeID) -> TreeStep {
    levels.append((tree.entries(of: directory), 0))
    return .enter(name, tree.attributes(of: directory))
  }
}
