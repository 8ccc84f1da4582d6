import FileTree
import ImageCore
import RPM

/// A tree made of several inputs, which remembers whose each node is.
///
/// As rpm does, it takes two files under one path for the same when kind, mode, owner, length, digest or target agree;
/// times do not count.
struct MergedTree: Sendable {
  private(set) var tree: FileTree
  /// What the inputs are called, by their numbers.
  private(set) var origins: [String] = []
  private(set) var findings: [Finding] = []
  /// By the node's index.
  private(set) var claims: [ClaimedNode]
  let rule: ConflictRule
  let paths: PathMap

  init(rule: ConflictRule, paths: PathMap, rootAttributes: FileAttributes = .directory) {
    tree = FileTree(rootAttributes: rootAttributes)
    claims = [.implicit]
    self.rule = rule
    self.paths = paths
  }

  /// Whose a node is.
  func claim(of node: FileTree.NodeID) -> ClaimedNode { claims[node.index] }

  /// The name of the input that a node is from.
  func originName(of node: FileTree.NodeID) -> String? { claims[node.index].origin.map { origins[$0] } }

  /// Changes the tree; new nodes are nobody's.
  mutating func change<R>(_ body: (inout FileTree) throws(ImageError) -> R) throws(ImageError) -> R {
    let result = try body(&tree)
    claims += [ClaimedNode](repeating: .implicit, count: tree.nodeCount - claims.count)
    return result
  }

  // MARK: inputs

  /// Takes note of an input, and gives its number.
  mutating func addOrigin(_ name: String) -> Int {
    origins.append(name)
    return origins.count - 1
  }

  /// Adds the files of a package.
  ///
  /// - Parameters:
  ///   - name: What messages call it.
  ///   - files: Its files; ghosts are left out.
  ///   - isMerged: Whether `/lib` and its like mean `/usr/lib`.
  ///   - content: The content of a regular file.
  /// - Throws: `.mismatch` for a conflict, `.notADirectory` for a file below one or below a link, `.corrupt` for a path
  ///   that is there twice, `.limit` for a name that is too long.
  mutating func add(
    package name: String, _ files: RPMFileList, isMerged: Bool = true, content: (RPMFile) -> any FileContent
  ) throws(ImageError) {
    let origin = addOrigin(name)
    var links: [Int: Int] = [:]
    for group in files.hardLinks { for index in group { links[index] = group[0] } }
    var nodes: [Int: FileTree.NodeID] = [:]
    var folder = LastFolder()
    for file in files where !file.flags.contains(.ghost) {
      do throws(ImageError) {
        let place = try self.place(
          file.path, isDirectory: file.kind == .directory, isOfPackage: isMerged, &folder)
        guard let place else { continue }
        let claim = ClaimedNode(origin: origin, file: file)
        if let first = links[file.index], let node = nodes[first] {
          try add(link: node, claim, as: place.name, in: place.directory)
        } else {
          let first = links[file.index].map { files[$0] } ?? file
          let node = try file.node { content(first) }
          let added = try add(node, claim, as: place.name, in: place.directory)
          if let first = links[file.index] { nodes[first] = added }
        }
      } catch {
        throw error.inContext(printable(file.path)).inContext(name)
      }
    }
  }

  /// Adds a tree over what is there; its root and its directories' attributes count only where no package has them.
  mutating func add(directory name: String, _ other: FileTree) throws(ImageError) {
    let origin = addOrigin(name)
    var nodes: [FileTree.NodeID: FileTree.NodeID] = [:]
    var folder = LastFolder()
    try other.walk { visit throws(ImageError) in
      guard visit.name != nil else { return true }
      do throws(ImageError) {
        let path = Array(visit.path.flatMap { [UInt8(ascii: "/")] + $0.bytes })
        let place = try self.place(
          path, isDirectory: other.isDirectory(visit.node), isOfPackage: false, &folder)
        guard let place else { return true }
        let claim = ClaimedNode(origin: origin)
        if let node = nodes[visit.node] {
          try add(link: node, claim, as: place.name, in: place.directory)
        } else {
          nodes[visit.node] = try add(other[visit.node], claim, as: place.name, in: place.directory)
        }
      } catch {
        throw error.inContext(visit.description).inContext(name)
      }
      return true
    }
  }

  // MARK: nodes

  mutating func report(_ finding: Finding) { findings.append(finding) }

  /// Adds a node; `nil` when the name is taken.
  mutating func append(
    _ node: FileTree.Node, _ claim: ClaimedNode, as name: FileName, in directory: FileTree.NodeID
  ) -> FileTree.NodeID? {
    guard let added = tree.add(node, as: name, in: directory) else { return nil }
    claims.append(claim)
    return added
  }

  /// Makes a directory that is there another input's.
  mutating func take(_ directory: FileTree.NodeID, _ attributes: FileAttributes, _ claim: ClaimedNode) {
    tree[directory].attributes = attributes
    claims[directory.index] = claim
  }

  /// Puts a node under a name that another one has.
  mutating func replace(
    _ old: FileTree.NodeID, _ node: FileTree.Node, _ claim: ClaimedNode, as name: FileName,
    in directory: FileTree.NodeID
  ) -> FileTree.NodeID {
    tree.remove(name, from: directory)
    return append(node, claim, as: name, in: directory) ?? old
  }

  /// Gives a node a further name, unless a file that is there has the name and keeps it.
  private mutating func add(
    link node: FileTree.NodeID, _ claim: ClaimedNode, as name: FileName, in directory: FileTree.NodeID
  ) throws(ImageError) {
    if tree.link(node, as: name, in: directory) { return }
    let standing = try add(tree[node], claim, as: name, in: directory)
    // A node of its own has taken the place of another input's: the link can.
    if claims[standing.index].origin == claim.origin {
      tree.remove(name, from: directory)
      _ = tree.link(node, as: name, in: directory)
    }
  }
}
