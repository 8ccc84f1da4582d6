package import FileTree
package import ImageCore

extension ErofsFileSystem {
  /// The file that a path leads to, by way of symbolic links: these never lead out of the image, `..` of its root is the
  /// root.
  ///
  /// - Parameters:
  ///   - path: From the root.
  ///   - isLinkItself: Whether a symbolic link at the path's end is meant itself.
  /// - Returns: The file.
  /// - Throws: `.notFound`, `.notADirectory`, and `.limit` for more than 40 links.
  package func follow(_ path: [FileName], isLinkItself: Bool = false) throws(ImageError) -> ErofsInode {
    var lister = ErofsLister(self)
    let root = try lister.root()
    var rest = Array(path.reversed())
    var way = [root]
    var linkCount = 0
    do throws(ImageError) {
      while let name = rest.popLast() {
        if name == "." { continue }
        if name == ".." {
          if way.count > 1 { way.removeLast() }
          continue
        }
        let directory = way.last ?? root
        guard directory.isDirectory else {
          throw ImageError(.notADirectory, "not a directory, but \(name) is looked for in it")
        }
        guard let inode = try lister.child(name, of: directory) else {
          throw ImageError(.notFound, "no such file in the image")
        }
        guard inode.kind == .symlink, !(isLinkItself && rest.isEmpty) else {
          way.append(inode)
          continue
        }
        linkCount += 1
        guard linkCount <= 40 else { throw ImageError(.limit, "too many symbolic links") }
        let target = try lister.target(of: inode)
        if target.first == 0x2F { way = [root] }
        rest += target.split(separator: 0x2F).reversed().map { FileName(Array($0)) }
      }
      return way.last ?? root
    } catch { throw error.inContext("/" + path.map(\.description).joined(separator: "/")) }
  }
}
