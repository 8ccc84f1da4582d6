import Compression
import FileTree
import ImageCore

/// Where things are in an open image.
///
/// A class because each file's content keeps it: one word in each of 50,000 of them.
final class ErofsVolume: Sendable {
  /// The first device, which has all metadata.
  let store: ByteStore
  let devices: Devices
  let blockBits: Int
  let rootNID: UInt64
  /// The inode that holds fragments; `nil` when there is none.
  let packedNID: UInt64?
  /// The inode that holds metadata; `nil` when there is none.
  let metaboxNID: UInt64?
  /// LZ4 blocks stand at the end of their pclusters.
  let isZeroPadded: Bool
  /// Which algorithms files may use, as bits.
  private let algorithms: UInt16
  let shared = SharedData()
  let pool = ReadingBufferPool()
  /// The table of long prefixes: how many, from which byte on, and of what.
  let xattrPrefixTable: (count: Int, offset: UInt64, holder: XattrPrefixHolder)
  private let epoch: Int64
  private let fixedNanoseconds: UInt32
  private let metadataOffset: UInt64
  private let sharedXattrOffset: UInt64
  private let blockLimit: UInt64

  init(_ store: ByteStore, _ devices: Devices, _ superblock: Superblock, metabox: UInt64?) {
    let features = IncompatibleFeatures(rawValue: superblock.incompatibleFeatures)
    let compatible = CompatibleFeatures(rawValue: superblock.compatibleFeatures)
    self.store = store
    self.devices = devices
    metaboxNID = metabox
    blockBits = Int(superblock.blockSizeBits)
    rootNID = superblock.root
    packedNID = superblock.packed
    isZeroPadded = features.contains(.lz4ZeroPadding)
    algorithms = features.contains(.compressionConfigurations) ? superblock.algorithmsOrMaxDistance : 1
    xattrPrefixTable = (
      features.contains(.xattrPrefixes) ? Int(superblock.xattrPrefixCount) : 0,
      UInt64(superblock.xattrPrefixStart) * 4,
      compatible.contains(.plainXattrPrefixes)
        ? .image : metaboxNID != nil ? .metabox : packedNID != nil ? .packedInode : .image
    )
    epoch = Int64(bitPattern: superblock.epoch)
    fixedNanoseconds = superblock.fixedNanoseconds
    metadataOffset = UInt64(superblock.metadataBlockAddress) << UInt64(superblock.blockSizeBits)
    sharedXattrOffset =
      UInt64(superblock.xattrBlockAddress) << UInt64(superblock.blockSizeBits)
      | (compatible.contains(.sharedXattrsInMetabox) ? Self.inMetabox : 0)
    blockLimit = devices.end >> UInt64(superblock.blockSizeBits) + 1
  }

  /// Set in the offset of metadata that is in the metabox and counts from its beginning, as in a nid.
  static let inMetabox = Dirent.metaboxFlag
  /// Metadata beyond it would look like the metabox's, with what is added to it.
  private static let metadataLimit: UInt64 = 1 << 62

  var blockByteCount: Int { 1 << blockBits }

  /// Where inode `nid` begins; inodes are numbered in steps of 32 bytes.
  func offset(ofInode nid: UInt64) throws(ImageError) -> UInt64 {
    let isInMetabox = nid & Self.inMetabox != 0
    guard !isInMetabox || metaboxNID != nil else {
      throw ImageError(.corrupt, "inode \(nid) is in the metabox, which there is none of")
    }
    let (place, overflow) = (nid & ~Self.inMetabox).multipliedReportingOverflow(by: 32)
    let (offset, isBeyond) = (isInMetabox ? 0 : metadataOffset).addingReportingOverflow(place)
    guard !overflow, !isBeyond, offset < (isInMetabox ? Self.metadataLimit : min(store.byteCount, Self.metadataLimit))
    else {
      throw ImageError(.corrupt, "inode \(nid) lies beyond the end of the file system")
    }
    return isInMetabox ? offset | Self.inMetabox : offset
  }

  /// Where the shared extended attribute `id` begins.
  func offset(ofSharedXattr id: UInt32) -> UInt64 { sharedXattrOffset + UInt64(id) * 4 }

  /// The algorithm of that number.
  ///
  /// - Throws: `.corrupt` with `offset` when files must not use it.
  func algorithm(_ number: Int, of inode: ErofsInode, at offset: UInt64) throws(ImageError) -> BlockAlgorithm {
    guard let algorithm = UInt8(exactly: number).flatMap(BlockAlgorithm.init(rawValue:)),
      algorithms >> UInt16(number) & 1 == 1
    else {
      throw corrupt("inode \(inode.nid): algorithm \(number), which the superblock does not announce", at: offset)
    }
    return algorithm
  }

  /// The time of a compact inode: the image's epoch and the inode's distance from it.
  ///
  /// Images made before the distance existed have 0 there.
  func modified(_ distance: UInt32) throws(ImageError) -> Timestamp {
    Timestamp(seconds: try epoch.adding(Int64(distance), "i_mtime"), nanoseconds: fixedNanoseconds)
  }

  /// A fault in the format at `offset`, seen from the outermost file.
  @inline(never)
  func corrupt(_ message: String, at offset: UInt64) -> ImageError { fault(.corrupt, message, at: offset) }

  /// Something that this version does not read, at `offset`.
  @inline(never)
  func unsupported(_ message: String, at offset: UInt64) -> ImageError {
    fault(.unsupported, message, at: offset)
  }

  /// An error at `offset` of the metadata.
  @inline(never)
  func fault(_ code: ImageError.Code, _ message: String, at offset: UInt64) -> ImageError {
    guard offset & Self.inMetabox != 0 else {
      return ImageError(code, message, offset: store.baseOffset &+ offset)
    }
    return ImageError(code, "\(message), at byte \(offset & ~Self.inMetabox) of the metabox")
  }

  /// Where block `block` begins, in the space of all devices or on one.
  func byteOffset(
    ofBlock block: UInt64, device: Int = 0, _ inode: ErofsInode
  ) throws(ImageError) -> UInt64 {
    guard block < blockLimit || devices.isFurther(device) else {
      throw corrupt("inode \(inode.nid): block \(block) is beyond the end of the file system", at: inode.offset)
    }
    return block << UInt64(blockBits)
  }
}
