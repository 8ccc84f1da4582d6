import ImageCore

extension ErofsSuperblock {
  /// What a kernel must know to mount the image: it refuses unknown features and algorithms by the superblock.
  var kernelFeatures: Set<KernelFeature> {
    var result: Set<KernelFeature> = [.erofs]
    let incompatible: [(IncompatibleFeatures, KernelFeature)] = [
      (.compressionConfigurations, .bigPclusters), (.chunkedFiles, .chunks), (.deviceTable, .secondAlgorithm),
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

extension MetadataReader {
  /// What a kernel must know to read an inode's data, and does not find in the superblock.
  mutating func kernelFeatures(of inode: ErofsInode) throws(ImageError) -> Set<KernelFeature> {
    guard inode.storage == .compressed, inode.byteCount > 0 else { return [] }
    var result: Set<KernelFeature> = volume.blockByteCount < 4096 ? [.smallCompressedBlocks] : []
    let header = try mapHeader(of: inode).record
    guard !header.isPacked else { return result }
    if inode.hasEncodedExtents(header) { result.insert(.encodedExtents) }
    if header.advise & MapHeader.interlacedPcluster != 0 { result.insert(.interlacedPclusters) }
    return result
  }
}
