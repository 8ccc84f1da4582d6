import EROFS
import FileTree
import ImageCore

/// A name of the image with what a listing says of it.
struct ListedFile {
  let name: FileName
  let inode: ErofsInode
  /// A symbolic link's target.
  let target: [UInt8]?

  init(_ name: FileName, _ inode: ErofsInode, _ lister: inout ErofsLister) throws(ImageError) {
    self.name = name
    self.inode = inode
    target = inode.kind == .symlink ? try lister.target(of: inode) : nil
  }

  /// Its line.
  var row: LongFormat.Row {
    LongFormat.Row(
      letter: inode.kind.letter, permissions: inode.permissions, linkCount: UInt64(inode.linkCount),
      user: "\(inode.uid)", group: "\(inode.gid)", device: inode.kind.device, byteCount: inode.byteCount,
      modified: inode.modified, name: name.bytes, target: target)
  }
}

extension ErofsInode.Kind {
  /// The letter that `ls` begins a mode with.
  var letter: UInt8 {
    switch self {
    case .directory: UInt8(ascii: "d")
    case .regular: UInt8(ascii: "-")
    case .symlink: UInt8(ascii: "l")
    case .characterDevice: UInt8(ascii: "c")
    case .blockDevice: UInt8(ascii: "b")
    case .fifo: UInt8(ascii: "p")
    case .socket: UInt8(ascii: "s")
    }
  }

  /// The word that JSON has.
  var word: String {
    switch self {
    case .directory: "directory"
    case .regular: "file"
    case .symlink: "symlink"
    case .characterDevice: "character-device"
    case .blockDevice: "block-device"
    case .fifo: "fifo"
    case .socket: "socket"
    }
  }

  /// The number of a device.
  var device: DeviceNumber? {
    switch self {
    case .characterDevice(let number), .blockDevice(let number): number
    default: nil
    }
  }
}
