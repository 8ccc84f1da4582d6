internal import Compression
public import FileTree
public import ImageCore

/// What the superblock says of the file system.
public struct ErofsSuperblock: Sendable, Hashable {
  /// The file system's id.
  public let uuid: GUID
  /// The volume's name up to the first NUL, for people; usually empty.
  public let volumeName: String
  /// 512 to 65536.
  public let blockByteCount: Int
  /// The blocks of the file system, the superblock's included.
  public let blockCount: UInt64
  /// The inodes in use, as the writer counted them.
  public let inodeCount: UInt64
  /// What a reader may ignore.
  public let compatibleFeatures: CompatibleFeatures
  /// What a reader must know.
  public let incompatibleFeatures: IncompatibleFeatures
  /// The time of all files that carry no time of their own.
  public let epoch: Timestamp
  /// The stored CRC-32C; `nil` when the image has none.
  ///
  /// `ErofsFileSystem` has verified it, unless the image is examined for faults.
  public let checksum: UInt32?
  /// The compression algorithms that files may use, in the order of their numbers.
  ///
  /// Known only when the image has compression configurations; else LZ4 is possible.
  public let algorithms: [String]
  /// The greatest length of one compressed piece, in bytes; `nil` when the image has no configuration for LZ4.
  public let maxPclusterByteCount: Int?
  /// Whether there is an inode that holds fragments of others.
  let hasPackedInode: Bool
  /// Whether file data is on further devices.
  let hasDevices: Bool

  /// Reads, verifies and admits the superblock at byte 1024 of `store`.
  ///
  /// `onFault` gets what is wrong though all else can be read, and decides whether it is.
  static func read(
    _ store: ByteStore, onFault: (ImageError) throws(ImageError) -> Void
  ) throws(ImageError) -> (record: Superblock, metabox: UInt64?, summary: ErofsSuperblock) {
    let start = UInt64(Superblock.offset)
    let bytes = try store.bytes(at: start, upTo: Superblock.byteCount)
    guard bytes.count >= 4, try bytes.rawSpan.u32(at: 0) == Superblock.magic else {
      throw try notErofs(store)
    }
    guard bytes.count == Superblock.byteCount else {
      throw ImageError(
        .truncated, "the superblock needs \(Superblock.byteCount) bytes, \(bytes.count) there",
        offset: store.baseOffset + start)
    }
    var record = try Superblock(bytes.rawSpan)
    try record.admit(store)
    if let fault = try record.checksumFault(store) { try onFault(fault) }
    if let fault = record.lengthFault(store) { try onFault(fault) }
    if let fault = record.nanosecondsFault(store) {
      try onFault(fault)
      record.fixedNanoseconds = 0
    }
    return (record, try record.metabox(store), try ErofsSuperblock(record, store))
  }

  private init(_ record: Superblock, _ store: ByteStore) throws(ImageError) {
    uuid = record.uuid
    volumeName = printable(record.volumeName.prefix { $0 != 0 })
    blockByteCount = record.blockByteCount
    blockCount = record.blocks
    inodeCount = record.inodeCount
    compatibleFeatures = CompatibleFeatures(rawValue: record.compatibleFeatures)
    incompatibleFeatures = IncompatibleFeatures(rawValue: record.incompatibleFeatures)
    epoch = Timestamp(seconds: Int64(bitPattern: record.epoch), nanoseconds: record.fixedNanoseconds)
    hasPackedInode = record.packed != nil
    hasDevices = record.furtherDeviceCount > 0
    checksum = compatibleFeatures.contains(.superblockChecksum) ? record.checksum : nil
    guard incompatibleFeatures.contains(.compressionConfigurations) else {
      algorithms = []
      maxPclusterByteCount = nil
      return
    }
    algorithms = BlockAlgorithm.allCases.filter { record.algorithmsOrMaxDistance >> UInt16($0.rawValue) & 1 == 1 }
      .map(\.name)
    maxPclusterByteCount = try record.maxPclusterByteCount(store)
  }

  private static func notErofs(_ store: ByteStore) throws(ImageError) -> ImageError {
    if let name = try otherFormat(of: store) {
      return ImageError(.unsupported, "\(name), not an EROFS file system", offset: store.baseOffset)
    }
    return ImageError(
      .corrupt, "not an EROFS file system: no magic number", offset: store.baseOffset + UInt64(Superblock.offset))
  }
}

extension Superblock {
  var blockByteCount: Int { 1 << Int(blockSizeBits) }

  private func error(_ code: ImageError.Code, _ message: String, _ store: ByteStore) -> ImageError {
    ImageError(code, "superblock: \(message)", offset: store.baseOffset + UInt64(Self.offset))
  }

  /// Throws for what cannot be, and names what this version does not read.
  fileprivate func admit(_ store: ByteStore) throws(ImageError) {
    guard (9...16).contains(blockSizeBits) else {
      throw error(.corrupt, "blkszbits is \(blockSizeBits), 9 to 16 are possible", store)
    }
    let unreadable = IncompatibleFeatures(rawValue: incompatibleFeatures).subtracting(.readable)
    guard unreadable.isEmpty else {
      throw error(.unsupported, "needs \(unreadable.names.joined(separator: ", "))", store)
    }
    guard directoryBlockBits == 0 else {
      throw error(
        .unsupported, "dirblkbits is \(directoryBlockBits): directories in other blocks than data", store)
    }
    // Neither of these inodes may be in the metabox: it would need itself.
    guard (packed ?? 0) & Dirent.metaboxFlag == 0 else {
      throw error(.corrupt, "packed_nid \(packedNID) is in the metabox", store)
    }
  }

  fileprivate func nanosecondsFault(_ store: ByteStore) -> ImageError? {
    fixedNanoseconds < 1_000_000_000 ? nil : error(.corrupt, "fixed_nsec is \(fixedNanoseconds)", store)
  }

  fileprivate func lengthFault(_ store: ByteStore) -> ImageError? {
    // 48 bits of blocks and 16 of bytes: no overflow.
    let length = blocks << UInt64(blockSizeBits)
    guard length > store.byteCount else { return nil }
    return error(
      .truncated, "the file system has \(blocks) blocks, \(length) bytes; \(store.byteCount) are there", store)
  }

  /// The nid of the inode that holds metadata; `nil` when there is none.
  fileprivate func metabox(_ store: ByteStore) throws(ImageError) -> UInt64? {
    guard IncompatibleFeatures(rawValue: incompatibleFeatures).contains(.metabox) else { return nil }
    guard extensionSlotCount > 0 else { throw error(.corrupt, "sb_extslots is 0, no place for metabox_nid", store) }
    let offset = UInt64(Self.offset + Self.byteCount)
    let bytes = try store.bytes(at: offset, count: SuperblockExtension.byteCount)
    let nid = try SuperblockExtension(bytes.rawSpan).metaboxNID
    guard nid & Dirent.metaboxFlag == 0 else {
      throw error(.corrupt, "metabox_nid \(nid) is in the metabox", store)
    }
    return nid
  }

  fileprivate func checksumFault(_ store: ByteStore) throws(ImageError) -> ImageError? {
    guard CompatibleFeatures(rawValue: compatibleFeatures).contains(.superblockChecksum) else { return nil }
    // With blocks of 1024 bytes and less a block's length from byte 1024, else the rest of the first block.
    let end = blockByteCount > Self.offset ? blockByteCount : Self.offset + blockByteCount
    let computed = try Self.checksum(ofFirstBlock: try store.bytes(at: 0, count: end))
    if computed == checksum { return nil }
    return error(.mismatch, "checksum \(hex(checksum)) is stored, the bytes have \(hex(computed))", store)
  }

  /// The greatest length of LZ4's pclusters, from the configurations that follow the superblock.
  fileprivate func maxPclusterByteCount(_ store: ByteStore) throws(ImageError) -> Int? {
    guard algorithmsOrMaxDistance >> 4 == 0 else {
      throw error(.unsupported, "unknown compression algorithms \(hex(UInt32(algorithmsOrMaxDistance)))", store)
    }
    let offset = UInt64(Self.offset + Self.byteCount + 16 * Int(extensionSlotCount))
    let limits = try CompressionLimits(store, at: offset, algorithms: algorithmsOrMaxDistance)
    guard let blocks = limits.maxLZ4PclusterBlocks else { return nil }
    guard blocks * blockByteCount <= DataExtent.maxPclusterByteCount else {
      throw error(.corrupt, "pclusters of \(blocks) blocks", store)
    }
    return blocks * blockByteCount
  }
}

private func hex(_ value: UInt32) -> String { "0x" + String(value, radix: 16) }
