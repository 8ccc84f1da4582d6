package import ImageCore
import SystemPackage

/// What one directory has, as far as system calls can say: what the threads of a scan do.
package struct DirectoryListing: Sendable {
  /// What makes two names one file.
  package struct FileID: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64

    package init(_ status: FileStatus) { (device, inode) = (status.device, status.inode) }
  }

  package struct Entry: Sendable {
    package let name: FileName
    let id: FileID
    let node: FileTree.Node
    /// Whether there may be further names of it.
    let isLinked: Bool
  }

  /// In byte order of their names.
  package let entries: [Entry]

  /// Lists a directory.
  ///
  /// - Throws: `.changed` when it is another one than the one that was found there.
  package init(_ folder: SourceFolder, id: FileID) throws(ImageError) {
    let directory = try folder.open()
    defer { try? directory.close() }
    let (opened, names) = try folder.call("list") { () throws(Errno) in
      (try POSIX.fstat(directory), try POSIX.names(in: directory))
    }
    // On the way to it a symbolic link may have taken a directory's place.
    if FileID(opened) != id { throw .replaced(folder.printed()) }
    var entries: [Entry] = []
    entries.reserveCapacity(names.count)
    for name in names.map(FileName.init).sorted() {
      let status = try folder.call("look at", name) { () throws(Errno) in try POSIX.lstat(name.bytes, in: directory) }
      let node = FileTree.Node(
        try Self.kind(status, name, directory, folder), try Self.attributes(status, name, directory, folder))
      entries.append(
        Entry(name: name, id: FileID(status), node: node, isLinked: !node.isDirectory && status.linkCount > 1))
    }
    self.entries = entries
  }

  /// The directory that a scan begins at.
  static func top(_ folder: SourceFolder) throws(ImageError) -> (FileID, FileAttributes) {
    let directory = try folder.open()
    defer { try? directory.close() }
    let status = try folder.call("look at") { () throws(Errno) in try POSIX.fstat(directory) }
    return (FileID(status), try attributes(status, ".", directory, folder))
  }

  private static func kind(
    _ status: FileStatus, _ name: FileName, _ directory: FileDescriptor, _ folder: SourceFolder
  ) throws(ImageError) -> FileTree.Kind {
    let (major, minor) = POSIX.majorMinor(status.specialDevice)
    switch status.type {
    case FileStatus.directory: return .directory
    case FileStatus.regular: return .regular(PathContent(name, in: folder, status))
    case FileStatus.symlink:
      return .symlink(
        target: try folder.call("read the link", name) { () throws(Errno) in
          try POSIX.readlink(name.bytes, in: directory)
        })
    case FileStatus.characterDevice: return .characterDevice(DeviceNumber(major: major, minor: minor))
    case FileStatus.blockDevice: return .blockDevice(DeviceNumber(major: major, minor: minor))
    case FileStatus.fifo: return .fifo
    case FileStatus.socket: return .socket
    default: throw ImageError(.unsupported, "an unknown type of file", context: [folder.printed(name)])
    }
  }

  private static func attributes(
    _ status: FileStatus, _ name: FileName, _ directory: FileDescriptor, _ folder: SourceFolder
  ) throws(ImageError) -> FileAttributes {
    FileAttributes(
      permissions: UInt16(truncatingIfNeeded: status.mode & 0o7777), uid: status.uid, gid: status.gid,
      modified: Timestamp(seconds: status.seconds, nanoseconds: status.nanoseconds),
      extendedAttributes: try folder.call("read the extended attributes", name) { () throws(Errno) in
        var attributes: [ExtendedAttribute] = []
        for attribute in try POSIX.extendedAttributeNames(name.bytes, in: directory) {
          attributes.append(
            ExtendedAttribute(
              name: attribute, value: try POSIX.extendedAttribute(attribute, of: name.bytes, in: directory)))
        }
        return attributes
      })
  }
}

extension ImageError {
  fileprivate static func replaced(_ path: String) -> ImageError {
    ImageError(.changed, "another directory took its place; pack it again", context: [path])
  }
}
