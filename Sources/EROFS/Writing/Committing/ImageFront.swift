import FileTree
import ImageCore

/// The first bytes of the image: superblock, root inode, shared extended attributes.
///
/// Their length is known before any data, their content only after all of it.
struct ImageFront {
  private let format: ImageFormat
  private let configurations: [UInt8]
  private let sharedArea: [UInt8]
  /// The table of long prefixes, unless it is in the packed inode.
  private let prefixTable: [UInt8]
  /// Where the root's inode stands; its number must fit in 16 bits.
  let rootOffset: Int
  /// How much the root may take with what stands behind it: to the end of the first block.
  let rootRoom: Int
  /// Where the shared extended attributes begin.
  let sharedAreaOffset: Int
  /// The root's inode with what stands behind it.
  var root: [UInt8] = []

  init(_ inodes: InodeTable, _ format: ImageFormat) {
    self.format = format
    configurations = format.configurations
    sharedArea = inodes.xattrs.sharedArea
    prefixTable = format.packsXattrPrefixes ? [] : inodes.xattrs.prefixes.encoded
    let end = Superblock.offset + Superblock.byteCount + configurations.count
    rootOffset = end.roundedUp(to: MetadataZone.slotByteCount)
    rootRoom = format.block.byteCount - format.block.rest(rootOffset)
    let rootByteCount = DirectoryPass(inodes, format.block).rootByteCount(room: rootRoom)
    sharedAreaOffset = (rootOffset + rootByteCount).roundedUp(to: 4)
  }

  private var prefixTableOffset: Int { sharedAreaOffset + sharedArea.count }

  var byteCount: Int { prefixTableOffset + prefixTable.count }

  /// Writes the front, and with it all that is still open.
  ///
  /// - Returns: The volume's UUID, and the digests that it was made from.
  /// - Throws: What writing throws.
  func finish(
    _ place: MetadataZone.Place, _ identity: ErofsWriter.Identity, _ inodes: InodeTable, _ layout: inout ImageLayout
  ) throws(ImageError) -> (uuid: GUID, digests: [UInt8]) {
    var superblock = superblock(inodes, layout)
    var bytes = assemble(superblock)
    var digests = layout.sink.digests
    switch identity {
    case .uuid(let uuid): superblock.uuid = uuid
    case .content(let uuid):
      // What is still open holds inodes, too, the front's own run among it.
      digests += Digest128(bytes.rawSpan).bytes
      for run in layout.zone.openRuns { digests += Digest128(run.rawSpan).bytes }
      superblock.uuid = uuid(digests)
    }
    bytes = assemble(superblock)
    if hasChecksum {
      var start = Array(layout.zone.run(of: place).prefix(format.block.byteCount))
      start.copy(bytes, 0..<min(bytes.count, start.count), to: 0)
      superblock.checksum = try Superblock.checksum(ofFirstBlock: start)
      bytes = assemble(superblock)
    }
    try layout.zone.fill(place, bytes, bytes.indices, &layout.sink)
    try layout.zone.finish(&layout.sink)
    return (superblock.uuid, digests)
  }

  /// libblkid, and with it systemd, does not recognise an image that has one in blocks of up to 1024 bytes: there the
  /// bytes that it covers begin at the superblock, which libblkid does not know.
  private var hasChecksum: Bool { format.block.byteCount > Superblock.offset }

  private func assemble(_ superblock: Superblock) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Superblock.offset) + superblock.encoded
    bytes += configurations
    bytes.pad(to: MetadataZone.slotByteCount)
    bytes += root
    bytes.pad(to: 4)
    return bytes + sharedArea + prefixTable
  }

  private func superblock(_ inodes: InodeTable, _ layout: ImageLayout) -> Superblock {
    var superblock = Superblock()
    superblock.blockSizeBits = UInt8(format.block.bits)
    var compatible: CompatibleFeatures = [.modificationTime]
    if hasChecksum { compatible.insert(.superblockChecksum) }
    if !inodes.xattrs.isEmpty { compatible.insert(.xattrFilter) }
    superblock.compatibleFeatures = compatible.rawValue
    superblock.inodeCount = UInt64(inodes.plan.inodes.count)
    superblock.epoch = UInt64(bitPattern: inodes.plan.commonTime.seconds)
    superblock.fixedNanoseconds = inodes.plan.commonTime.nanoseconds
    superblock.blockCount = UInt32(truncatingIfNeeded: layout.sink.nextBlock)
    let rootNID = UInt64(rootOffset / MetadataZone.slotByteCount)
    superblock.rootNID = UInt16(truncatingIfNeeded: format.isLarge ? layout.sink.nextBlock >> 32 : rootNID)
    superblock.rootNID64 = format.isLarge ? rootNID : 0
    superblock.volumeName = Array(format.volumeName.utf8)
    superblock.packedNID = layout.packedNID
    var features = layout.features
    if format.isLarge { features.insert(.blockAddress48) }
    if !configurations.isEmpty {
      features.formUnion([.lz4ZeroPadding, .compressionConfigurations])
      superblock.algorithmsOrMaxDistance = format.algorithms
    }
    let prefixCount = inodes.xattrs.prefixes.prefixes.count
    if prefixCount > 0 {
      features.insert(.xattrPrefixes)
      superblock.xattrPrefixCount = UInt8(prefixCount)
      // In the packed inode it comes first.
      superblock.xattrPrefixStart = prefixTable.isEmpty ? 0 : UInt32(prefixTableOffset / 4)
    }
    superblock.incompatibleFeatures = features.rawValue
    return superblock
  }
}
