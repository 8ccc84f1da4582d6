import ImageCore

/// The index of a compressed file: for each lcluster where its extent begins.
///
/// Block addresses count from the file's first pcluster, but for those that are shared.
struct ClusterIndexEncoder {
  private struct Lcluster {
    var type: LclusterType
    /// A head's offset in its lcluster; a NONHEAD's distance to its head, or the pcluster's length with the flag.
    var low: UInt16
    /// A NONHEAD's distance to the next head.
    var next: UInt16 = 0
    /// The block address of the extent's pcluster; `nil` where there is none.
    var block: UInt32?
    /// Whether that is the image's address and does not count from the file's first.
    var isShared = false
    var isPartial = false
    /// Where the pcluster after this extent's begins.
    var blockBehind: UInt32 = 0

    /// Whether `low` is a pcluster's length.
    var hasLength: Bool { type == .nonhead && low & FullLclusterIndex.compressedBlockCountFlag != 0 }
  }

  private static let flag = FullLclusterIndex.compressedBlockCountFlag
  private let isBig: Bool
  private let isFull: Bool
  private var lclusters: [Lcluster] = []
  private var advise: UInt16
  private var algorithm: UInt8
  private var inlineByteCount: Int

  /// What stands in the map header beside the kind of index.
  struct Attributes: Sendable {
    var algorithm: UInt8
    /// Whether pclusters may have more than one block.
    var isBigPcluster: Bool
    var isInterlaced = false
    var isFull = false
  }

  /// - Parameters:
  ///   - parts: All of the file's extents, in order; the pclusters of a part are one run of blocks from `start` on. A
  ///     compact index has one part.
  ///   - inlineByteCount: The bytes beside the inode.
  ///   - attributes: What is the same for all of them.
  ///   - block: The image's blocks, which are the lclusters, too.
  init(
    _ parts: [(start: UInt32, extents: [Extent])], inlineByteCount: Int, _ attributes: Attributes, _ block: BlockSize
  ) {
    isBig = attributes.isBigPcluster
    isFull = attributes.isFull
    algorithm = attributes.algorithm
    self.inlineByteCount = inlineByteCount
    advise =
      (isFull ? 0 : MapHeader.compact2B) | (isBig ? MapHeader.bigPcluster1 | MapHeader.bigPcluster2 : 0)
      | (attributes.isInterlaced ? MapHeader.interlacedPcluster : 0)
      | (inlineByteCount == 0 ? 0 : MapHeader.inlinePcluster)
      | (parts.last?.extents.last?.form == .fragment ? MapHeader.fragmentPcluster : 0)
    var position = 0
    for part in parts {
      var address = part.start
      lclusters.reserveCapacity(lclusters.count + part.extents.reduce(0) { $0 + $1.byteCount } >> block.bits + 1)
      for extent in part.extents {
        let end = position + extent.byteCount
        append(extent, position..<end, extent.shared.map { UInt32(truncatingIfNeeded: $0) } ?? address, block)
        if extent.shared == nil { address += UInt32(extent.blockCount) }
        position = end
      }
    }
    // An extent that ends inside the last lcluster, begun before it, needs a head there to end at.
    let rest = block.rest(position)
    if rest != 0, position >> block.bits == lclusters.count {
      lclusters.append(Lcluster(type: .plain, low: UInt16(rest)))
    }
  }

  private mutating func append(_ extent: Extent, _ range: Range<Int>, _ address: UInt32, _ block: BlockSize) {
    let head = range.lowerBound >> block.bits
    let next = range.upperBound >> block.bits
    precondition(head == lclusters.count, "two extents begin in one lcluster, or one is missing")
    let behind = address + UInt32(extent.blockCount)
    lclusters.append(
      Lcluster(
        type: extent.form == .plain ? .plain : .head1, low: UInt16(block.rest(range.lowerBound)),
        block: extent.blockCount > 0 ? address : nil, isShared: extent.shared != nil,
        isPartial: extent.isPartial, blockBehind: behind))
    var index = head + 1
    while index < next {
      let isLength = isBig && index == head + 1
      lclusters.append(
        Lcluster(
          type: .nonhead,
          // A distance that would read as a length leads part of the way, and the entry there farther.
          low: isLength ? UInt16(extent.blockCount) | Self.flag : UInt16(min(index - head, Int(Self.flag) - 1)),
          next: UInt16(min(next - index, Int(Self.flag) - 1)), block: address, blockBehind: behind))
      index += 1
    }
  }

  /// Appends the map header, the entries and the inline bytes to an inode.
  ///
  /// Inodes stand at multiples of 32, in `bytes` as in the image, so that places in both have the same rest.
  ///
  /// - Parameters:
  ///   - bytes: Gets them at its end.
  ///   - inline: The bytes beside the inode.
  ///   - addresses: Gets the places of all block addresses.
  /// - Returns: Where the map header is.
  @discardableResult
  func append(to bytes: inout [UInt8], inline: [UInt8], _ addresses: inout AddressList) -> Int {
    bytes.pad(to: 8)
    var header = MapHeader()
    header.advise = advise
    header.algorithms = algorithm
    if inlineByteCount > 0 { header.fragmentOffset = UInt32(inlineByteCount) << 16 }
    let place = bytes.count
    header.append(to: &bytes)
    if isFull {
      appendFull(to: &bytes, &addresses)
    } else {
      let layout = CompactIndexLayout(count: lclusters.count, start: bytes.count, compact2B: true)
      var index = 0
      while index < layout.initial4B { appendPack(&index, count: 2, bitsEach: 16, to: &bytes, &addresses) }
      while index < layout.initial4B + layout.middle2B {
        appendPack(&index, count: 16, bitsEach: 14, to: &bytes, &addresses)
      }
      while index < lclusters.count { appendPack(&index, count: 2, bitsEach: 16, to: &bytes, &addresses) }
    }
    bytes += inline
    return place
  }

  /// The bytes that `append` gives to an inode of `inodeByteCount` bytes with a file of `size`, without inline bytes.
  static func byteCount(size: Int, inodeByteCount: Int, isFull: Bool, _ block: BlockSize) -> Int {
    let count = block.blocks(size)
    let start = inodeByteCount.roundedUp(to: 8) + MapHeader.byteCount
    let entries =
      isFull
      ? 8 + count * FullLclusterIndex.byteCount
      : CompactIndexLayout(count: count, start: start, compact2B: true).byteCount
    return start - inodeByteCount + entries
  }

  // MARK: full

  private func appendFull(to bytes: inout [UInt8], _ addresses: inout AddressList) {
    // Eight bytes that no one reads stand before the entries.
    bytes.append(contentsOf: repeatElement(0, count: 8))
    for lcluster in lclusters {
      var entry = FullLclusterIndex()
      entry.advise = UInt16(lcluster.type.rawValue)
      if lcluster.type == .nonhead {
        entry.union = UInt32(lcluster.low) | UInt32(lcluster.next) << 16
      } else {
        entry.clusterOffset = lcluster.low
        if lcluster.isPartial { entry.advise |= FullLclusterIndex.partialReferenceFlag }
        if let block = lcluster.block {
          entry.union = block
          if !lcluster.isShared { addresses.append(bytes.count + 4) }
        }
      }
      entry.append(to: &bytes)
    }
  }

  // MARK: compact

  /// `count` entries bit by bit, lowest first, and the block address that they count from.
  private func appendPack(
    _ index: inout Int, count: Int, bitsEach: Int, to bytes: inout [UInt8], _ addresses: inout AddressList
  ) {
    let pack = lclusters[index..<min(index + count, lclusters.count)]
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: count * bitsEach / 8))
    for (slot, lcluster) in pack.enumerated() {
      var low = UInt32(lcluster.low)
      // The last of a pack says how far the next head is: the reader finds its own head by the entry before.
      if slot == count - 1, lcluster.type == .nonhead, !(isBig && lcluster.hasLength) { low = UInt32(lcluster.next) }
      let value = UInt32(lcluster.type.rawValue) << 12 | low
      let bit = slot * bitsEach
      let shifted = value << UInt32(bit % 8)
      for part in 0..<3 where start + bit / 8 + part < bytes.count {
        bytes[start + bit / 8 + part] |= UInt8(truncatingIfNeeded: shifted >> UInt32(8 * part))
      }
    }
    addresses.append(bytes.count)
    bytes.appendLE(baseAddress(of: pack))
    index += pack.count
  }

  /// What readers add the pclusters of the pack to (`z_erofs_load_compact_lcluster` in fs/erofs/zmap.c).
  private func baseAddress(of pack: ArraySlice<Lcluster>) -> UInt32 {
    guard let first = pack.first else { return 0 }
    if !isBig {
      // Each head counts one block, itself included.
      for lcluster in pack where lcluster.type != .nonhead {
        if let block = lcluster.block { return block &- 1 }
      }
      return first.block ?? 0
    }
    // Each pcluster whose length stands in the pack counts; the length of one begun before may still come.
    if first.type == .nonhead, !first.hasLength { return first.blockBehind }
    return first.block ?? first.blockBehind
  }
}
