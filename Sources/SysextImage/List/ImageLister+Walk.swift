import EROFS
import FileTree
import ImageCore

extension ImageLister {
  /// A file and its path from the root, which is `nil` for the root itself.
  struct Place {
    let path: NestedPath?
    let inode: ErofsInode

    /// `/usr/bin`.
    var bytes: [UInt8] { [0x2F] + (path?.bytes ?? []) }

    /// A name in this directory.
    func below(_ name: FileName, _ inode: ErofsInode) -> Place { Place(path: NestedPath(name, in: path), inode: inode) }
  }

  /// Finds all paths before anything is written; links are followed where not the links are listed.
  func find(_ paths: [[FileName]]) throws(ImageError) -> [Place] {
    var places: [Place] = []
    for path in paths.isEmpty ? [[]] : paths {
      let inode = try fileSystem.follow(path, isLinkItself: options.isLong || options.listsDirectoriesThemselves)
      places.append(Place(path: NestedPath.of(path), inode: inode))
    }
    return places
  }

  /// Whether what is in it is listed.
  func isOpened(_ inode: ErofsInode) -> Bool { inode.isDirectory && !options.listsDirectoriesThemselves }

  /// Calls `visit` for a directory and, if asked for, for all below: each before those in it.
  func walk(
    _ place: Place, _ lister: inout ErofsLister,
    _ visit: (Place, [ErofsEntry], inout ErofsLister) throws(ImageError) -> Void
  ) throws(ImageError) {
    var met: Set<UInt64> = []
    var rest = [place]
    while let directory = rest.popLast() {
      do throws(ImageError) {
        guard met.insert(directory.inode.nid).inserted else {
          throw ImageError(.corrupt, "a directory that has another name already")
        }
        try NestedPath.check(depth: directory.path?.depth ?? 0)
        let entries = try lister.entries(of: directory.inode)
        try visit(directory, entries, &lister)
        guard options.isRecursive else { return }
        for entry in entries.reversed() where entry.mayBeDirectory {
          let inode = try lister.inode(entry.nid)
          if inode.isDirectory { rest.append(directory.below(entry.name, inode)) }
        }
      } catch { throw error.inContext(printable(directory.bytes)) }
    }
  }

  /// Reads what a long listing says.
  static func look(at entries: [ErofsEntry], _ lister: inout ErofsLister) throws(ImageError) -> [ListedFile] {
    var files: [ListedFile] = []
    files.reserveCapacity(entries.count)
    for entry in entries {
      do throws(ImageError) {
        files.append(try ListedFile(entry.name, try lister.inode(entry.nid), &lister))
      } catch { throw error.inContext(entry.name.description) }
    }
    return files
  }
}
