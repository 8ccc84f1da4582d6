import FileTree
import ImageCore

extension MergedTree {
  /// Takes out names of files for which `isUnwanted` holds, and the directories that have nothing left because of it.
  ///
  /// - Parameter isUnwanted: Asked about every name but the root's, a directory's before those in it; what is below an
  ///   unwanted directory is not asked about.
  /// - Returns: The number of names that were taken out, empty directories not counted.
  /// - Throws: What `isUnwanted` throws.
  @discardableResult
  mutating func remove(where isUnwanted: (FileTree, FileTree.Visit) throws(ImageError) -> Bool) throws(ImageError)
    -> Int
  {
    var parents: [FileTree.NodeID: (name: FileName, parent: FileTree.NodeID)] = [:]
    var unwanted: [(name: FileName, parent: FileTree.NodeID)] = []
    try tree.walk { visit throws(ImageError) in
      guard let name = visit.name, let parent = visit.parent else { return true }
      if try isUnwanted(tree, visit) {
        unwanted.append((name, parent))
        return false
      }
      if tree.isDirectory(visit.node) { parents[visit.node] = (name, parent) }
      return true
    }
    try change { (tree) throws(ImageError) in
      for (name, parent) in unwanted {
        tree.remove(name, from: parent)
        var directory = parent
        while tree.entries(of: directory).isEmpty, let place = parents[directory] {
          tree.remove(place.name, from: place.parent)
          directory = place.parent
        }
      }
    }
    return unwanted.count
  }

  /// Takes out names, and the directories that have nothing left because of it.
  mutating func remove(_ places: Set<Place>) throws(ImageError) {
    if places.isEmpty { return }
    // Directories are few beside files: most of the tree is passed over.
    let directories = Set(places.map(\.directory))
    try remove { (_, visit) throws(ImageError) in
      guard let parent = visit.parent, directories.contains(parent) else { return false }
      return visit.place.map(places.contains) ?? false
    }
  }

  /// Takes out a path with all that is below it, and the directories that have nothing left because of it.
  mutating func remove(_ path: [FileName]) throws(ImageError) {
    var path = path
    try change { (tree) throws(ImageError) in
      while let name = path.popLast(), let parent = tree.lookup(path) {
        tree.remove(name, from: parent)
        if !tree.entries(of: parent).isEmpty { break }
      }
    }
  }

  /// Gives a file another path, too; directories on the way are made like those of the old one.
  ///
  /// - Parameters:
  ///   - visit: The file.
  ///   - prefix: What stands in front of its new path.
  /// - Throws: `.mismatch` when something is there.
  mutating func link(_ visit: FileTree.Visit, below prefix: [FileName]) throws(ImageError) {
    let path = visit.path
    guard let name = path.last else { return }
    var source = tree.root
    var target = try makeDirectory(prefix[...])
    for component in path.dropLast() {
      guard let next = tree.child(component, of: source) else { return }
      source = next
      if let there = tree.child(component, of: target), tree.isDirectory(there) {
        target = there
      } else if let made = append(
        FileTree.Node(.directory, tree.attributes(of: source)), claim(of: source), as: component, in: target)
      {
        target = made
      }
    }
    let isFree = try change { (tree) throws(ImageError) in tree.link(visit.node, as: name, in: target) }
    if !isFree { throw ImageError(.mismatch, "is there already", context: [FileName.path(prefix + path)]) }
  }
}
