package import ImageCore

/// `struct erofs_super_block`, at byte 1024 of the file system (erofs_fs.h, Documentation/filesystems/erofs.rst).
package struct Superblock: Record {
  package static let byteCount = 128
  package static let offset = 1024
  package static let magic: UInt32 = 0xE0F5_E1E2

  package var magic = Self.magic
  package var checksum: UInt32 = 0
  package var compatibleFeatures: UInt32 = 0
  package var blockSizeBits: UInt8 = 12
  package var extensionSlotCount: UInt8 = 0
  /// With 48-bit addresses and `rootNID64` the upper bits of the count of blocks.
  package var rootNID: UInt16 = 0

  package var inodeCount: UInt64 = 0
  package var epoch: UInt64 = 0

  package var fixedNanoseconds: UInt32 = 0
  package var blockCount: UInt32 = 0
  package var metadataBlockAddress: UInt32 = 0
  package var xattrBlockAddress: UInt32 = 0

  package var uuid = GUID.zero

  package var volumeName: [UInt8] = []

  package var incompatibleFeatures: UInt32 = 0
  /// With `COMPR_CFGS` a bitmap of algorithms, else LZ4's greatest distance (0: 64 KiB).
  package var algorithmsOrMaxDistance: UInt16 = 0
  package var extraDeviceCount: UInt16 = 0
  package var deviceTableSlot: UInt16 = 0
  package var directoryBlockBits: UInt8 = 0
  package var xattrPrefixCount: UInt8 = 0
  package var xattrPrefixStart: UInt32 = 0

  package var packedNID: UInt64 = 0
  package var xattrFilterReserved: UInt8 = 0
  package var ishareXattrPrefix: UInt8 = 0
  package var buildTime: UInt32 = 0

  /// The root's nid of an image with 48-bit addresses, unless it is 0.
  package var rootNID64: UInt64 = 0

  package init() {}

  package mutating func fields<V: FieldVisitor & ~Copyable & ~Escapable>(_ visitor: inout V) {
    visitor.u32("magic", &magic)
    visitor.u32("checksum", &checksum)
    visitor.u32("feature_compat", &compatibleFeatures)
    visitor.u8("blkszbits", &blockSizeBits)
    visitor.u8("sb_extslots", &extensionSlotCount)
    visitor.u16("root_nid", &rootNID)

    visitor.u64("inos", &inodeCount)
    visitor.u64("epoch", &epoch)

    visitor.u32("fixed_nsec", &fixedNanoseconds)
    visitor.u32("blocks", &blockCount)
    visitor.u32("meta_blkaddr", &metadataBlockAddress)
    visitor.u32("xattr_blkaddr", &xattrBlockAddress)

    visitor.uuid("uuid", &uuid)

    visitor.bytes("volume_name", &volumeName, count: 16)

    visitor.u32("feature_incompat", &incompatibleFeatures)
    visitor.u16("available_compr_algs", &algorithmsOrMaxDistance)
    visitor.u16("extra_devices", &extraDeviceCount)
    visitor.u16("devt_slotoff", &deviceTableSlot)
    visitor.u8("dirblkbits", &directoryBlockBits)
    visitor.u8("xattr_prefix_count", &xattrPrefixCount)
    visitor.u32("xattr_prefix_start", &xattrPrefixStart)

    visitor.u64("packed_nid", &packedNID)
    visitor.u8("xattr_filter_reserved", &xattrFilterReserved)
    visitor.u8("ishare_xattr_prefix_id", &ishareXattrPrefix)
    visitor.reserved(2)
    visitor.u32("build_time", &buildTime)

    visitor.u64("rootnid_8b", &rootNID64)
    visitor.reserved(8)
  }

  private var isLarge: Bool {
    IncompatibleFeatures(rawValue: incompatibleFeatures).contains(.blockAddress48) && rootNID64 != 0
  }

  /// The root directory's nid.
  package var root: UInt64 { isLarge ? rootNID64 : UInt64(rootNID) }

  /// The blocks of the file system, the superblock's included.
  package var blocks: UInt64 { UInt64(blockCount) | (isLarge ? UInt64(rootNID) << 32 : 0) }

  /// The nid of the inode that holds fragments; `nil` when there is none.
  package var packed: UInt64? {
    IncompatibleFeatures(rawValue: incompatibleFeatures).contains(.fragments) && packedNID != 0 ? packedNID : nil
  }

  /// How many devices there are besides the first.
  package var furtherDeviceCount: Int {
    IncompatibleFeatures(rawValue: incompatibleFeatures).contains(.deviceTable) ? Int(extraDeviceCount) : 0
  }

  /// CRC-32C from byte 1024 to the end of the first block, with `checksum` zero, not inverted at the end.
  package static func checksum(ofFirstBlock block: [UInt8]) throws(ImageError) -> UInt32 {
    var bytes = block
    try bytes.rawSpan.check(offset, byteCount)
    for index in offset + 4..<offset + 8 { bytes[index] = 0 }
    let span = bytes.rawSpan
    return CRC32.castagnoli.update(.max, try span.slice(at: offset, count: bytes.count - offset))
  }
}

/// What follows the superblock's 128 bytes when there are extension slots (erofs_fs.h).
package struct SuperblockExtension: Record {
  package static let byteCount = 16

  package var metaboxNID: UInt64 = 0

  package init() {}

  package mutating func fields<V: FieldVisitor & ~Copyable & ~Escapable>(_ visitor: inout V) {
    visitor.u64("metabox_nid", &metaboxNID)
    visitor.reserved(8)
  }
}
