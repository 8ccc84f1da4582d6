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
    var queue: [(path: [FileName], node: FileTree.NodeID)] = [([], tree.root)]
    while let (path, node) = queue.popLast() {
      try checkCancellation()
      for directory in try scan(path, node, folder, &tree, &links) { queue.append(directory) }
    }
    return tree
  }

  private struct FileID: Hashable {
    let device: UInt64
    let inode: UInt64
  }

  /// Adds one directory's entries; returns the directories among them.
  private func scan(
    _ path: [FileName], _ parent: FileTree.NodeID, _ folder: SourceFolder, _ tree: inout FileTree,
    _ links: inout [FileID: FileTree.NodeID]
  ) throws(ImageError) -> [(path: [FileName], node: FileTree.NodeID)] {
    let directory = try folder.open(path, isDirectory: true)
    defer { try? directory.close() }
    let names = try folder.call("list", path) { () throws(Errno) in
      try POSIX.names(in: try POSIX.open([46], in: directory, isDirectory: true))
    }
    var directories: [(path: [FileName], node: FileTree.NodeID)] = []
    for name in names.map(FileName.init).sorted() {
      let here = path + [name]
      let status = try folder.call("look at", here) { () throws(Errno) in
        try POSIX.lstat(name.bytes, in: directory)
      }
      let id = FileID(device: status.device, inode: status.inode)
      if let first = links[id] {
        guard tree.link(first, as: name, in: parent) else { throw .twice(folder.printed(here)) }
        continue
      }
      let node = FileTree.Node(
        try kind(status, here, name, directory, folder),
        try folder.attributes(status, name.bytes, in: directory, path: here))
      guard let added = tree.add(node, as: name, in: parent) else { throw .twice(folder.printed(here)) }
      if node.isDirectory {
        directories.append((here, added))
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
  fileprivate static func twice(_ path: String) -> ImageError {
    ImageError(.changed, "the directory lists this name twice", context: [path])
  }
}
