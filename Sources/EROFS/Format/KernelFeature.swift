/// Something that an image may use and that Linux reads since a certain release.
///
/// Only what keeps an older kernel from reading correctly: what it may ignore, such as the filter of extended attribute
/// names, is not here. Sources: Documentation/filesystems/erofs.rst, the manual of mkfs.erofs and the history of
/// fs/erofs.
public struct KernelFeature: Sendable, Hashable {
  /// The feature in words, for a sentence.
  public let name: String
  /// The first release that reads it.
  public let kernel: KernelVersion

  private init(_ name: String, _ major: Int, _ minor: Int) {
    self.name = name
    kernel = KernelVersion(major, minor)
  }

  /// The file system itself, with LZ4 and compact indexes: it left the staging area then.
  public static let erofs = Self("EROFS", 5, 4)

  /// Pclusters of more than one block, and configurations of algorithms in the superblock.
  public static let bigPclusters = Self("big pclusters", 5, 13)
  /// Files in chunks, with holes.
  public static let chunks = Self("chunk-based files", 5, 15)
  /// Data on other devices.
  public static let devices = Self("several devices", 5, 16)
  /// Two algorithms in one file.
  public static let secondAlgorithm = Self("a second algorithm in one file", 5, 16)
  /// MicroLZMA.
  public static let lzma = Self("LZMA", 5, 16)
  /// Compressed tails beside the inode.
  public static let inlinePclusters = Self("inline pclusters", 5, 17)

  /// Tails and files in the packed inode.
  public static let fragments = Self("fragments", 6, 1)
  /// Several extents on one pcluster, or on a part of one.
  public static let deduplication = Self("deduplicated extents", 6, 1)
  /// Stored data at its own place in the block.
  public static let interlacedPclusters = Self("interlaced pclusters", 6, 1)
  /// Blocks that are smaller than a page; compressed data in them came later.
  public static let smallBlocks = Self("blocks smaller than 4096 bytes", 6, 4)
  /// A table of prefixes of extended attribute names.
  public static let xattrPrefixes = Self("long prefixes of extended attributes", 6, 4)
  /// DEFLATE.
  public static let deflate = Self("DEFLATE", 6, 6)
  /// Compressed data in small blocks.
  public static let smallCompressedBlocks = Self("compressed blocks smaller than 4096 bytes", 6, 8)
  /// Zstandard.
  public static let zstd = Self("Zstandard", 6, 10)

  /// Block addresses of 48 bits, and what came in with them: times of compact inodes, directories without `.`.
  public static let blockAddresses48 = Self("48-bit block addresses", 6, 15)
  /// Compressed files as a list of extents of any length.
  public static let encodedExtents = Self("encoded extents", 6, 15)
  /// The table of prefixes outside a packed inode that the image has.
  public static let plainXattrPrefixes = Self("plain prefixes of extended attributes", 6, 17)
  /// Compressed metadata.
  public static let metabox = Self("metadata in a metabox", 6, 17)

  /// All of them, oldest first.
  public static let all: [Self] = [
    erofs, bigPclusters, chunks, devices, secondAlgorithm, lzma, inlinePclusters, fragments, deduplication,
    interlacedPclusters, smallBlocks, xattrPrefixes, deflate, smallCompressedBlocks, zstd, blockAddresses48,
    encodedExtents, plainXattrPrefixes, metabox,
  ]
}
