import FileTree
import ImageCore
import RPM

extension MergedTree {
  /// Adds a node, unless one that is there has the name and keeps it.
  ///
  /// - Returns: The node that has the name.
  /// - Throws: `.mismatch`; what reading contents throws that are to be compared.
  mutating func add(
    _ node: FileTree.Node, _ claim: ClaimedNode, as name: FileName, in directory: FileTree.NodeID
  ) throws(ImageError) -> FileTree.NodeID {
    guard let other = tree.child(name, of: directory) else {
      guard let added = append(node, claim, as: name, in: directory) else { throw ImageError(.mismatch, "there twice") }
      return added
    }
    let earlier = self.claim(of: other)
    guard let earlierOrigin = earlier.origin else {
      // So far it was only on the way to others.
      guard node.isDirectory else { throw ImageError(.mismatch, "is no directory, but files are below it") }
      take(other, node.attributes, claim)
      return other
    }
    if earlierOrigin == claim.origin { throw ImageError(.corrupt, "the package has this path twice") }
    if tree.isDirectory(other) != node.isDirectory {
      throw ImageError(.mismatch, "a directory in one, none in the other: also in \(origins[earlierOrigin])")
    }
    if try areEqual(other, earlier, node, claim) { return other }
    let takesNew = try decides(earlier, claim, origins[earlierOrigin])
    guard takesNew else { return other }
    if node.isDirectory {
      take(other, node.attributes, claim)
      return other
    }
    return replace(other, node, claim, as: name, in: directory)
  }

  /// Whether the later of two different files is taken.
  private mutating func decides(
    _ earlier: ClaimedNode, _ later: ClaimedNode, _ name: String
  ) throws(ImageError) -> Bool {
    // Programs for 64 bits win, as rpm's %_prefer_color has it.
    if earlier.color != 0, later.color != 0, earlier.color != later.color, (earlier.color | later.color) & 2 != 0 {
      return earlier.color & 2 == 0
    }
    let path = later.file?.path ?? earlier.file?.path ?? []
    let origin = later.origin.map { origins[$0] } ?? ""
    switch rule {
    case .fail:
      throw ImageError(.mismatch, "not the same as in \(name); --on-conflict first or last decides between them")
    case .first, .last:
      let taken = rule == .first ? name : origin
      report(
        Finding(
          .warning, "conflict", place: printable(path),
          "not the same in \(name) and in \(origin): that of \(taken) is taken"))
      return rule == .last
    }
  }

  /// Whether rpm would take both for the same.
  private func areEqual(
    _ old: FileTree.NodeID, _ earlier: ClaimedNode, _ new: FileTree.Node, _ later: ClaimedNode
  ) throws(ImageError) -> Bool {
    let attributes = tree.attributes(of: old)
    if let left = earlier.file, let right = later.file {
      guard left.userName == right.userName, left.groupName == right.groupName else { return false }
    } else if new.isDirectory {
      // Directories of a folder are as its owner happened to make them.
      return true
    }
    switch (tree.kind(of: old), new.kind) {
    case (.symlink(let left), .symlink(let right)): return left == right
    case (.regular(let left), .regular(let right)):
      guard attributes.permissions == new.attributes.permissions,
        attributes.extendedAttributes == new.attributes.extendedAttributes, left.byteCount == right.byteCount
      else { return false }
      if let left = earlier.file, let right = later.file, left.digestAlgorithm == right.digestAlgorithm,
        let leftDigest = left.digest, let rightDigest = right.digest
      {
        return leftDigest == rightDigest
      }
      return try left.isEqual(to: right)
    case (.characterDevice(let left), .characterDevice(let right)), (.blockDevice(let left), .blockDevice(let right)):
      return left == right && attributes.permissions == new.attributes.permissions
    case (.directory, .directory), (.fifo, .fifo), (.socket, .socket):
      return attributes.permissions == new.attributes.permissions
    default: return false
    }
  }
}
