import ImageCore

/// The map of a compressed file by logical clusters: one index for each.
struct ClusterMap {
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

  private let inode: ErofsInode
  private let header: MapHeader
  private let decoder: LclusterDecoder
  private let indexOffset: UInt64
  private let compactLayout: CompactIndexLayout?
  private let lclusterCount: UInt64
  private var tail: Tail?

  init(
    _ inode: ErofsInode, _ header: MapHeader, at headerOffset: UInt64, _ reader: inout MetadataReader
  ) throws(ImageError) {
    let volume = reader.volume
    self.inode = inode
    self.header = header
    let clusterBits = volume.blockBits + Int(header.clusterBits & 0xF)
    let big1 = header.advise & MapHeader.bigPcluster1 != 0
    let big2 = header.advise & MapHeader.bigPcluster2 != 0
    decoder = LclusterDecoder(clusterBits: clusterBits, hasBigPclusters: big1 || big2)
    lclusterCount = inode.byteCount.dividedRoundingUp(by: 1 << UInt64(clusterBits))

    let start = headerOffset + UInt64(MapHeader.byteCount)
    if inode.layout == .compressedFull {
      indexOffset = start + 8
      compactLayout = nil
    } else {
      let compact2B = header.advise & MapHeader.compact2B != 0
      guard big1 == big2, clusterBits <= (compact2B ? 12 : 14) else {
        throw volume.corrupt(
          "inode \(inode.nid): h_advise \(header.advise) with lclusters of 2^\(clusterBits) bytes", at: headerOffset)
      }
      indexOffset = start
      compactLayout = CompactIndexLayout(
        count: try inode.byteCount.dividedRoundingUp(by: UInt64(volume.blockByteCount)).asInt("i_size"),
        start: Int(truncatingIfNeeded: start % 32), compact2B: compact2B)
    }
    tail = try findTail(&reader)
  }

  /// The last extent's own place, for files that have one.
  private func findTail(_ reader: inout MetadataReader) throws(ImageError) -> Tail? {
    let isFragment = header.advise & MapHeader.fragmentPcluster != 0
    guard inode.byteCount > 0, isFragment || header.inlineByteCount > 0 else { return nil }
    let head = try head(before: inode.byteCount - 1, &reader)
    if isFragment {
      // The full form has room for the upper half.
      let high = compactLayout == nil ? head.block << 32 : 0
      return Tail(head: head.number, source: .fragment(UInt64(header.fragmentOffset) | high))
    }
    // Right behind the indexes, and never across a block's border.
    let place = try place(of: lclusterCount - 1, reader.volume)
    let offset = place.offset + UInt64(place.byteCount)
    guard
      Int(offset & UInt64(reader.volume.blockByteCount - 1)) + header.inlineByteCount <= reader.volume.blockByteCount
    else { throw fault("an inline pcluster of \(header.inlineByteCount) bytes", lclusterCount - 1, reader.volume) }
    return Tail(head: head.number, source: .inline(offset: offset, byteCount: header.inlineByteCount))
  }

  /// The extent that has the byte at `position`, which is inside the file.
  ///
  /// What is from `end` on is not wanted: the extent may be cut there.
  func extent(
    at position: UInt64, before end: UInt64, _ reader: inout MetadataReader
  ) throws(ImageError) -> DataExtent {
    let volume = reader.volume
    let head = try head(before: position, &reader)
    var result: DataExtent
    if let tail, tail.head == head.number {
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
        throw fault("the extent ends at \(next), before byte \(position)", head.number, volume)
      }
      result = DataExtent(
        range: head.start..<next,
        source: .pcluster(
          Pcluster(
            form: try form(head, volume), offset: try volume.byteOffset(ofBlock: head.block, inode),
            byteCount: try blockCount.multiplied(by: volume.blockByteCount, "a pcluster"))))
    }
    try result.check(volume) { fault($0, head.number, volume) }
    return result
  }

  /// An lcluster in which an extent begins.
  private struct Head {
    var number: UInt64
    /// The byte of the file that the extent begins at.
    var start: UInt64
    var isPlain: Bool
    var isSecond: Bool
    var block: UInt64
  }

  /// The head of the extent that has the byte at `position`.
  private func head(before position: UInt64, _ reader: inout MetadataReader) throws(ImageError) -> Head {
    let bits = UInt64(decoder.clusterBits)
    var number = position >> bits
    var cluster = try lcluster(number, &reader)
    if case .head(_, _, let offset, _) = cluster, number << bits + UInt64(offset) > position {
      cluster = .inside(back: 1, pclusterBlockCount: nil)
    }
    // Fragments may be longer than what a pcluster can hold.
    let isFragment = header.advise & MapHeader.fragmentPcluster != 0
    let lowest = isFragment ? 0 : number - min(number, UInt64(DataExtent.maxByteCount) >> bits + 1)
    while case .inside(let back, _) = cluster {
      guard back > 0, UInt64(back) <= number - lowest else {
        throw fault("lcluster \(number) has its head \(back) before", number, reader.volume)
      }
      number -= UInt64(back)
      cluster = try lcluster(number, &reader)
    }
    guard case .head(let isPlain, let isSecond, let offset, let block) = cluster else {
      throw fault("no head", number, reader.volume)
    }
    return Head(
      number: number, start: number << bits + UInt64(offset), isPlain: isPlain, isSecond: isSecond, block: block)
  }

  /// Where the extent of `head` ends, at the latest at `end`, and how many blocks its pcluster has.
  private func follow(
    _ head: Head, _ end: UInt64, _ reader: inout MetadataReader
  ) throws(ImageError) -> (UInt64, Int) {
    let bits = UInt64(decoder.clusterBits)
    let number = head.number
    let advice = head.isPlain || head.isSecond ? MapHeader.bigPcluster2 : MapHeader.bigPcluster1
    let mayBeBig = header.advise & advice != 0
    var blockCount = 1
    var next = number + 1
    while next < lclusterCount, next << bits < end || (mayBeBig && next == number + 1) {
      switch try lcluster(next, &reader) {
      case .head(_, _, let offset, _): return (next << bits + UInt64(offset), blockCount)
      case .inside(let back, let count):
        if next == number + 1, mayBeBig {
          guard back == 1, let count, count > 0 else {
            throw fault("no length of the pcluster", next, reader.volume)
          }
          blockCount = count
        }
      }
      next += 1
      guard (next - number) << bits <= UInt64(DataExtent.maxByteCount) + 1 << bits else { break }
    }
    return (min(next << bits, inode.byteCount), blockCount)
  }

  private func form(_ head: Head, _ volume: ErofsVolume) throws(ImageError) -> Pcluster.Form {
    if head.isPlain { return header.advise & MapHeader.interlacedPcluster != 0 ? .interlaced : .shifted }
    let number = Int(head.isSecond ? header.algorithms >> 4 : header.algorithms & 0xF)
    return .compressed(try volume.algorithm(number, of: inode, at: try place(of: head.number, volume).offset))
  }

  private func lcluster(_ number: UInt64, _ reader: inout MetadataReader) throws(ImageError) -> Lcluster {
    let volume = reader.volume
    let place = try place(of: number, volume)
    return try reader.withBytes(at: place.offset, count: place.byteCount) { (bytes) throws(ImageError) in
      do throws(ImageError) {
        return compactLayout == nil ? try decoder.full(bytes) : try decoder.compact(bytes, at: place.index)
      } catch { throw fault(error.message, number, volume) }
    }
  }

  /// The bytes of the entry, or of the pack that it is in.
  private func place(
    of number: UInt64, _ volume: ErofsVolume
  ) throws(ImageError) -> (offset: UInt64, byteCount: Int, index: Int) {
    guard let layout = compactLayout else {
      return (try indexOffset.adding(try number.multiplied(by: 8, "an index"), "an index"), 8, 0)
    }
    var rest = try number.asInt("an index")
    if rest < layout.initial4B { return (indexOffset + UInt64(rest / 2 * 8), 8, rest % 2) }
    rest -= layout.initial4B
    let middle = indexOffset + UInt64(layout.initial4B * 4)
    if rest < layout.middle2B { return (middle + UInt64(rest / 16 * 32), 32, rest % 16) }
    rest -= layout.middle2B
    return (middle + UInt64(layout.middle2B * 2 + rest / 2 * 8), 8, rest % 2)
  }

  @inline(never)
  private func fault(_ message: String, _ number: UInt64, _ volume: ErofsVolume) -> ImageError {
    let offset = (try? place(of: number, volume).offset) ?? inode.offset
    return volume.corrupt("inode \(inode.nid), lcluster \(number): \(message)", at: offset)
  }
}
