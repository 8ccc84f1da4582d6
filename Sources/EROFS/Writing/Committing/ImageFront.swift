import FileTree
import ImageCore

/// The first bytes of the image: superblock, root inode, shared extended attributes.
///
/// Their length is known before any data, their content only after all of it.
struct ImageFront {
  private let options: ErofsOptions
  private let sharedArea: [UInt8]
  /// Where the root's inode stands; its number must fit in 16 bits.
  let rootOffset: Int
  /// How much the root may take with what stands behind it: to the end of the first block.
  let rootRoom: Int
  /// Where the shared extended attributes begin.
  let sharedAreaOffset: Int
  /// The root's inode with what stands behind it.
  var root: [UInt8] = []

  init(_ inodes: InodeTable, _ options: ErofsOptions) {
    self.options = options
    sharedArea = inodes.xattrs.sharedArea
    let configuration = options.usesBigPclusters ? LZ4Configuration.byteCount : 0
    rootOffset = (Superblock.offset + Superblock.byteCount + configuration).roundedUp(to: ErofsFormat.slotByteCount)
    rootRoom = ErofsFormat.blockByteCount - rootOffset
    let rootByteCount = DirectoryPass(inodes).rootByteCount(room: rootRoom)
    sharedAreaOffset = (rootOffset + rootByteCount).roundedUp(to: 4)
  }

  var byteCount: Int { sharedAreaOffset + sharedArea.count }

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
    case .content(let digest, let uuid):
      // What is still open holds inodes, too, the front's own run among it.
      digests += digest(bytes.rawSpan)
      for run in layout.zone.openRuns { digests += digest(run.rawSpan) }
      superblock.uuid = uuid(digests)
    }
    bytes = assemble(superblock)
    var firstBlock = Array(layout.zone.run(of: place).prefix(ErofsFormat.blockByteCount))
    firstBlock.copy(bytes, 0..<min(bytes.count, firstBlock.count), to: 0)
    superblock.checksum = try Superblock.checksum(ofFirstBlock: firstBlock)
    try layout.zone.fill(place, assemble(superblock), &layout.sink)
    try layout.zone.finish(&layout.sink)
    return (superblock.uuid, digests)
  }

  private func assemble(_ superblock: Superblock) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Superblock.offset) + superblock.encoded
    if options.usesBigPclusters {
      var configuration = LZ4Configuration()
      configuration.maxPclusterBlocks = UInt16(options.pclusterByteCount / ErofsFormat.blockByteCount)
      bytes += configuration.encoded
    }
    bytes.pad(to: ErofsFormat.slotByteCount)
    bytes += root
    bytes.pad(to: 4)
    return bytes + sharedArea
  }

  private func superblock(_ inodes: InodeTable, _ layout: ImageLayout) -> Superblock {
    var superblock = Superblock()
    superblock.compatibleFeatures =
      CompatibleFeatures([.superblockChecksum, .modificationTime]).rawValue
    superblock.rootNID = UInt16(rootOffset / ErofsFormat.slotByteCount)
    superblock.inodeCount = UInt64(inodes.plan.inodes.count)
    superblock.epoch = UInt64(bitPattern: inodes.plan.commonTime.seconds)
    superblock.fixedNanoseconds = inodes.plan.commonTime.nanoseconds
    superblock.blockCount = UInt32(layout.sink.nextBlock)
    superblock.volumeName = Array(options.volumeName.utf8)
    var features: IncompatibleFeatures = []
    if layout.statistics.compressedFileCount > 0 { features.insert(.lz4ZeroPadding) }
    if options.usesBigPclusters {
      features.formUnion([.lz4ZeroPadding, .compressionConfigurations])
      superblock.algorithmsOrMaxDistance = 1
    }
    if layout.statistics.sparseFileCount > 0 { features.insert(.chunkedFiles) }
    superblock.incompatibleFeatures = features.rawValue
    return superblock
  }
}
