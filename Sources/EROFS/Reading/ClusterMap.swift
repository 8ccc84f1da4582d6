import ImageCore

/// Where the data of one compressed file is: from positions in the file to pclusters.
struct ClusterMap {
  /// The greatest length of a pcluster (`Z_EROFS_PCLUSTER_MAX_SIZE`).
  static let maxPclusterByteCount = 1 << 20
  /// The greatest length of what it decompresses to (`Z_EROFS_PCLUSTER_MAX_DSIZE`).
  static let maxExtentByteCount = 12 << 20

  /// What a pcluster holds.
  enum Form: Equatable {
    /// The bytes themselves.
    case shifted
    /// The bytes themselves, each at its place in the block: what reaches over the end goes on at the beginning.
    case interlaced
    case lz4
  }

  /// A run of a file's bytes and the pcluster that has them.
  struct Extent: Equatable {
    var range: Range<UInt64>
    var form: Form
    var offset: UInt64
    var byteCount: Int
  }

  private let inode: ErofsInode
  private let header: MapHeader
  private let decoder: LclusterDecoder
  private let indexOffset: UInt64
  private let compactLayout: CompactIndexLayout?
  private let lclusterCount: UInt64

  init(_ inode: ErofsInode, _ reader: inout MetadataReader) throws(ImageError) {
    let volume = reader.volume
    let headerOffset = inode.tailOffset.roundedUp(to: 8)
    header = try reader.record(MapHeader.self, at: headerOffset)
    self.inode = inode
    guard header.clusterBits & 0x80 == 0, header.advise & (MapHeader.inlinePcluster | MapHeader.fragmentPcluster) == 0
    else { throw volume.unsupported("inode \(inode.nid) uses fragments or inline pclusters", at: headerOffset) }
    let clusterBits = volume.blockBits + Int(header.clusterBits & 0xF)
    let big1 = header.advise & MapHeader.bigPcluster1 != 0
    let big2 = header.advise & MapHeader.bigPcluster2 != 0
    decoder = LclusterDecoder(clusterBits: clusterBits, hasBigPclusters: big1 || big2)
    lclusterCount = inode.byteCount.dividedRoundingUp(by: 1 << UInt64(clusterBits))

    let start = headerOffset + UInt64(MapHeader.byteCount)
    let compact2B = header.advise & MapHeader.compact2B != 0
    guard inode.layout == .compressedCompact else {
      // The same bit means encoded extents here.
      guard !compact2B else {
        throw volume.unsupported("inode \(inode.nid) uses encoded extents", at: headerOffset)
      }
      indexOffset = start + 8
      compactLayout = nil
      return
    }
    guard big1 == big2, clusterBits <= (compact2B ? 12 : 14) else {
      throw volume.corrupt(
        "inode \(inode.nid): h_advise \(header.advise) with lclusters of 2^\(clusterBits) bytes", at: headerOffset)
    }
    indexOffset = start
    compactLayout = CompactIndexLayout(
      count: try inode.byteCount.dividedRoundingUp(by: UInt64(volume.blockByteCount)).asInt("i_size"),
      start: Int(truncatingIfNeeded: start % 32), compact2B: compact2B)
  }

  /// The extent that has the byte at `position`, which is inside the file.
  ///
  /// What is from `end` on is not wanted: the extent may be cut there.
  func extent(
    at position: UInt64, before end: UInt64, _ reader: inout MetadataReader
  ) throws(ImageError) -> Extent {
    let bits = UInt64(decoder.clusterBits)
    var number = position >> bits
    var cluster = try lcluster(number, &reader)
    if case .head(_, _, let offset, _) = cluster, number << bits + UInt64(offset) > position {
      cluster = .inside(back: 1, pclusterBlockCount: nil)
    }
    let lowest = number - min(number, UInt64(Self.maxExtentByteCount) >> bits + 1)
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
    let start = number << bits + UInt64(offset)
    let (next, blockCount) = try follow(number, isPlain: isPlain, isSecond: isSecond, end, &reader)
    guard (start..<max(start, next)).contains(position) else {
      throw fault("the extent ends at \(next), before byte \(position)", number, reader.volume)
    }
    return try Extent(
      range: start..<next, form: form(isPlain: isPlain, isSecond: isSecond, number, reader.volume),
      offset: reader.volume.byteOffset(ofBlock: block, inode),
      byteCount: blockCount.multiplied(by: reader.volume.blockByteCount, "a pcluster")
    ).checked(blockByteCount: reader.volume.blockByteCount) { message in fault(message, number, reader.volume) }
  }

  /// Where the extent of the head `number` ends, at the latest at `end`, and how many blocks its pcluster has.
  private func follow(
    _ number: UInt64, isPlain: Bool, isSecond: Bool, _ end: UInt64, _ reader: inout MetadataReader
  ) throws(ImageError) -> (UInt64, Int) {
    let bits = UInt64(decoder.clusterBits)
    let advice = isPlain || isSecond ? MapHeader.bigPcluster2 : MapHeader.bigPcluster1
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
      guard (next - number) << bits <= UInt64(Self.maxExtentByteCount) + 1 << bits else { break }
    }
    return (min(next << bits, inode.byteCount), blockCount)
  }

  private func form(
    isPlain: Bool, isSecond: Bool, _ number: UInt64, _ volume: ErofsVolume
  ) throws(ImageError) -> Form {
    if isPlain { return header.advise & MapHeader.interlacedPcluster != 0 ? .interlaced : .shifted }
    let algorithm = Int(isSecond ? header.algorithms >> 4 : header.algorithms & 0xF)
    guard algorithm < ErofsSuperblock.algorithmNames.count, volume.algorithms >> UInt16(algorithm) & 1 == 1 else {
      throw fault("algorithm \(algorithm), which the superblock does not announce", number, volume)
    }
    guard algorithm == 0 else {
      throw volume.unsupported("\(ErofsSuperblock.algorithmNames[algorithm]) compression", at: inode.offset)
    }
    return .lz4
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

extension ClusterMap.Extent {
  /// Itself, when its lengths are possible.
  fileprivate func checked(blockByteCount: Int, _ fault: (String) -> ImageError) throws(ImageError) -> Self {
    let length = range.upperBound - range.lowerBound
    guard byteCount <= ClusterMap.maxPclusterByteCount else { throw fault("a pcluster of \(byteCount) bytes") }
    guard length <= UInt64(ClusterMap.maxExtentByteCount) else { throw fault("an extent of more than 12 MiB") }
    guard form != .interlaced || byteCount == blockByteCount else {
      throw fault("an interlaced pcluster of \(byteCount) bytes")
    }
    guard form == .lz4 || length <= UInt64(byteCount) else {
      throw fault("\(length) bytes stored in \(byteCount)")
    }
    return self
  }
}
