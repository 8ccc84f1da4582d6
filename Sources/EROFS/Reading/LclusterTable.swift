import ImageCore

/// The indexes of a compressed file's lclusters, decoded a pack at a time.
struct LclusterTable: Sendable {
  /// How many entries of the full form are decoded at a time.
  private static let fullPackCount: UInt64 = 32

  let decoder: LclusterDecoder
  let lclusterCount: UInt64
  private let inode: ErofsInode
  private let start: UInt64
  private let compactLayout: CompactIndexLayout?
  /// The entries that were decoded last, from number `packStart` on.
  private var pack: [Lcluster] = []
  private var packStart: UInt64 = 0

  init(
    _ inode: ErofsInode, _ header: MapHeader, at headerOffset: UInt64, _ volume: ErofsVolume
  ) throws(ImageError) {
    self.inode = inode
    let clusterBits = volume.blockBits + Int(header.clusterBits & 0xF)
    let big1 = header.advise & MapHeader.bigPcluster1 != 0
    let big2 = header.advise & MapHeader.bigPcluster2 != 0
    decoder = LclusterDecoder(clusterBits: clusterBits, hasBigPclusters: big1 || big2)
    lclusterCount = inode.byteCount.dividedRoundingUp(by: 1 << UInt64(clusterBits))

    let end = headerOffset + UInt64(MapHeader.byteCount)
    if inode.layout == .compressedFull {
      start = end + 8
      compactLayout = nil
    } else {
      let compact2B = header.advise & MapHeader.compact2B != 0
      guard big1 == big2, clusterBits <= (compact2B ? 12 : 14) else {
        throw volume.corrupt(
          "inode \(inode.nid): h_advise \(header.advise) with lclusters of 2^\(clusterBits) bytes", at: headerOffset)
      }
      start = end
      compactLayout = CompactIndexLayout(
        count: try inode.byteCount.dividedRoundingUp(by: UInt64(volume.blockByteCount)).asInt("i_size"),
        start: Int(truncatingIfNeeded: start % 32), compact2B: compact2B)
    }
  }

  /// Entry `number`, which the file has.
  ///
  /// - Throws: `.corrupt` for one that cannot be.
  mutating func lcluster(_ number: UInt64, _ reader: inout MetadataReader) throws(ImageError) -> Lcluster {
    if number &- packStart >= UInt64(pack.count) { try decodePack(of: number, &reader) }
    let cluster = pack[Int(number - packStart)]
    if cluster.isHead {
      guard Int(cluster.low) < 1 << decoder.clusterBits else {
        throw fault("an extent begins at \(cluster.low) of an lcluster", number, reader.volume)
      }
    } else if cluster.pclusterBlockCount != nil, !decoder.hasBigPclusters {
      throw fault("a pcluster's length in a file without big pclusters", number, reader.volume)
    }
    return cluster
  }

  /// The first entry from `number` on that may be more than inside an extent, or about `end`.
  mutating func skippingInside(
    _ number: UInt64, before end: UInt64, _ reader: inout MetadataReader
  ) throws(ImageError) -> UInt64 {
    var number = number
    while number < min(end, lclusterCount) {
      if number &- packStart < UInt64(pack.count) {
        let rest = pack[Int(number - packStart)...]
        if let index = rest.firstIndex(where: { !$0.isInside }) { return packStart + UInt64(index) }
        number += UInt64(rest.count)
      } else {
        guard compactLayout != nil else { return number }
        let place = try place(of: number)
        guard place.byteCount == InsidePack.byteCount, place.first == number else { return number }
        let isInside = try reader.withBytes(at: place.offset, count: place.byteCount) { (bytes) throws(ImageError) in
          try InsidePack.matches(bytes)
        }
        guard isInside else { return number }
        number += UInt64(InsidePack.count)
      }
    }
    return number
  }

  private mutating func decodePack(of number: UInt64, _ reader: inout MetadataReader) throws(ImageError) {
    let place = try place(of: number)
    var clusters = pack
    pack = []
    clusters.removeAll(keepingCapacity: true)
    let isFull = compactLayout == nil
    try reader.withBytes(at: place.offset, count: place.byteCount) { [decoder] (bytes) throws(ImageError) in
      try isFull ? decoder.full(bytes, into: &clusters) : decoder.compact(bytes, into: &clusters)
    }
    pack = clusters
    packStart = place.first
  }

  /// The bytes of the pack that the entry is in, and the number of the pack's first entry.
  func place(of number: UInt64) throws(ImageError) -> (offset: UInt64, byteCount: Int, first: UInt64) {
    guard let layout = compactLayout else {
      let first = number & ~(Self.fullPackCount - 1)
      let count = min(Self.fullPackCount, lclusterCount - first)
      let distance = try first.multiplied(by: UInt64(FullLclusterIndex.byteCount), "an index")
      return (try start.adding(distance, "an index"), Int(count) * FullLclusterIndex.byteCount, first)
    }
    let number = try number.asInt("an index")
    var rest = number
    if rest < layout.initial4B { return (start + UInt64(rest / 2 * 8), 8, UInt64(number - rest % 2)) }
    rest -= layout.initial4B
    let middle = start + UInt64(layout.initial4B * 4)
    if rest < layout.middle2B { return (middle + UInt64(rest / 16 * 32), 32, UInt64(number - rest % 16)) }
    rest -= layout.middle2B
    return (middle + UInt64(layout.middle2B * 2 + rest / 2 * 8), 8, UInt64(number - rest % 2))
  }

  /// Where the last pack ends.
  func end(_ volume: ErofsVolume) throws(ImageError) -> UInt64 {
    let last = try place(of: lclusterCount - 1)
    return last.offset + UInt64(last.byteCount)
  }

  /// A fault in entry `number`.
  @inline(never)
  func fault(_ message: String, _ number: UInt64, _ volume: ErofsVolume) -> ImageError {
    let place = try? place(of: number)
    let inPack = compactLayout == nil ? (number - (place?.first ?? number)) * UInt64(FullLclusterIndex.byteCount) : 0
    return volume.corrupt(
      "inode \(inode.nid), lcluster \(number): \(message)", at: (place?.offset ?? inode.offset) + inPack)
  }
}
