import FileTree
public import ImageCore

extension ErofsContent {
  /// How bytes from `offset` on are best read: without holes, and cut where compressed data begins.
  ///
  /// - Throws: `.corrupt`, `.truncated` with the file's path or inode number.
  public func pieces(
    from offset: UInt64, byteCount: Int, limit: Int
  ) throws(ImageError) -> [Range<UInt64>] {
    guard offset < self.byteCount, limit > 0 else { return [] }
    do throws(ImageError) {
      return try volume.withReader { (reader) throws(ImageError) in
        var map = inode.storage == .compressed ? try reader.map(of: inode) : nil
        defer { if let map { reader.buffers.keep(map) } }
        var pieces: [Range<UInt64>] = []
        var rest = byteCount
        var position = offset
        while rest > 0, let start = try reader.data(of: inode, from: position, &map) {
          let end = try reader.end(of: inode, from: start, limit: limit, &map)
          pieces.append(start..<end)
          rest -= Int(end - start)
          position = end
        }
        return pieces
      }
    } catch { throw error.inContext(path?.description ?? "inode \(inode.nid)") }
  }
}

extension MetadataReader {
  /// The first byte from `offset` on that is no hole.
  fileprivate mutating func data(
    of inode: ErofsInode, from offset: UInt64, _ map: inout CompressedMap?
  ) throws(ImageError) -> UInt64? {
    var position = offset
    switch inode.layout {
    case .flatPlain, .flatInline:
      if inode.startBlock == nil { position = max(position, volume.inlineStart(of: inode)) }
    case .chunkBased:
      let map = try ChunkMap(inode, volume)
      while position < inode.byteCount, try place(ofChunk: position >> map.chunkBits, map) == nil {
        position = try ((position >> map.chunkBits) + 1).multiplied(by: 1 << map.chunkBits, "a chunk")
      }
    case .compressedFull, .compressedCompact:
      while position < inode.byteCount {
        guard let extent = try map?.extent(at: position, before: .max, &self), case .hole = extent.source,
          extent.range.upperBound > position
        else { break }
        position = extent.range.upperBound
      }
    }
    return position.below(inode.byteCount)
  }

  /// The last place up to `limit` bytes behind `start` where compressed data begins, or the first one behind them.
  fileprivate mutating func end(
    of inode: ErofsInode, from start: UInt64, limit: Int, _ map: inout CompressedMap?
  ) throws(ImageError) -> UInt64 {
    guard inode.byteCount - start > UInt64(limit) else { return inode.byteCount }
    let end = start + UInt64(limit)
    guard let extent = try map?.extent(at: end, before: .max, &self) else { return end }
    if extent.range.lowerBound > start { return extent.range.lowerBound }
    // What is in the packed inode or a hole can be read from any place on.
    guard case .pcluster = extent.source else { return end }
    return min(extent.range.upperBound, inode.byteCount)
  }
}

extension UInt64 {
  fileprivate func below(_ limit: UInt64) -> UInt64? { self < limit ? self : nil }
}
