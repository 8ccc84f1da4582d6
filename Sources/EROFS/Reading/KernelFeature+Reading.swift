import ImageCore

extension ErofsSuperblock {
  /// What a kernel must know to mount the image: it refuses unknown features and algorithms by the superblock.
  var kernelFeatures: Set<KernelFeature> {
    var result: Set<KernelFeature> = [.erofs]
    let incompatible: [(IncompatibleFeatures, KernelFeature)] = [
      (.compressionConfigurations, .bigPclusters), (.chunkedFiles, .chunks),
      (.deviceTable, hasDevices ? .devices : .secondAlgorithm),
      (.ztailpacking, .inlinePclusters), (.fragments, hasPackedInode ? .fragments : .deduplication),
      (.xattrPrefixes, .xattrPrefixes), (.blockAddress48, .blockAddresses48), (.metabox, .metabox),
    ]
    for (bit, feature) in incompatible where incompatibleFeatures.contains(bit) { result.insert(feature) }
    let byAlgorithm: [String: KernelFeature] = ["lzma": .lzma, "deflate": .deflate, "zstd": .zstd]
    result.formUnion(algorithms.compactMap { byAlgorithm[$0] })
    if blockByteCount < 4096 { result.insert(.smallBlocks) }
    // Without a packed inode the table is outside of it anyway.
    if hasPackedInode, incompatibleFeatures.contains(.xattrPrefixes),
      compatibleFeatures.contains(.plainXattrPrefixes)
    {
      result.insert(.plainXattrPrefixes)
    }
    return result
  }
}

/// What a kernel must know to read some inode's data, and does not find in the superblock.
struct DataFeatures: OptionSet, Hashable {
  let rawValue: UInt8

  static let smallCompressedBlocks = Self(rawValue: 1)
  static let encodedExtents = Self(rawValue: 2)
  static let interlacedPclusters = Self(rawValue: 4)

  var kernelFeatures: [KernelFeature] {
    let all: [(Self, KernelFeature)] = [
      (.smallCompressedBlocks, .smallCompressedBlocks), (.encodedExtents, .encodedExtents),
      (.interlacedPclusters, .interlacedPclusters),
    ]
    return all.filter { contains($0.0) }.map(\.1)
  }

  /// What the map of a compressed inode needs.
  init(_ inode: ErofsInode, _ header: MapHeader, _ volume: ErofsVolume) {
    self = volume.blockByteCount < 4096 ? .smallCompressedBlocks : []
    if header.isPacked { return }
    if inode.hasEncodedExtents(header) { insert(.encodedExtents) }
    if header.advise & MapHeader.interlacedPcluster != 0 { insert(.interlacedPclusters) }
  }

  init(rawValue: UInt8) { self.rawValue = rawValue }
}
