import FileTree
import ImageCore

/// What an inode says of its data.
struct DataDescription: Sendable {
  var layout = DataLayout.flatPlain
  /// The length of the file, directory or link target.
  var byteSize: UInt64 = 0
  /// Start block, block count, device number or chunk format.
  var union: UInt32 = 0
}

/// An inode's on-disk form, with its extended attributes behind.
struct InodeEncoder: Sendable {
  let commonTime: Timestamp

  /// Whether the 32-byte form holds it.
  func fitsCompact(_ attributes: FileAttributes, linkCount: UInt32, byteSize: UInt64) -> Bool {
    attributes.uid <= 0xFFFF && attributes.gid <= 0xFFFF && linkCount <= 0xFFFF && byteSize <= 0xFFFF_FFFF
      && attributes.modified == commonTime
  }

  /// The form's length without extended attributes.
  func byteCount(_ attributes: FileAttributes, linkCount: UInt32, byteSize: UInt64) -> Int {
    fitsCompact(attributes, linkCount: linkCount, byteSize: byteSize) ? CompactInode.byteCount : ExtendedInode.byteCount
  }

  func encode(
    _ node: FileTree.Node, number: Int, linkCount: UInt32, xattrBody: [UInt8], data: DataDescription
  ) -> [UInt8] {
    let attributes = node.attributes
    let isCompact = fitsCompact(attributes, linkCount: linkCount, byteSize: data.byteSize)
    let format = InodeFormat(extended: !isCompact, layout: data.layout).rawValue
    let mode = node.fileType.rawValue | attributes.permissions
    let xattrCount = XattrPool.count(ofBody: xattrBody.count)
    if isCompact {
      var inode = CompactInode()
      inode.format = format
      inode.xattrCount = xattrCount
      inode.mode = mode
      inode.linkCount = UInt16(truncatingIfNeeded: linkCount)
      inode.byteSize = UInt32(truncatingIfNeeded: data.byteSize)
      inode.union = data.union
      inode.number = UInt32(truncatingIfNeeded: number)
      inode.uid = UInt16(truncatingIfNeeded: attributes.uid)
      inode.gid = UInt16(truncatingIfNeeded: attributes.gid)
      return inode.encoded + xattrBody
    }
    var inode = ExtendedInode()
    inode.format = format
    inode.xattrCount = xattrCount
    inode.mode = mode
    inode.byteSize = data.byteSize
    inode.union = data.union
    inode.number = UInt32(truncatingIfNeeded: number)
    inode.uid = attributes.uid
    inode.gid = attributes.gid
    inode.modified = UInt64(bitPattern: attributes.modified.seconds)
    inode.modifiedNanoseconds = attributes.modified.nanoseconds
    inode.linkCount = linkCount
    return inode.encoded + xattrBody
  }
}

extension FileTree.Node {
  var fileType: FileType {
    switch kind {
    case .directory: .directory
    case .regular: .regular
    case .symlink: .symlink
    case .characterDevice: .characterDevice
    case .blockDevice: .blockDevice
    case .fifo: .fifo
    case .socket: .socket
    }
  }
}
