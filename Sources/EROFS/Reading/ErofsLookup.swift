package import FileTree
public import ImageCore
public import SystemPackage

extension ErofsFileSystem {
  /// How many symbolic links a path may lead through, as the kernel has it.
  private static let maxLinkCount = 40

  /// The inode at `path`, from the root; `nil` where there is none.
  ///
  /// - Parameters:
  ///   - path: Names from the root on; a slash in front changes nothing.
  ///   - followingLinks: Whether symbolic links lead on, the last one, too. They never lead out of the image: its root
  ///     is what `/` means in a target, and what is above it.
  /// - Returns: The inode, as it is stored.
  /// - Throws: `.limit` for more than 40 links; `.corrupt`, `.truncated` with the path.
  public func lookup(_ path: FilePath, followingLinks: Bool = false) throws(ImageError) -> ErofsInode? {
    let names = FileName.components(of: path)
    guard followingLinks else { return try lookup(names) }
    guard case .inode(let inode) = try find(names, isLinkItself: false) else { return nil }
    return inode
  }

  /// The inode that a path's components lead to, from the root, through directories alone.
  package func lookup(_ path: [FileName]) throws(ImageError) -> ErofsInode? {
    try volume.withReader { (reader) throws(ImageError) in
      var here: NestedPath?
      do throws(ImageError) {
        var inode = try reader.inode(volume.rootNID)
        for name in path {
          guard inode.isDirectory, let entry = try reader.entry(name, of: inode) else { return nil }
          here = NestedPath(name, in: here)
          inode = try reader.inode(entry.nid)
        }
        return inode
      } catch { throw error.inContext(here?.description ?? "/") }
    }
  }

  /// The file that a path leads to, by way of symbolic links: these never lead out of the image, `..` of its root is the
  /// root.
  ///
  /// - Parameters:
  ///   - path: From the root.
  ///   - isLinkItself: Whether a symbolic link at the path's end is meant itself.
  /// - Returns: The file.
  /// - Throws: `.notFound`, `.notADirectory`, and `.limit` for more than 40 links.
  package func follow(_ path: [FileName], isLinkItself: Bool = false) throws(ImageError) -> ErofsInode {
    let place = FileName.path(path)
    switch try inContext(place, { () throws(ImageError) in try find(path, isLinkItself: isLinkItself) }) {
    case .inode(let inode): return inode
    case .missing: throw ImageError(.notFound, "no such file in the image", context: [place]).inFile(self.name)
    case .notADirectory(let name):
      throw ImageError(.notADirectory, "not a directory, but \(name) is looked for in it", context: [place])
        .inFile(self.name)
    }
  }

  /// What a path leads to.
  private enum Found {
    case inode(ErofsInode)
    case missing
    /// The name that was looked for in what is no directory.
    case notADirectory(FileName)
  }

  private func find(_ path: [FileName], isLinkItself: Bool) throws(ImageError) -> Found {
    try volume.withReader { (reader) throws(ImageError) in
      // The directories from the root to where we are, and what is ahead, the next name at the end.
      var here = try reader.inode(volume.rootNID)
      var above: [ErofsInode] = []
      var ahead = Array(path.reversed())
      var linkCount = 0
      while let name = ahead.popLast() {
        if name == "." { continue }
        guard here.isDirectory else { return .notADirectory(name) }
        if name == ".." {
          here = above.popLast() ?? here
          continue
        }
        guard let entry = try reader.entry(name, of: here) else { return .missing }
        let inode = try reader.inode(entry.nid)
        guard inode.kind == .symlink, !(isLinkItself && ahead.isEmpty) else {
          above.append(here)
          here = inode
          continue
        }
        linkCount += 1
        guard linkCount <= Self.maxLinkCount else {
          throw ImageError(.limit, "too many symbolic links")
        }
        let target = try reader.symlinkTarget(of: inode)
        if target.first == UInt8(ascii: "/") {
          here = above.first ?? here
          above = []
        }
        ahead += target.split(separator: UInt8(ascii: "/")).reversed().map { FileName(Array($0)) }
      }
      return .inode(here)
    }
  }
}
