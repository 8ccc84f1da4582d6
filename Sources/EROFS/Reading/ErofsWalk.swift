import FileTree
import ImageCore

/// A name on the way through an image.
struct ErofsStep {
  /// Counts inodes in the order in which they are met; the root is 0.
  let number: Int
  /// The directory that the name is in, by its number; `nil` for the root.
  let parent: Int?
  /// `nil` for the root.
  let path: ErofsPath?
  /// `nil` for a further name of an inode that was met before.
  let inode: ErofsInode?
}

extension MetadataReader {
  /// How deep directories may be nested.
  private static let maxDepth = 4096

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
      try visit(ErofsStep(number: 0, parent: nil, path: nil, inode: root), &self)
    }
    var met: [UInt64: (number: Int, isDirectory: Bool)] = [root.nid: (0, true)]
    var directories: [(inode: ErofsInode, number: Int, path: ErofsPath?)] = [(root, 0, nil)]
    while let (directory, parent, path) = directories.popLast() {
      let entries = try inContext(path?.description ?? "/") { () throws(ImageError) -> [ErofsEntry] in
        try self.entries(of: directory)
      }
      var below: [(inode: ErofsInode, number: Int, path: ErofsPath?)] = []
      for entry in entries {
        let here = ErofsPath(path, entry.name)
        do throws(ImageError) {
          if let known = met[entry.nid] {
            guard !known.isDirectory else {
              throw volume.corrupt("a directory that has another name already", at: directory.offset)
            }
            try visit(ErofsStep(number: known.number, parent: parent, path: here, inode: nil), &self)
            continue
          }
          let inode = try inode(entry.nid)
          let number = met.count
          met[entry.nid] = (number, inode.isDirectory)
          if inode.isDirectory {
            guard here.depth <= Self.maxDepth else {
              throw ImageError(.limit, "directories are nested deeper than \(Self.maxDepth)")
            }
            below.append((inode, number, here))
          }
          try visit(ErofsStep(number: number, parent: parent, path: here, inode: inode), &self)
        } catch { throw error.inContext(here.description) }
      }
      directories.append(contentsOf: below.reversed())
    }
  }
}
