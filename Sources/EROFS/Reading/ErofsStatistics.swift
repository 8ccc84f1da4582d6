internal import FileTree
internal import ImageCore

/// What an image holds, counted; each inode once.
public struct ErofsStatistics: Sendable, Hashable {
  /// Directories, the root included.
  public private(set) var directoryCount = 0
  /// Regular files.
  public private(set) var fileCount = 0
  /// Symbolic links.
  public private(set) var symlinkCount = 0
  /// Character and block devices, fifos and sockets.
  public private(set) var specialCount = 0
  /// Names beyond the first of an inode.
  public private(set) var hardLinkCount = 0
  /// Inodes with extended attributes.
  public private(set) var xattrInodeCount = 0
  /// Regular files by the way their data is stored.
  public var fileCountByStorage: [ErofsInode.Storage: Int] {
    [.flat: flatCount, .inline: inlineCount, .compressed: compressedCount, .chunks: chunkedCount]
      .filter { $0.value > 0 }
  }
  /// The lengths of all regular files, holes included.
  public private(set) var logicalByteCount: UInt64 = 0
  /// What their data takes in the image: whole blocks and inline tails, without inodes and maps.
  ///
  /// The packed inode counts once, and fragments in it do not count again. Other data that several files share, such as
  /// deduplicated pclusters, counts for each of them.
  public private(set) var storedByteCount: UInt64 = 0
  /// What the image uses that not every kernel reads, oldest first.
  public var kernelFeatures: [KernelFeature] {
    let all = features.union(dataFeatures.kernelFeatures)
    return KernelFeature.all.filter(all.contains)
  }
  /// The oldest Linux that reads the image.
  public var minimumKernel: KernelVersion { kernelFeatures.map(\.kernel).max() ?? KernelFeature.erofs.kernel }
  private let features: Set<KernelFeature>
  private var dataFeatures: DataFeatures = []
  private var flatCount = 0
  private var inlineCount = 0
  private var compressedCount = 0
  private var chunkedCount = 0

  /// Nothing counted yet: only what the superblock says is known.
  package init(_ superblock: ErofsSuperblock) { features = superblock.kernelFeatures }

  /// Counts an inode without a name: the one that holds fragments, or metadata.
  mutating func count(nameless inode: ErofsInode, _ reader: inout MetadataReader) throws(ImageError) {
    try countData(of: inode, &reader)
  }

  mutating func count(_ step: ErofsStep, _ reader: inout MetadataReader) throws(ImageError) {
    guard let inode = step.inode else {
      hardLinkCount += 1
      return
    }
    if inode.xattrByteCount > 0 { xattrInodeCount += 1 }
    switch inode.kind {
    case .directory: directoryCount += 1
    case .symlink: symlinkCount += 1
    case .characterDevice, .blockDevice, .fifo, .socket: specialCount += 1
    case .regular:
      fileCount += 1
      switch inode.storage {
      case .flat: flatCount += 1
      case .inline: inlineCount += 1
      case .compressed: compressedCount += 1
      case .chunks: chunkedCount += 1
      }
      logicalByteCount = try logicalByteCount.adding(inode.byteCount, "the sum of all lengths")
      return try countData(of: inode, &reader)
    }
    if inode.storage == .compressed, inode.byteCount > 0 {
      dataFeatures.formUnion(DataFeatures(inode, try reader.mapHeader(of: inode).record, reader.volume))
    }
  }

  private mutating func countData(
    of inode: ErofsInode, _ reader: inout MetadataReader
  ) throws(ImageError) {
    var header: MapHeader?
    if inode.storage == .compressed, inode.byteCount > 0 {
      let record = try reader.mapHeader(of: inode).record
      dataFeatures.formUnion(DataFeatures(inode, record, reader.volume))
      header = record
    }
    storedByteCount = try storedByteCount.adding(
      try reader.storedByteCount(of: inode, header), "the sum of all stored data")
  }
}

extension MetadataReader {
  /// How much of the image an inode's data takes; `header` is that of a compressed one's map.
  fileprivate mutating func storedByteCount(
    of inode: ErofsInode, _ header: MapHeader?
  ) throws(ImageError) -> UInt64 {
    let block = UInt64(volume.blockByteCount)
    switch inode.layout {
    case .flatPlain:
      return inode.startBlock == nil ? 0 : inode.byteCount.dividedRoundingUp(by: block) * block
    case .flatInline: return inode.byteCount
    case .compressedFull, .compressedCompact:
      let hasInline = header.map { !$0.isPacked && !inode.hasEncodedExtents($0) } ?? false
      return try (inode.startBlock ?? 0).multiplied(by: block, "a count of blocks")
        .adding(hasInline ? UInt64(header?.inlineByteCount ?? 0) : 0, "a count of blocks")
    case .chunkBased:
      let map = try ChunkMap(inode, volume)
      let chunk: UInt64 = 1 << map.chunkBits
      let count = inode.byteCount.dividedRoundingUp(by: chunk)
      try charge(try count.multiplied(by: UInt64(map.entryByteCount), "a chunk map"))
      var stored: UInt64 = 0
      for number in 0..<count where try place(ofChunk: number, map) != nil {
        stored += min(chunk, (inode.byteCount - number * chunk).dividedRoundingUp(by: block) * block)
      }
      return stored
    }
  }
}
