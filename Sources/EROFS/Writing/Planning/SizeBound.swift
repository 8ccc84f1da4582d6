import FileTree
import ImageCore

/// What a tree holds, as far as it tells how long its image can be at most.
struct SizeBound: Sendable {
  private var dataByteCount: UInt64 = 0
  private var metadataByteCount: UInt64 = 0
  private var inodeCount: UInt64

  init(_ tree: FileTree, _ plan: InodePlan) {
    inodeCount = UInt64(plan.inodes.count)
    for inode in plan.inodes {
      switch tree.kind(of: inode.node) {
      case .regular(let content): dataByteCount = dataByteCount.saturatingAdd(content.byteCount)
      case .symlink(let target): metadataByteCount += UInt64(target.count)
      case .directory: metadataByteCount += UInt64(2 * Self.entryByteCount)
      case .characterDevice, .blockDevice, .fifo, .socket: break
      }
      // One for each name; a directory's count also has those in it.
      metadataByteCount += UInt64(inode.linkCount) * UInt64(Self.entryByteCount)
      for attribute in tree.attributes(of: inode.node).extendedAttributes {
        metadataByteCount += UInt64(XattrEntry.byteCount + attribute.name.count + attribute.value.count + 4)
      }
    }
  }

  /// The longest entry of a directory.
  private static let entryByteCount = Dirent.byteCount + 255

  /// The most blocks that the image can have.
  func blockCount(_ block: BlockSize) -> UInt64 {
    let size = UInt64(block.byteCount)
    // Compressed data takes no more blocks than the data itself, but a block may be an extent, with a record of 32 bytes.
    let data = dataByteCount / size
    let records = data * 32 / size
    // Blocks of metadata are at least half full, but for the runs at the end; each file has a block that is not full.
    return data + 4 * (records + metadataByteCount / size + inodeCount) + (1 << 16)
  }
}
