import ImageCore

@testable import EROFS

/// An image put together by hand, for what no tool writes.
///
/// Inode `nid` is at `metadataOffset + 32 * nid`; the caller places everything else itself.
struct ReaderCraft {
  var superblock = Superblock()
  var bytes: [UInt8]

  init(blockBits: UInt8 = 12, blockCount: Int = 32, metadataBlock: UInt32 = 4, root: UInt16 = 0) {
    superblock.blockSizeBits = blockBits
    superblock.blockCount = UInt32(blockCount)
    superblock.metadataBlockAddress = metadataBlock
    superblock.rootNID = root
    superblock.compatibleFeatures = CompatibleFeatures.superblockChecksum.rawValue
    bytes = [UInt8](repeating: 0, count: blockCount << Int(blockBits))
  }

  var blockByteCount: Int { 1 << Int(superblock.blockSizeBits) }

  func offset(ofInode nid: Int) -> Int { Int(superblock.metadataBlockAddress) * blockByteCount + 32 * nid }

  mutating func put(_ data: [UInt8], at offset: Int) { bytes.copy(data, data.indices, to: offset) }

  /// An extended inode, and `tail` right after it.
  mutating func inode(
    _ nid: Int, _ type: FileType, _ layout: DataLayout, byteCount: UInt64, union: UInt32 = 0, high: UInt16 = 0,
    tail: [UInt8] = []
  ) {
    var record = ExtendedInode()
    record.format = InodeFormat(extended: true, layout: layout).rawValue
    record.mode = type.rawValue | 0o755
    record.byteSize = byteCount
    record.union = union
    record.high = high
    record.linkCount = 1
    put(record.encoded + tail, at: offset(ofInode: nid))
  }

  /// A compact inode, and `tail` right after it.
  mutating func compactInode(
    _ nid: Int, _ type: FileType, _ layout: DataLayout, byteCount: UInt32, flags: UInt16 = 0, tail: [UInt8] = [],
    _ change: (inout CompactInode) -> Void = { _ in }
  ) {
    var record = CompactInode()
    record.format = InodeFormat(extended: false, layout: layout).rawValue | flags
    record.mode = type.rawValue | 0o644
    record.byteSize = byteCount
    record.linkCount = 1
    change(&record)
    put(record.encoded + tail, at: offset(ofInode: nid))
  }

  /// A directory with inline data.
  mutating func directory(_ nid: Int, _ entries: [(name: String, nid: UInt64)], padding: Int = 0) {
    let block = Self.directoryBlock(entries.map { (Array($0.name.utf8), $0.nid) }, padding: padding)
    inode(nid, .directory, .flatInline, byteCount: UInt64(block.count), tail: block)
  }

  static func directoryBlock(_ entries: [(name: [UInt8], nid: UInt64)], padding: Int = 0) -> [UInt8] {
    var records: [UInt8] = []
    var names: [UInt8] = []
    for entry in entries {
      var record = Dirent()
      record.nid = entry.nid
      record.nameOffset = UInt16(entries.count * Dirent.byteCount + names.count)
      records += record.encoded
      names += entry.name
    }
    return records + names + [UInt8](repeating: 0, count: padding)
  }

  /// The bytes with superblock and checksum.
  func finished() throws(ImageError) -> [UInt8] {
    var result = bytes
    superblock.write(to: &result, at: Superblock.offset)
    var finished = superblock
    finished.checksum = try Superblock.checksum(
      ofFirstBlock: Array(result[..<max(blockByteCount, blockByteCount > 1024 ? 0 : 1024 + blockByteCount)]))
    finished.write(to: &result, at: Superblock.offset)
    return result
  }

  func open() throws(ImageError) -> ErofsFileSystem { try ErofsFileSystem(ByteStore(finished())) }
}
