import FileTree
import ImageCore

/// What an inode says of its data.
struct DataDescription: Sendable {
  var layout = DataLayout.flatPlain
  /// The length of the file, directory or link target.
  var byteSize: UInt64 = 0
  /// Start block, block count, device number or chunk format: the lower 32 bits stand in `i_u`.
  var union: UInt64 = 0
}

/// An inode with its extended attributes: all but what its data adds.
struct InodeEncoder: Sendable {
  /// Where `i_u` stands in both forms.
  static let unionOffset = 16
  /// Where `i_nb` does.
  static let highOffset = 6

  let type: FileType
  let attributes: FileAttributes
  let number: Int
  let linkCount: UInt32
  /// Header, shared ids and inline entries.
  let xattrBody: [UInt8]
  let commonTime: Timestamp
  /// Whether block addresses have 48 bits.
  var isLarge = false

  /// The length with the extended attributes, for data of `byteSize` bytes.
  func byteCount(_ byteSize: UInt64) -> Int {
    (isCompact(byteSize) ? CompactInode.byteCount : ExtendedInode.byteCount) + xattrBody.count
  }

  /// Whether the 32-byte form holds it.
  private func isCompact(_ byteSize: UInt64) -> Bool {
    attributes.uid <= 0xFFFF && attributes.gid <= 0xFFFF && byteSize <= 0xFFFF_FFFF
      && attributes.modified == commonTime
      // It has the upper bits of addresses in place of the count of links.
      && (isLarge ? linkCount == 1 && type != .directory : linkCount <= 0xFFFF)
  }

  /// Appends the inode and its extended attributes.
  func append(_ data: DataDescription, to bytes: inout [UInt8]) {
    let isCompact = isCompact(data.byteSize)
    let high = UInt16(truncatingIfNeeded: data.union >> 32)
    let format = InodeFormat(extended: !isCompact, layout: data.layout, hasOneLink: isCompact && isLarge).rawValue
    let mode = type.rawValue | attributes.permissions
    let xattrCount = XattrPool.count(ofBody: xattrBody.count)
    if isCompact {
      var inode = CompactInode()
      inode.format = format
      inode.xattrCount = xattrCount
      inode.mode = mode
      inode.linkCount = isLarge ? high : UInt16(truncatingIfNeeded: linkCount)
      inode.byteSize = UInt32(truncatingIfNeeded: data.byteSize)
      inode.union = UInt32(truncatingIfNeeded: data.union)
      inode.number = UInt32(truncatingIfNeeded: number)
      inode.uid = UInt16(truncatingIfNeeded: attributes.uid)
      inode.gid = UInt16(truncatingIfNeeded: attributes.gid)
      inode.append(to: &bytes)
    } else {
      var inode = ExtendedInode()
      inode.format = format
      inode.xattrCount = xattrCount
      inode.mode = mode
      inode.high = high
      inode.byteSize = data.byteSize
      inode.union = UInt32(truncatingIfNeeded: data.union)
      inode.number = UInt32(truncatingIfNeeded: number)
      inode.uid = attributes.uid
      inode.gid = attributes.gid
      inode.modified = UInt64(bitPattern: attributes.modified.seconds)
      inode.modifiedNanoseconds = attributes.modified.nanoseconds
      inode.linkCount = linkCount
      inode.append(to: &bytes)
    }
    bytes += xattrBody
  }
}

extension FileTree.Kind {
  var fileType: FileType {
    switch self {
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
