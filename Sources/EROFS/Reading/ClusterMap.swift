import ImageCore

/// The map of a compressed file by logical clusters: one index for each.
struct ClusterMap: Sendable {
  /// What the last extent has instead of a pcluster in blocks.
  private struct Tail {
    /// The lcluster that it begins in.
    let head: UInt64
    let source: Source

    enum Source {
      case inline(offset: UInt64, byteCount: Int)
      case fragment(UInt64)
    }
  }

  /// An lcluster in which an extent begins.
  private struct Head {
    var number: UInt64
    /// The byte of the file that the extent begins at.
    var start: UInt64
    var type: LclusterType
    var block: UInt64
  }

  private let inode: ErofsInode
  private let header: MapHeader
  private var index: LclusterTable
  private var tail: Tail?
  /// The head behind the extent that was found last: where a reader goes on.
  private var next: Head?
  /// Whether every index is looked at, also where a whole pack is inside an extent.
  var isThorough = false

  private var clusterBits: UInt64 { UInt64(index.decoder.clusterBits) }

  init(
    _ inode: ErofsInode, _ header: MapHeader, at headerOffset: UInt64, _ reader: inout MetadataReader
  ) throws(ImageError) {
    self.inode = inode
    self.header = header
    index = try LclusterTable(inode, header, at: headerOffset, reader.volume)
    tail = try findTail(&reader)
  }

  /// The last extent's own place, for files that have one.
  private mutating func findTail(_ reader: inout MetadataReader) throws(ImageError) -> Tail? {
    let isFragment = header.advise & MapHeader.fragmentPcluster != 0
    guard inode.byteCount > 0, isFragment || header.inlineByteCount > 0 else { return nil }
    let head = try head(before: inode.byteCount - 1, &reader)
    if isFragment {
      // The full form has room for the upper half.
      let high = inode.layout == .compressedFull ? head.block << 32 : 0
      return Tail(head: head.number, source: .fragment(UInt64(header.fragmentOffset) | high))
    }
    // Right behind the indexes, and never across a block's border.
    let offset = try index.end(reader.volume)
    guard
      Int(offset & UInt64(reader.volume.blockByteCount - 1)) + header.inlineByteCount <= reader.volume.blockByteCount
    else {
      throw index.fault("an inline pcluster of \(header.inlineByteCount) bytes", index.lclusterCount - 1, reader.volume)
    }
    return Tail(head: head.number, source: .inline(offset: offset, byteCount: header.inlineByteCount))
  }

  /// The extent that has the byte at `position`, which is inside the file.
  ///
  /// What is from `end` on is not wanted: the extent may be cut there.
  mutating func extent(
    at position: UInt64, before end: UInt64, _ reader: inout MetadataReader
  ) throws(ImageError) -> DataExtent {
    let volume = reader.volume
    let head = try head(before: position, &reader)
    var result: DataExtent
    if let tail, tail.head == head.number {
      if isThorough, head.start == position { try checkTail(head, &reader) }
      let range = head.start..<inode.byteCount
      switch tail.source {
      case .fragment(let offset): return DataExtent(range: range, source: .fragment(offset))
      case .inline(let offset, let byteCount):
        result = DataExtent(
          range: range, source: .pcluster(Pcluster(form: try form(head, volume), offset: offset, byteCount: byteCount)))
      }
    } else {
      let (next, blockCount) = try follow(head, end, &reader)
      guard head.start <= position, position < next else {
        throw index.fault("the extent ends at \(next), before byte \(position)", head.number, volume)
      }
      result = DataExtent(
        range: head.start..<next,
        source: .pcluster(
          Pcluster(
            form: try form(head, volume), offset: try volume.byteOffset(ofBlock: head.block, inode),
            byteCount: try blockCount.multiplied(by: volume.blockByteCount, "a pcluster"))))
    }
    try result.check(volume) { index.fault($0, head.number, volume) }
    return result
  }

  /// The head of the extent that has the byte at `position`.
  private mutating func head(before position: UInt64, _ reader: inout MetadataReader) throws(ImageError) -> Head {
    if let next, next.start == position { return next }
    var number = position >> clusterBits
    // Fragments may be longer than what a pcluster can hold.
    let isFragment = header.advise & MapHeader.fragmentPcluster != 0
    let lowest = isFragment ? 0 : number - min(number, UInt64(DataExtent.maxByteCount) >> clusterBits + 1)
    while true {
      let cluster = try index.lcluster(number, &reader)
      if let head = head(cluster, number), head.start <= position { return head }
      // An extent that begins behind the byte leaves it to the one before.
      let back = cluster.isHead ? 1 : cluster.back
      guard back > 0, back <= number - lowest else {
        throw index.fault("lcluster \(number) has its head \(back) before", number, reader.volume)
      }
      number -= back
    }
  }

  /// What begins in `cluster`.
  private func head(_ cluster: Lcluster, _ number: UInt64) -> Head? {
    guard cluster.isHead else { return nil }
    return Head(
      number: number, start: number << clusterBits + UInt64(cluster.low), type: cluster.type, block: cluster.block)
  }

  /// Where the extent of `head` ends, at the latest at `end`, and how many blocks its pcluster has.
  private mutating func follow(
    _ head: Head, _ end: UInt64, _ reader: inout MetadataReader
  ) throws(ImageError) -> (UInt64, Int) {
    let advice = head.type == .head1 ? MapHeader.bigPcluster1 : MapHeader.bigPcluster2
    let mayBeBig = header.advise & advice != 0
    let volume = reader.volume
    let first = head.number + 1
    var blockCount = 1
    var number = first
    var furthest = first
    let limit = head.number + UInt64(DataExtent.maxByteCount) >> clusterBits + 1
    while number < index.lclusterCount, number << clusterBits < end || (mayBeBig && number == first) {
      let cluster = try index.lcluster(number, &reader)
      if let next = self.head(cluster, number) {
        self.next = next
        if isThorough { try checkReach(furthest, number, volume) }
        return (min(next.start, inode.byteCount), blockCount)
      }
      if number == first, mayBeBig {
        guard let count = cluster.pclusterBlockCount, count > 0 else {
          throw index.fault("no length of the pcluster", number, reader.volume)
        }
        blockCount = count
      }
      try checkWays(cluster, number, head, &furthest, volume)
      number += 1
      if !isThorough { number = try index.skippingInside(number, before: limit + 1, &reader) }
      guard number <= limit else { break }
    }
    // The kernel does not cut the last lcluster at the end of the file.
    if isThorough, number >= index.lclusterCount {
      let length = number << clusterBits - head.start
      guard length <= UInt64(DataExtent.maxByteCount) else {
        throw index.fault("an extent of \(length) bytes, counted in whole lclusters", head.number, volume)
      }
    }
    return (min(number << clusterBits, inode.byteCount), blockCount)
  }

  /// No other extent begins in the last one, of which reading needs no index.
  private mutating func checkTail(_ head: Head, _ reader: inout MetadataReader) throws(ImageError) {
    var furthest = head.number + 1
    for number in head.number + 1..<max(head.number + 1, index.lclusterCount) {
      let cluster = try index.lcluster(number, &reader)
      if let next = self.head(cluster, number) {
        guard next.start >= inode.byteCount else {
          throw index.fault("an extent begins at \(next.start), inside the last one", number, reader.volume)
        }
        return try checkReach(furthest, number, reader.volume)
      }
      try checkWays(cluster, number, head, &furthest, reader.volume)
    }
  }

  /// The kernel goes back from any lcluster, and must find the same head, and forward to where the extent ends.
  private func checkWays(
    _ cluster: Lcluster, _ number: UInt64, _ head: Head, _ furthest: inout UInt64, _ volume: ErofsVolume
  ) throws(ImageError) {
    guard cluster.back > 0, cluster.back <= number - head.number else {
      throw index.fault("lcluster \(number) has its head \(cluster.back) before", number, volume)
    }
    furthest = max(furthest, number + UInt64(cluster.ahead))
  }

  private func checkReach(_ furthest: UInt64, _ next: UInt64, _ volume: ErofsVolume) throws(ImageError) {
    guard furthest <= next else {
      throw index.fault("the way forward leads past the next head to lcluster \(furthest)", next, volume)
    }
  }

  private func form(_ head: Head, _ volume: ErofsVolume) throws(ImageError) -> Pcluster.Form {
    if head.type == .plain {
      return header.advise & MapHeader.interlacedPcluster != 0 ? .interlaced : .shifted
    }
    let number = Int(head.type == .head2 ? header.algorithms >> 4 : header.algorithms & 0xF)
    return .compressed(try volume.algorithm(number, of: inode, at: try index.place(of: head.number).offset))
  }
}
