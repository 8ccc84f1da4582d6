import ImageCore

/// What the passes share: where blocks and inodes go, and where each inode went.
struct ImageLayout {
  var sink: BlockSink
  var zone = MetadataZone()
  /// By the index in the plan.
  var nids: [UInt64]
  var statistics = ErofsReport.Statistics()

  init(_ sink: BlockSink, inodeCount: Int) {
    self.sink = sink
    nids = [UInt64](repeating: 0, count: inodeCount)
  }

  /// Puts an inode with all that stands behind it.
  mutating func place(_ inode: Int, _ bytes: [UInt8]) throws(ImageError) {
    let place = try zone.reserve(bytes.count, &sink)
    nids[inode] = place.nid
    try zone.fill(place, bytes, &sink)
  }
}
