/// `feature_compat`: what a reader may ignore (erofs_fs.h).
public struct CompatibleFeatures: OptionSet, Sendable, Hashable {
  /// The bits as stored.
  public let rawValue: UInt32
  /// Takes the bits as stored.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The superblock has a checksum.
  public static let superblockChecksum = Self(rawValue: 0x1)
  /// Inodes carry modification times, not change times.
  public static let modificationTime = Self(rawValue: 0x2)
  /// Inodes with extended attributes have a name filter.
  public static let xattrFilter = Self(rawValue: 0x4)
  /// Shared extended attributes are in the metabox.
  public static let sharedXattrsInMetabox = Self(rawValue: 0x8)
  /// Extended attribute prefixes are stored plainly.
  public static let plainXattrPrefixes = Self(rawValue: 0x10)
  /// Page cache sharing by an extended attribute.
  public static let inodeShareXattrs = Self(rawValue: 0x20)

  /// erofs-utils' names of the bits that are set.
  public var names: [String] {
    named(rawValue, ["sb_csum", "mtime", "xattr_filter", "shared_ea_in_metabox", "plain_xattr_pfx", "ishare_xattrs"])
  }
}

/// `feature_incompat`: what a reader must know (erofs_fs.h).
///
/// Some bits have two meanings that came together.
public struct IncompatibleFeatures: OptionSet, Sendable, Hashable {
  /// The bits as stored.
  public let rawValue: UInt32
  /// Takes the bits as stored.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Compressed data stands at the end of its pcluster, zeros in front (kernel 5.3).
  public static let lz4ZeroPadding = Self(rawValue: 0x1)
  /// Compression configurations follow the superblock; big pclusters (kernel 5.13).
  public static let compressionConfigurations = Self(rawValue: 0x2)
  /// Chunk-based files (kernel 5.15).
  public static let chunkedFiles = Self(rawValue: 0x4)
  /// A device table, or a second algorithm for each file (kernel 5.16).
  public static let deviceTable = Self(rawValue: 0x8)
  /// Tails of compressed files are inline (kernel 5.17).
  public static let ztailpacking = Self(rawValue: 0x10)
  /// Fragments in a packed inode, or deduplicated extents (kernel 6.1).
  public static let fragments = Self(rawValue: 0x20)
  /// Long prefixes of extended attribute names (kernel 6.4).
  public static let xattrPrefixes = Self(rawValue: 0x40)
  /// 48-bit block addresses (kernel 6.15).
  public static let blockAddress48 = Self(rawValue: 0x80)
  /// Metadata may be in a compressed inode (kernel 6.17).
  public static let metabox = Self(rawValue: 0x100)

  /// What `ErofsFileSystem` reads in this version.
  package static let readable: Self = [
    .lz4ZeroPadding, .compressionConfigurations, .chunkedFiles, .deviceTable, .ztailpacking, .fragments,
    .xattrPrefixes, .blockAddress48, .metabox,
  ]

  /// erofs-utils' names of the bits that are set.
  public var names: [String] {
    named(
      rawValue,
      [
        "lz4_0padding", "compr_cfgs", "chunked_file", "device_table", "ztailpacking", "fragments", "xattr_prefixes",
        "48bit", "metabox",
      ])
  }
}

private func named(_ bits: UInt32, _ names: [String]) -> [String] {
  (0..<32).filter { bits >> UInt32($0) & 1 == 1 }.map { $0 < names.count ? names[$0] : "bit\($0)" }
}
