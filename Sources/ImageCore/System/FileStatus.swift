#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What the kernel says of one file, without following a symbolic link.
package struct FileStatus: Sendable, Equatable {
  package var device: UInt64
  package var inode: UInt64
  package var specialDevice: UInt64
  package var byteCount: UInt64
  package var seconds: Int64
  package var changedSeconds: Int64
  package var nanoseconds: UInt32
  package var changedNanoseconds: UInt32
  package var mode: UInt32
  package var uid: UInt32
  package var gid: UInt32
  package var linkCount: UInt32
  /// Whether fewer blocks are stored than the length needs.
  package var isSparse: Bool

  package static let typeMask: UInt32 = 0o170000
  package static let directory: UInt32 = 0o040000
  package static let regular: UInt32 = 0o100000
  package static let symlink: UInt32 = 0o120000
  package static let characterDevice: UInt32 = 0o020000
  package static let blockDevice: UInt32 = 0o060000
  package static let fifo: UInt32 = 0o010000
  package static let socket: UInt32 = 0o140000

  package var type: UInt32 { mode & Self.typeMask }

  /// Whether both speak of one file in one state; the space that it takes may differ.
  package func isSameState(as other: FileStatus) -> Bool {
    var other = other
    other.isSparse = isSparse
    return self == other
  }

  init(_ raw: stat) {
    device = UInt64(raw.st_dev)
    inode = UInt64(raw.st_ino)
    specialDevice = UInt64(raw.st_rdev)
    byteCount = UInt64(max(0, raw.st_size))
    seconds = Int64(raw.st_mtim.tv_sec)
    changedSeconds = Int64(raw.st_ctim.tv_sec)
    nanoseconds = UInt32(raw.st_mtim.tv_nsec)
    changedNanoseconds = UInt32(raw.st_ctim.tv_nsec)
    mode = raw.st_mode
    uid = raw.st_uid
    gid = raw.st_gid
    linkCount = UInt32(clamping: raw.st_nlink)
    isSparse = raw.st_blocks < raw.st_size / 512
  }
}
