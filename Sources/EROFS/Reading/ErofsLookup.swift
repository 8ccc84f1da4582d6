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
  /// - Throws: `.limit` for more than 40 links; `.corrupt`, `.truncated` with the path.
  public func lookup(_ path: FilePath, followingLinks: Bool = false) throws(ImageError) -> ErofsInode? {
    let names = FileName.components(of: path)
    return followingLinks ? try resolve(names) : try lookup(names)
  }

  /// The inode that a path's components lead to, from the root, through directories alone.
  package func lookup(_ path: [FileName]) throws(ImageError) -> ErofsInode? {
    try volume.withReader { (reader) throws(ImageError) in
      var here: ErofsPath?
      do throws(ImageError) {
        var inode = try reader.inode(volume.rootNID)
        for name in path {
          guard inode.isDirectory, let entry = try reader.entry(name, of: inode) else { return nil }
          here = ErofsPath(here, name)
          inode = try reader.inode(entry.nid)
        }
        return inode
      } catch { throw error.inContext(here?.description ?? "/") }
    }
  }

  private func resolve(_ path: [FileName]) throws(ImageError) -> ErofsInode? {
    try volume.withReader { (reader) throws(ImageError) in
      // The directories from the root to where we are, and what is ahead, the next name at the end.
      var way: [(inode: ErofsInode, path: ErofsPath?)] = [(try reader.inode(volume.rootNID), nil)]
      var ahead = Array(path.reversed())
      var linkCount = 0
      while let name = ahead.popLast(), let (here, herePath) = way.last {
        if name == ".." {
          guard here.isDirectory else { return nil }
          if way.count > 1 { way.removeLast() }
          continue
        }
        let path = ErofsPath(herePath, name)
        do throws(ImageError) {
          guard here.isDirectory, let entry = try reader.entry(name, of: here) else { return nil }
          let inode = try reader.inode(entry.nid)
          guard inode.kind == .symlink else {
            way.append((inode, path))
            continue
          }
          linkCount += 1
          guard linkCount <= Self.maxLinkCount else {
            throw ImageError(.limit, "more than \(Self.maxLinkCount) symbolic links on the way")
          }
          let target = try reader.symlinkTarget(of: inode)
          if target.first == UInt8(ascii: "/") { way.removeSubrange(1...) }
          ahead += components(of: target).reversed()
        } catch { throw error.inContext(path.description) }
      }
      return way.last?.inode
    }
  }
}

/// The names of a path in bytes; a trailing slash asks for nothing here.
private func components(of path: [UInt8]) -> [FileName] {
  path.split(separator: UInt8(ascii: "/")).filter { $0 != [UInt8(ascii: ".")] }.map { FileName(Array($0)) }
}
