import Compression
import FileTree
import ImageCore

/// Where things are in an open image.
///
/// A class because each file's content keeps it: one word in each of 50,000 of them.
final class ErofsVolume: Sendable {
  let store: ByteStore
  let blockBits: Int
  let rootNID: UInt64
  /// The inode that holds fragments; `nil` when there is none.
  let packedNID: UInt64?
  /// LZ4 blocks stand at the end of their pclusters.
  let isZeroPadded: Bool
  /// Which algorithms files may use, as bits.
  private let algorithms: UInt16
  let shared = SharedData()
  /// The table of long prefixes: how many, from which byte on, and whether of the packed inode.
  let xattrPrefixTable: (count: Int, offset: UInt64, isPacked: Bool)
  private let epoch: Int64
  private let fixedNanoseconds: UInt32
  private let metadataOffset: UInt64
  private let sharedXattrOffset: UInt64

  init(_ store: ByteStore, _ superblock: Superblock) {
    let features = IncompatibleFeatures(rawValue: superblock.incompatibleFeatures)
    self.store = store
    blockBits = Int(superblock.blockSizeBits)
    rootNID = superblock.root
    packedNID = superblock.packed
    isZeroPadded = features.contains(.lz4ZeroPadding)
    algorithms = features.contains(.compressionConfigurations) ? superblock.algorithmsOrMaxDistance : 1
    xattrPrefixTable = (
      features.contains(.xattrPrefixes) ? Int(superblock.xattrPrefixCount) : 0,
      UInt64(superblock.xattrPrefixStart) * 4,
      packedNID != nil
        && !CompatibleFeatures(rawValue: superblock.compatibleFeatures).contains(.plainXattrPrefixes)
    )
    epoch = Int64(bitPattern: superblock.epoch)
    fixedNanoseconds = superblock.fixedNanoseconds
    metadataOffset = UInt64(superblock.metadataBlockAddress) << UInt64(superblock.blockSizeBits)
    sharedXattrOffset = UInt64(superblock.xattrBlockAddress) << UInt64(superblock.blockSizeBits)
  }

  var blockByteCount: Int { 1 << blockBits }

  /// Where inode `nid` begins; inodes are numbered in steps of 32 bytes.
  func offset(ofInode nid: UInt64) throws(ImageError) -> UInt64 {
    let offset = try metadataOffset.adding(try nid.multiplied(by: 32, "nid"), "nid")
    guard offset < store.byteCount else {
      throw ImageError(.corrupt, "inode \(nid) lies beyond the end of the file system")
    }
    return offset
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
  func corrupt(_ message: String, at offset: UInt64) -> ImageError {
    ImageError(.corrupt, message, offset: store.baseOffset &+ offset)
  }

  /// Something that this version does not read, at `offset`.
  @inline(never)
  func unsupported(_ message: String, at offset: UInt64) -> ImageError {
    ImageError(.unsupported, message, offset: store.baseOffset &+ offset)
  }
}
