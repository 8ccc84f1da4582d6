import FileTree
public import ImageCore

extension ErofsContent {
  /// What to read next: leaves holes out, and ends between two compressed pieces where there is such a place.
  ///
  /// - Throws: `.corrupt`, `.truncated` with the file's path or inode number.
  public func nextPiece(from offset: UInt64, limit: Int) throws(ImageError) -> Range<UInt64>? {
    guard offset < byteCount, limit > 0 else { return nil }
    do throws(ImageError) {
      return try volume.withReader { (reader) throws(ImageError) in
        guard let start = try reader.data(of: inode, from: offset) else { return nil }
        let (end, isBeyond) = start.addingReportingOverflow(UInt64(limit))
        if isBeyond || end >= byteCount { return start..<byteCount }
        let cut = try reader.cut(inode, before: end)
        return start..<(cut > start ? cut : end)
      }
    } catch { throw error.inContext(path?.description ?? "inode \(inode.nid)") }
  }
}

extension MetadataReader {
  /// The first byte from `offset` on that is no hole.
  fileprivate mutating func data(of inode: ErofsInode, from offset: UInt64) throws(ImageError) -> UInt64? {
    var position = offset
    switch inode.layout {
    case .flatPlain, .flatInline:
      return inode.startBlock == nil ? max(position, volume.inlineStart(of: inode)).below(inode.byteCount) : position
    case .chunkBased:
      let map = try ChunkMap(inode, volume)
      while position < inode.byteCount, try place(ofChunk: position >> map.chunkBits, map) == nil {
        position = try ((position >> map.chunkBits) + 1).multiplied(by: 1 << map.chunkBits, "a chunk")
      }
    case .compressedFull, .compressedCompact:
      var map = try map(of: inode)
      defer { buffers.keep(map) }
      while position < inode.byteCount {
        let extent = try map.extent(at: position, before: position + 1, &self)
        guard case .hole = extent.source, extent.range.upperBound > position else { break }
        position = extent.range.upperBound
      }
    }
    return position.below(inode.byteCount)
  }

  /// The last place up to `end` where compressed data begins.
  fileprivate mutating func cut(_ inode: ErofsInode, before end: UInt64) throws(ImageError) -> UInt64 {
    guard inode.storage == .compressed else { return end }
    var map = try map(of: inode)
    defer { buffers.keep(map) }
    return try map.extent(at: end, before: end + 1, &self).range.lowerBound
  }
}

extension UInt64 {
  fileprivate func below(_ limit: UInt64) -> UInt64? { self < limit ? self : nil }
}
