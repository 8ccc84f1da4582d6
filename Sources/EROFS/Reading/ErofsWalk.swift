import FileTree
import ImageCore

/// A name on the way through an image.
struct ErofsStep {
  /// Counts inodes in the order in which they are met; the root is 0.
  let number: Int
  /// The directory that the name is in, by its number; `nil` for the root.
  let parent: Int?
  /// The directory that the name is in; `nil` for the root's own and for the root.
  let directory: NestedPath?
  /// `nil` for the root.
  let name: FileName?
  /// `nil` for a further name of an inode that was met before.
  let inode: ErofsInode?

  /// The whole path, made when it is asked for; `nil` for the root.
  var path: NestedPath? { name.map { NestedPath($0, in: directory) } }
}

extension MetadataReader {
  /// Calls `visit` for every name, a directory before its entries, these in byte order.
  ///
  /// Each inode is read once, so that the walk ends however the directories point at each other.
  ///
  /// - Throws: `.corrupt` for a directory with two names, `.limit` for too deep ones; what `visit` throws.
  mutating func walk(
    _ visit: (ErofsStep, inout MetadataReader) throws(ImageError) -> Void
  ) throws(ImageError) {
    let root = try inode(volume.rootNID)
    guard root.isDirectory else { throw volume.corrupt("the root is not a directory", at: root.offset) }
    try inContext("/") { () throws(ImageError) in
      try visit(ErofsStep(number: 0, parent: nil, directory: nil, name: nil, inode: root), &self)
    }
    var met: [UInt64: (number: Int, isDirectory: Bool)] = [root.nid: (0, true)]
    var directories: [(inode: ErofsInode, number: Int, path: NestedPath?)] = [(root, 0, nil)]
    while let (directory, parent, path) = directories.popLast() {
      let entries = try inContext(path?.description ?? "/") { () throws(ImageError) -> [ErofsEntry] in
        try self.entries(of: directory)
      }
      let firstBelow = directories.count
      for entry in entries {
        do throws(ImageError) {
          if let known = met[entry.nid] {
            guard !known.isDirectory else {
              throw volume.corrupt("a directory that has another name already", at: directory.offset)
            }
            let step = ErofsStep(number: known.number, parent: parent, directory: path, name: entry.name, inode: nil)
            try visit(step, &self)
            continue
          }
          let inode = try inode(entry.nid)
          let number = met.count
          met[entry.nid] = (number, inode.isDirectory)
          if inode.isDirectory {
            let here = NestedPath(entry.name, in: path)
            try NestedPath.check(depth: here.depth)
            directories.append((inode, number, here))
          }
          try visit(ErofsStep(number: number, parent: parent, directory: path, name: entry.name, inode: inode), &self)
        } catch { throw error.inContext(NestedPath(entry.name, in: path).description) }
      }
      // The first one is the next.
      directories[firstBelow...].reverse()
    }
  }
}
