package import FileTree
package import ImageCore

/// Looks at many files' metadata in a row, so that neighbours cost one request.
package struct ErofsLister {
  private var reader: MetadataReader

  package init(_ fileSystem: ErofsFileSystem) { reader = MetadataReader(fileSystem.volume, .inOrder) }

  /// The root directory.
  package mutating func root() throws(ImageError) -> ErofsInode { try reader.inode(reader.volume.rootNID) }

  /// An inode by number.
  package mutating func inode(_ nid: UInt64) throws(ImageError) -> ErofsInode { try reader.inode(nid) }

  /// A directory's entries in byte order, without `.` and `..`.
  package mutating func entries(of directory: ErofsInode) throws(ImageError) -> [ErofsEntry] {
    try reader.entries(of: directory)
  }

  /// The inode that `name` names in a directory; `nil` where there is none.
  package mutating func child(_ name: FileName, of directory: ErofsInode) throws(ImageError) -> ErofsInode? {
    try reader.entry(name, of: directory).map { (entry) throws(ImageError) in try reader.inode(entry.nid) }
  }

  /// Extended attributes in byte order.
  package mutating func attributes(of inode: ErofsInode) throws(ImageError) -> FileAttributes {
    try reader.attributes(of: inode)
  }

  /// A symbolic link's target.
  package mutating func target(of link: ErofsInode) throws(ImageError) -> [UInt8] {
    try reader.symlinkTarget(of: link)
  }
}

extension ErofsEntry {
  /// Whether the directory says that the name may be a directory's: a hint, which spares a look at the inode.
  package var mayBeDirectory: Bool { fileType == 0 || fileType == 2 }
}
