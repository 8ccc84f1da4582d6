package import FileTree
public import ImageCore

/// What a check of a file system has counted.
public struct ErofsCheckCounts: Sendable, Hashable {
  /// Inodes that were examined, the one that holds fragments included.
  public internal(set) var inodeCount: UInt64 = 0
  /// Directories, the root included.
  public internal(set) var directoryCount: UInt64 = 0
  /// Regular files.
  public internal(set) var fileCount: UInt64 = 0
  /// Symbolic links.
  public internal(set) var symlinkCount: UInt64 = 0
  /// Devices, fifos and sockets.
  public internal(set) var specialCount: UInt64 = 0
  /// Names beyond the first of an inode.
  public internal(set) var hardLinkCount: UInt64 = 0
  /// Pieces of compressed files, and chunks.
  public internal(set) var extentCount: UInt64 = 0
  /// The bytes of files, directories and links that were looked at, without holes, inline data and fragments.
  public internal(set) var dataByteCount: UInt64 = 0
  /// What was decompressed.
  public internal(set) var decompressedByteCount: UInt64 = 0
  /// Blocks that nothing uses.
  public internal(set) var unusedBlockCount: UInt64 = 0

  mutating func add(_ kind: ErofsInode.Kind) {
    inodeCount += 1
    switch kind {
    case .directory: directoryCount += 1
    case .regular: fileCount += 1
    case .symlink: symlinkCount += 1
    case .characterDevice, .blockDevice, .fifo, .socket: specialCount += 1
    }
  }

  static func += (left: inout Self, right: Self) {
    left.inodeCount += right.inodeCount
    left.directoryCount += right.directoryCount
    left.fileCount += right.fileCount
    left.symlinkCount += right.symlinkCount
    left.specialCount += right.specialCount
    left.hardLinkCount += right.hardLinkCount
    left.extentCount += right.extentCount
    left.dataByteCount &+= right.dataByteCount
    left.decompressedByteCount &+= right.decompressedByteCount
  }
}

/// What a check of a file system has shown.
public struct ErofsCheckReport: Sendable {
  /// What is wrong or worth knowing, in the order of the tree: the first thousand.
  public internal(set) var findings = FindingList()
  /// What there is.
  public internal(set) var counts = ErofsCheckCounts()
}

/// A regular file's length, and what it takes in the image.
package struct ErofsFileFacts: Sendable {
  let item: CheckItem
  /// The file's length.
  package let byteCount: UInt64
  /// What its data takes in the image; fragments of it do not count.
  package internal(set) var storedByteCount: UInt64 = 0

  init(item: CheckItem, byteCount: UInt64) {
    self.item = item
    self.byteCount = byteCount
  }

  /// The path, for people.
  package var path: String { item.place }
  /// The names of the directories that it is in, outermost first, at most `count`.
  package func folders(_ count: Int) -> [FileName] {
    Array(item.path?.parent?.names.prefix(count) ?? [])
  }
}
