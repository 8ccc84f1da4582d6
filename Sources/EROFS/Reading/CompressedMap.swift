import ImageCore

/// Where the data of one compressed file is, in whichever form its map has.
struct CompressedMap: Sendable {
  private let inode: ErofsInode
  private let headerOffset: UInt64
  // One of these three; each changes in place.
  /// All of it is in the packed inode, from this byte on.
  private var packedOffset: UInt64?
  private var clusters: ClusterMap?
  private var extents: ExtentMap?

  /// The inode that it is the map of.
  var nid: UInt64 { inode.nid }

  init(_ inode: ErofsInode, _ reader: inout MetadataReader) throws(ImageError) {
    self.inode = inode
    let header = try reader.mapHeader(of: inode)
    headerOffset = header.offset
    if header.record.isPacked {
      packedOffset = header.record.packedOffset
    } else if inode.hasEncodedExtents(header.record) {
      extents = ExtentMap(inode, header.record, at: header.offset, reader.volume)
    } else {
      clusters = try ClusterMap(inode, header.record, at: header.offset, &reader)
    }
  }

  /// Looks at every index of the map, also those that reading can do without.
  mutating func beThorough() { clusters?.isThorough = true }

  /// The extent that has the byte at `position`, which is inside the file.
  ///
  /// What is from `end` on is not wanted: the extent may be cut there.
  mutating func extent(
    at position: UInt64, before end: UInt64, _ reader: inout MetadataReader
  ) throws(ImageError) -> DataExtent {
    let extent: DataExtent
    if let found = try clusters?.extent(at: position, before: end, &reader) {
      extent = found
    } else if let found = try extents?.extent(at: position, &reader) {
      extent = found
    } else {
      extent = DataExtent(range: 0..<inode.byteCount, source: packedOffset.map { .fragment($0) } ?? .hole)
    }
    guard case .fragment = extent.source else { return extent }
    // Only what lies outside the packed inode can be in it: no cycles.
    guard reader.volume.packedNID != nil, reader.volume.packedNID != inode.nid else {
      throw reader.volume.corrupt("inode \(inode.nid) has a fragment that cannot be", at: headerOffset)
    }
    return extent
  }
}

extension MetadataReader {
  /// The header of a compressed file's map, and where it is.
  mutating func mapHeader(of inode: ErofsInode) throws(ImageError) -> (record: MapHeader, offset: UInt64) {
    let offset = inode.tailOffset.roundedUp(to: 8)
    return (try record(MapHeader.self, at: offset), offset)
  }
}

extension ErofsInode {
  /// Whether the map is a list of extents: a bit that means something else in compact indexes.
  func hasEncodedExtents(_ header: MapHeader) -> Bool {
    layout == .compressedFull && header.advise & MapHeader.encodedExtents != 0
  }
}
