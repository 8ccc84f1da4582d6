import ImageCore

/// The index of a compressed file: for each lcluster where its extent begins, in the compact form.
struct ClusterIndexEncoder {
  private struct Lcluster {
    var type: LclusterType
    /// A head's offset in its lcluster; a NONHEAD's distance to its head, or the pcluster's length with the flag.
    var low: UInt16
    /// A NONHEAD's distance to the next head.
    var next: UInt16 = 0
    /// A head's block address.
    var block: UInt32 = 0
    /// Where the pcluster after this extent's begins.
    var blockBehind: UInt32 = 0
  }

  private static let lowBits: UInt32 = 12
  private let isBig: Bool
  private var lclusters: [Lcluster] = []

  /// - Parameters:
  ///   - extents: All of the file's, in order; their pclusters are one run of blocks.
  ///   - startBlock: Where the first pcluster is.
  ///   - bigPcluster: Whether pclusters may have more than one block.
  init(_ extents: [Extent], startBlock: UInt32, bigPcluster: Bool) {
    isBig = bigPcluster
    var block = startBlock
    var position = 0
    let bits = ErofsFormat.blockBits
    let mask = ErofsFormat.blockByteCount - 1
    for extent in extents {
      let head = position >> bits
      let end = position + extent.byteCount
      let behind = block + UInt32(extent.blockCount)
      lclusters.append(
        Lcluster(
          type: extent.isPlain ? .plain : .head1, low: UInt16(position & mask), block: block, blockBehind: behind))
      var index = head + 1
      while index < end >> bits {
        let isLength = isBig && index == head + 1
        lclusters.append(
          Lcluster(
            type: .nonhead,
            low: isLength
              ? UInt16(extent.blockCount) | FullLclusterIndex.compressedBlockCountFlag : UInt16(index - head),
            next: UInt16(end >> bits - index), block: block, blockBehind: behind))
        index += 1
      }
      position = end
      block = behind
    }
    // An extent that ends inside the last lcluster, begun before it, needs a head there to end at.
    if position & mask != 0, position >> bits == lclusters.count {
      lclusters.append(Lcluster(type: .plain, low: UInt16(position & mask)))
    }
  }

  /// The map header's advice.
  var advise: UInt16 {
    MapHeader.compact2B | (isBig ? MapHeader.bigPcluster1 | MapHeader.bigPcluster2 : 0)
  }

  /// The map header and the entries, for an inode that (with its extended attributes) ends at `offset` of the image.
  ///
  /// The bytes begin with the padding up to the header, which stands at a multiple of 8.
  func encode(at offset: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: offset.roundedUp(to: 8) - offset)
    var header = MapHeader()
    header.advise = advise
    bytes += header.encoded
    let layout = CompactIndexLayout(count: lclusters.count, start: offset + bytes.count, compact2B: true)
    bytes.reserveCapacity(bytes.count + layout.byteCount)
    var index = 0
    while index < layout.initial4B { appendPack(&index, count: 2, bitsEach: 16, to: &bytes) }
    while index < layout.initial4B + layout.middle2B { appendPack(&index, count: 16, bitsEach: 14, to: &bytes) }
    while index < lclusters.count { appendPack(&index, count: 2, bitsEach: 16, to: &bytes) }
    return bytes
  }

  /// The bytes that `encode` gives.
  static func byteCount(size: UInt64, at offset: Int) -> Int {
    let count = Int(size.dividedUp(by: UInt64(ErofsFormat.blockByteCount)))
    let start = offset.roundedUp(to: 8) + MapHeader.byteCount
    return start - offset + CompactIndexLayout(count: count, start: start, compact2B: true).byteCount
  }

  /// `count` entries bit by bit, lowest first, and the block address that they count from.
  private func appendPack(_ index: inout Int, count: Int, bitsEach: Int, to bytes: inout [UInt8]) {
    let pack = lclusters[index..<min(index + count, lclusters.count)]
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: count * bitsEach / 8))
    for (slot, lcluster) in pack.enumerated() {
      var low = UInt32(lcluster.low)
      // The last of a pack says how far the next head is: the reader finds its own head by the entry before.
      let isLength =
        isBig && lcluster.type == .nonhead && lcluster.low & FullLclusterIndex.compressedBlockCountFlag != 0
      if slot == count - 1, lcluster.type == .nonhead, !isLength {
        low = UInt32(min(lcluster.next, FullLclusterIndex.compressedBlockCountFlag - 1))
      }
      let value = UInt32(lcluster.type.rawValue) << Self.lowBits | low
      let bit = slot * bitsEach
      let shifted = value << UInt32(bit % 8)
      for part in 0..<3 where start + bit / 8 + part < bytes.count {
        bytes[start + bit / 8 + part] |= UInt8(truncatingIfNeeded: shifted >> UInt32(8 * part))
      }
    }
    bytes.appendLE(baseAddress(of: pack))
    index += pack.count
  }

  /// What readers add the pclusters of the pack to (`z_erofs_load_compact_lcluster` in fs/erofs/zmap.c).
  private func baseAddress(of pack: ArraySlice<Lcluster>) -> UInt32 {
    guard let first = pack.first else { return 0 }
    if !isBig {
      // Each head counts one block, itself included.
      let head = pack.first { $0.type != .nonhead && $0.block != 0 }
      return head.map { $0.block - 1 } ?? first.block
    }
    // Each pcluster whose length stands in the pack counts; the length of one begun before may still come.
    if first.type == .nonhead, first.low & FullLclusterIndex.compressedBlockCountFlag == 0 { return first.blockBehind }
    return first.block
  }
}
