public import FileTree
public import ImageCore

extension ErofsFileSystem {
  /// The whole image as a tree; names of one inode become one node.
  ///
  /// File contents stay in the image and are read when someone asks for them.
  ///
  /// - Throws: `.corrupt`, `.truncated`, `.unsupported`, `.limit` with the path and the offset of the first fault.
  public func tree() throws(ImageError) -> FileTree {
    try inFile(name) { () throws(ImageError) in try readTree() }
  }

  private func readTree() throws(ImageError) -> FileTree {
    var reader = MetadataReader(volume, .inOrder)
    var tree = FileTree()
    var nodes = [tree.root]
    try reader.walk { (step, reader) throws(ImageError) in
      if let parent = step.parent, let name = step.name {
        let isNew: Bool
        if let inode = step.inode {
          let id = tree.add(try reader.node(inode, step.path), as: name, in: nodes[parent])
          isNew = id != nil
          nodes.append(id ?? tree.root)
        } else {
          isNew = tree.link(nodes[step.number], as: name, in: nodes[parent])
        }
        if !isNew { throw ImageError(.corrupt, "the directory has this name twice") }
      } else if let root = step.inode {
        tree[tree.root].attributes = try reader.attributes(of: root)
      }
    }
    return tree
  }

  /// What the image holds, counted.
  ///
  /// - Throws: As `tree`.
  public func statistics() throws(ImageError) -> ErofsStatistics {
    try inFile(name) { () throws(ImageError) in try count() }
  }

  private func count() throws(ImageError) -> ErofsStatistics {
    var reader = MetadataReader(volume, .inOrder)
    var result = ErofsStatistics(superblock)
    try reader.walk { (step, reader) throws(ImageError) in try result.count(step, &reader) }
    if volume.packedNID != nil {
      let packed = try reader.packedInode()
      try inContext("packed inode \(packed.nid)") { () throws(ImageError) in
        try result.count(nameless: packed, &reader)
      }
    }
    if volume.metaboxNID != nil {
      let metabox = try reader.metaboxInode()
      try inContext("metabox") { () throws(ImageError) in try result.count(nameless: metabox, &reader) }
    }
    return result
  }
}

extension MetadataReader {
  /// A file with all that its inode says.
  mutating func node(_ inode: ErofsInode, _ path: @autoclosure () -> NestedPath?) throws(ImageError) -> FileTree.Node {
    let kind: FileTree.Kind
    switch inode.kind {
    case .directory: kind = .directory
    case .regular: kind = .regular(ErofsContent(volume: volume, inode: inode, path: path()))
    case .symlink: kind = .symlink(target: try symlinkTarget(of: inode))
    case .characterDevice(let device): kind = .characterDevice(device)
    case .blockDevice(let device): kind = .blockDevice(device)
    case .fifo: kind = .fifo
    case .socket: kind = .socket
    }
    return FileTree.Node(kind, try attributes(of: inode))
  }

  mutating func attributes(of inode: ErofsInode) throws(ImageError) -> FileAttributes {
    FileAttributes(
      permissions: inode.permissions, uid: inode.uid, gid: inode.gid, modified: inode.modified,
      extendedAttributes: try extendedAttributes(of: inode))
  }

  mutating func symlinkTarget(of inode: ErofsInode) throws(ImageError) -> [UInt8] {
    // The kernel's limit for a path, PATH_MAX, counts a NUL at the end.
    guard (1...4095).contains(inode.byteCount) else {
      throw volume.corrupt("a symbolic link's target of \(inode.byteCount) bytes", at: inode.offset)
    }
    try charge(inode.byteCount)
    var target = [UInt8](repeating: 0, count: Int(inode.byteCount))
    try read(inode, at: 0, into: &target, target.indices)
    guard !target.contains(0) else {
      throw volume.corrupt("a symbolic link's target with a NUL", at: inode.offset)
    }
    return target
  }
}
