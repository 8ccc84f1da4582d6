public import ImageCore
public import SystemPackage

/// A directory on this machine, as a tree.
///
/// Files are not read before someone asks for their content; a file that is another one by then, or has changed, is an
/// error that names it. Symbolic links are never followed.
public struct DirectorySource: Sendable {
  private let path: FilePath

  /// Names the directory.
  public init(_ path: FilePath) { self.path = path }

  /// Scans the directory.
  ///
  /// - Throws: `.notFound`, `.notADirectory`, `.io` with the path at fault.
  public func tree() throws(ImageError) -> FileTree {
    let folder = try SourceFolder(path)
    let status = try folder.call("look at", []) { () throws(Errno) in try POSIX.lstat([46], in: folder.file) }
    var tree = FileTree(rootAttributes: try folder.attributes(status, [46], in: folder.file, path: []))
    var links: [FileID: FileTree.NodeID] = [:]
    var queue = [Directory(path: [], node: tree.root, id: FileID(status))]
    while let directory = queue.popLast() {
      try checkCancellation()
      queue += try scan(directory, folder, &tree, &links)
    }
    return tree
  }

  private struct FileID: Hashable {
    let device: UInt64
    let inode: UInt64

    init(_ status: FileStatus) { (device, inode) = (status.device, status.inode) }
  }

  /// A directory that was found and is to be listed.
  private struct Directory {
    let path: [FileName]
    let node: FileTree.NodeID
    let id: FileID
  }

  /// Adds one directory's entries; returns the directories among them.
  private func scan(
    _ parent: Directory, _ folder: SourceFolder, _ tree: inout FileTree, _ links: inout [FileID: FileTree.NodeID]
  ) throws(ImageError) -> [Directory] {
    let directory = try folder.open(parent.path, isDirectory: true)
    defer { try? directory.close() }
    let (opened, names) = try folder.call("list", parent.path) { () throws(Errno) in
      (try POSIX.fstat(directory), try POSIX.names(in: try POSIX.open([46], in: directory, isDirectory: true)))
    }
    // On the way to it a symbolic link may have taken a directory's place.
    if FileID(opened) != parent.id { throw .replaced(folder.printed(parent.path)) }
    var directories: [Directory] = []
    for name in names.map(FileName.init).sorted() {
      let here = parent.path + [name]
      let status = try folder.call("look at", here) { () throws(Errno) in
        try POSIX.lstat(name.bytes, in: directory)
      }
      let id = FileID(status)
      if let first = links[id] {
        guard tree.link(first, as: name, in: parent.node) else { throw .twice(folder.printed(here)) }
        continue
      }
      let node = FileTree.Node(
        try kind(status, here, name, directory, folder),
        try folder.attributes(status, name.bytes, in: directory, path: here))
      guard let added = tree.add(node, as: name, in: parent.node) else { throw .twice(folder.printed(here)) }
      if node.isDirectory {
        directories.append(Directory(path: here, node: added, id: id))
      } else if status.linkCount > 1 {
        links[id] = added
      }
    }
    return directories
  }

  private func kind(
    _ status: FileStatus, _ path: [FileName], _ name: FileName, _ directory: FileDescriptor, _ folder: SourceFolder
  ) throws(ImageError) -> FileTree.Kind {
    let (major, minor) = POSIX.majorMinor(status.specialDevice)
    switch status.type {
    case FileStatus.directory: return .directory
    case FileStatus.regular: return .regular(PathContent(folder: folder, path: path, status: status))
    case FileStatus.symlink:
      return .symlink(
        target: try folder.call("read the link", path) { () throws(Errno) in
          try POSIX.readlink(name.bytes, in: directory)
        })
    case FileStatus.characterDevice: return .characterDevice(DeviceNumber(major: major, minor: minor))
    case FileStatus.blockDevice: return .blockDevice(DeviceNumber(major: major, minor: minor))
    case FileStatus.fifo: return .fifo
    case FileStatus.socket: return .socket
    default: throw ImageError(.unsupported, "an unknown type of file", context: [folder.printed(path)])
    }
  }
}

extension ImageError {
  fileprivate static func replaced(_ path: String) -> ImageError {
    ImageError(.changed, "another directory took its place; pack it again", context: [path])
  }

  fileprivate static func twice(_ path: String) -> ImageError {
    ImageError(.changed, "the directory lists this name twice", context: [path])
  }
}
