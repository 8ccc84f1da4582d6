import ImageCore

/// What the passes share: where blocks and inodes go, and where each inode went.
struct ImageLayout {
  var sink: BlockSink
  var zone: MetadataZone
  /// By the index in the plan.
  var nids: [UInt64]
  var statistics = ErofsReport.Statistics()
  /// What the inodes use, beyond what every reader knows.
  var features: IncompatibleFeatures = []
  /// The inode that holds fragments.
  var packedNID: UInt64 = 0

  init(_ sink: BlockSink, _ block: BlockSize, inodeCount: Int) {
    self.sink = sink
    zone = MetadataZone(block)
    nids = [UInt64](repeating: 0, count: inodeCount)
  }

  /// Puts `bytes[range]`, an inode with all that stands behind it; returns its nid.
  @discardableResult
  mutating func place(_ inode: Int?, _ bytes: borrowing [UInt8], _ range: Range<Int>) throws(ImageError) -> UInt64 {
    let place = try zone.reserve(range.count, &sink)
    if let inode { nids[inode] = place.nid }
    try zone.fill(place, bytes, range, &sink)
    return place.nid
  }
}
