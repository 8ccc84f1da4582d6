import Compression
import ImageCore

/// Examines where a file's data is, and decompresses all of it.
struct DataCheck: Sendable {
  let volume: ErofsVolume
  /// Whether data is read and decompressed, or only its map is looked at.
  let readsData: Bool
  /// The end of the file system by its superblock.
  let end: UInt64
  let decoders: ExtentDecoders

  /// Examines the extents that begin in `part` of a file, a directory or a link.
  func examine(
    _ inode: ErofsInode, _ part: Range<UInt64>, _ reader: inout MetadataReader, _ result: inout Examined
  ) throws(ImageError) {
    guard !part.isEmpty else { return }
    switch inode.layout {
    case .flatPlain, .flatInline: try examineFlat(inode, part, &reader, &result)
    case .chunkBased: try examineChunks(inode, part, &reader, &result)
    case .compressedFull, .compressedCompact: try examineExtents(inode, part, &reader, &result)
    }
  }

  private func examineFlat(
    _ inode: ErofsInode, _ part: Range<UInt64>, _ reader: inout MetadataReader, _ result: inout Examined
  ) throws(ImageError) {
    let inlineStart = volume.inlineStart(of: inode)
    if part.upperBound > inlineStart {
      // The last piece, which stands beside the inode.
      let first = max(part.lowerBound, inlineStart)
      var tail = [UInt8](repeating: 0, count: Int(part.upperBound - first))
      try reader.read(inode, at: first, into: &tail, tail.indices)
      result.facts?.storedByteCount += UInt64(tail.count)
    }
    let blocks = part.lowerBound..<max(part.lowerBound, min(part.upperBound, inlineStart))
    guard !blocks.isEmpty, let block = inode.startBlock else { return }
    let start = try volume.byteOffset(ofBlock: block, inode)
    let first = try start.adding(blocks.lowerBound, "i_size")
    try use(first, blocks.upperBound - blocks.lowerBound, .plain, inode, &result)
  }

  private func examineChunks(
    _ inode: ErofsInode, _ part: Range<UInt64>, _ reader: inout MetadataReader, _ result: inout Examined
  ) throws(ImageError) {
    let map = try ChunkMap(inode, volume)
    let chunk: UInt64 = 1 << map.chunkBits
    var number = part.lowerBound.dividedRoundingUp(by: chunk)
    while number < inode.byteCount.dividedRoundingUp(by: chunk), number << map.chunkBits < part.upperBound {
      let length = min(chunk, inode.byteCount - number << map.chunkBits)
      do throws(ImageError) {
        if let place = try reader.place(ofChunk: number, map) {
          result.counts.extentCount += 1
          let start = try volume.byteOffset(ofBlock: place.block, device: place.device, inode)
          try use(start, length, .chunk, device: place.device, inode, &result)
        }
      } catch { try result.report("erofs-map", error) }
      if result.findings.count >= Examined.findingLimit { return }
      number += 1
    }
  }

  /// Takes note of bytes that are stored as they are, and reads them.
  private func use(
    _ offset: UInt64, _ byteCount: UInt64, _ kind: Usage.Kind, device: Int = 0, _ inode: ErofsInode,
    _ result: inout Examined
  ) throws(ImageError) {
    let length = byteCount.dividedRoundingUp(by: UInt64(volume.blockByteCount)) << UInt64(volume.blockBits)
    if volume.devices.isFurther(device) {
      // What is in use is kept account of for the first device alone.
      result.facts?.storedByteCount += length
    } else {
      try note(offset, byteCount, stored: length, kind, inode, &result)
    }
    result.counts.dataByteCount += byteCount
    if readsData { try decoders.touch(volume, device: device, offset, byteCount) }
  }

  /// Takes note of bytes in the image that hold data, which must be inside it.
  private func note(
    _ offset: UInt64, _ byteCount: UInt64, stored: UInt64, _ kind: Usage.Kind, form: Pcluster.Form? = nil,
    _ inode: ErofsInode, _ result: inout Examined
  ) throws(ImageError) {
    let limit = try offset.adding(byteCount, "an address")
    guard limit <= volume.devices.end else {
      throw volume.corrupt(
        "inode \(inode.nid): data up to byte \(limit), the file system ends at \(volume.devices.end)",
        at: inode.offset)
    }
    guard limit <= volume.store.byteCount else {
      result.facts?.storedByteCount += stored
      return
    }
    if offset.addingReportingOverflow(stored).partialValue > end {
      result.report(.warning, "erofs-beyond-end", "data beyond the last block that the superblock counts")
    }
    let actual: Usage.Kind =
      result.item.special != nil ? .packed : inode.isDirectory && kind != .compressed ? .directory : kind
    result.usages.append(Usage(offset: offset, byteCount: byteCount, kind: actual, form: form))
    result.facts?.storedByteCount += stored
  }

  // MARK: compressed

  private func examineExtents(
    _ inode: ErofsInode, _ part: Range<UInt64>, _ reader: inout MetadataReader, _ result: inout Examined
  ) throws(ImageError) {
    var map = try CompressedMap(inode, &reader)
    if readsData { map.beThorough() }
    let (header, headerOffset) = try reader.mapHeader(of: inode)
    if part.lowerBound == 0, !header.isPacked, header.advise & ~MapHeader.knownAdvice != 0 {
      result.report(.warning, "erofs-map", "h_advise \(header.advise) has bits that no version knows")
    }
    let form = MapForm(inode, header, at: headerOffset, volume)
    var position = part.lowerBound
    while position < part.upperBound {
      do throws(ImageError) {
        let extent = try map.extent(at: position, before: .max, &reader)
        // What began before belongs to the part before.
        if extent.range.lowerBound == position { try examine(extent, inode, form, &reader, &result) }
        position = extent.range.upperBound
      } catch {
        try result.report("erofs-extent", error)
        if result.findings.count >= Examined.findingLimit { return }
        position = (position >> UInt64(volume.blockBits) + 1) << UInt64(volume.blockBits)
      }
    }
  }

  private func examine(
    _ extent: DataExtent, _ inode: ErofsInode, _ form: MapForm, _ reader: inout MetadataReader,
    _ result: inout Examined
  ) throws(ImageError) {
    let length = extent.range.upperBound - extent.range.lowerBound
    result.counts.extentCount += 1
    switch extent.source {
    case .hole: return
    case .fragment(let offset):
      let packed = try reader.packedInode()
      guard offset <= packed.byteCount, length <= packed.byteCount - offset else {
        throw volume.corrupt(
          "inode \(inode.nid): a fragment of \(length) bytes at \(offset) of \(packed.byteCount) packed ones",
          at: inode.offset)
      }
    case .pcluster(let pcluster):
      result.counts.dataByteCount += length
      // Clusters' pclusters are whole blocks but for the one that stands behind the inode.
      if pcluster.offset & ErofsVolume.inMetabox != 0 {
        result.facts?.storedByteCount += UInt64(pcluster.byteCount)
      } else if form.hasInline,
        (pcluster.offset | UInt64(pcluster.byteCount)) & UInt64(volume.blockByteCount - 1) != 0
      {
        guard try pcluster.offset.adding(UInt64(pcluster.byteCount), "an address") <= volume.store.byteCount else {
          throw volume.corrupt("inode \(inode.nid): an inline pcluster beyond the end", at: inode.offset)
        }
        result.usages.append(
          Usage(offset: pcluster.offset, byteCount: UInt64(pcluster.byteCount), kind: .sharedMetadata))
        result.facts?.storedByteCount += UInt64(pcluster.byteCount)
      } else {
        let kind: Usage.Kind = if case .compressed = pcluster.form { .compressed } else { .plain }
        let byteCount = UInt64(pcluster.byteCount)
        try note(pcluster.offset, byteCount, stored: byteCount, kind, form: pcluster.form, inode, &result)
      }
      guard readsData else { return }
      guard case .compressed(let algorithm) = pcluster.form else {
        if pcluster.offset & ErofsVolume.inMetabox != 0 { return }
        return try decoders.touch(volume, pcluster.offset, UInt64(pcluster.byteCount))
      }
      let isPartial = try form.isPartial(extent, &reader)
      let isWhole = volume.isZeroPadded && !isPartial
      try decompress(pcluster, algorithm, Int(length), isWhole: isWhole, inode, &reader, &result)
    }
  }

  private func decompress(
    _ pcluster: Pcluster, _ algorithm: BlockAlgorithm, _ length: Int, isWhole: Bool, _ inode: ErofsInode,
    _ reader: inout MetadataReader, _ result: inout Examined
  ) throws(ImageError) {
    let outcome = try decoders.decompress(pcluster, algorithm, length, &reader)
    result.counts.decompressedByteCount += UInt64(length)
    let text = "a pcluster of \(pcluster.byteCount) bytes at \(pcluster.offset)"
    switch outcome {
    case .exact: return
    case .damaged:
      throw volume.corrupt(
        "inode \(inode.nid): \(text) does not decompress to \(length) bytes", at: pcluster.offset)
    case .longer:
      guard isWhole else { return }
      // The kernel wants all others to end with the extent.
      result.report(
        algorithm == .zstd ? .warning : .error, "erofs-extent-length",
        "inode \(inode.nid): \(text) decompresses to more than the \(length) bytes of its extent")
    }
  }
}

/// What a compressed file's map tells of its extents beside where they are.
struct MapForm {
  private let inode: ErofsInode
  private let isEncoded: Bool
  private let clusterBits: UInt64
  private let indexOffset: UInt64

  init(_ inode: ErofsInode, _ header: MapHeader, at offset: UInt64, _ volume: ErofsVolume) {
    self.inode = inode
    isEncoded = inode.hasEncodedExtents(header)
    clusterBits = UInt64(volume.blockBits) + UInt64(header.clusterBits & 0xF)
    indexOffset = offset + UInt64(MapHeader.byteCount) + 8
  }

  /// Whether the last pcluster may stand behind the inode: all others are whole blocks.
  var hasInline: Bool { !isEncoded }

  /// Whether an extent is said to be only the beginning of what its pcluster holds.
  func isPartial(_ extent: DataExtent, _ reader: inout MetadataReader) throws(ImageError) -> Bool {
    if inode.layout == .compressedCompact || isEncoded { return extent.isPartial }
    let place = indexOffset + extent.range.lowerBound >> clusterBits * UInt64(FullLclusterIndex.byteCount)
    return try reader.withBytes(at: place, count: 2) { (bytes) throws(ImageError) in
      try bytes.u16(at: 0) & FullLclusterIndex.partialReferenceFlag != 0
    }
  }
}
