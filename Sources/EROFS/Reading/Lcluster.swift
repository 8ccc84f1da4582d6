import ImageCore

/// One logical cluster as its index entry describes it, whatever the entry's form.
enum Lcluster: Equatable {
  /// An extent begins here, at `offset` in the lcluster; what is before belongs to the extent before.
  case head(isPlain: Bool, isSecond: Bool, offset: Int, block: UInt64)
  /// All of it belongs to an extent that began `back` lclusters before.
  ///
  /// The first of an extent tells the pcluster's length when that is more than one block.
  case inside(back: Int, pclusterBlockCount: Int?)
}

/// How a file's entries are packed: pure functions on bytes.
struct LclusterDecoder {
  /// The lcluster's length as a shift.
  let clusterBits: Int
  /// Whether pclusters may have several blocks.
  let hasBigPclusters: Bool

  /// An entry of the full form (`struct z_erofs_lcluster_index`).
  func full(_ bytes: RawSpan) throws(ImageError) -> Lcluster {
    let entry = try FullLclusterIndex(bytes)
    if UInt8(truncatingIfNeeded: entry.advise & 3) == LclusterType.nonhead.rawValue {
      return try inside(UInt16(truncatingIfNeeded: entry.union))
    }
    return try head(UInt8(entry.advise & 3), Int(entry.clusterOffset), UInt64(entry.union))
  }

  /// Entry `index` of a pack of the compact form.
  ///
  /// A pack is 2 entries in 8 bytes or 16 in 32 bytes: the entries as a string of bits, type above the low bits, and at the end the
  /// block address from which the pack's heads are counted.
  func compact(_ pack: RawSpan, at index: Int) throws(ImageError) -> Lcluster {
    let count = pack.byteCount == 8 ? 2 : 16
    let entry = try rawEntry(pack, count, index)
    guard entry.type == LclusterType.nonhead.rawValue else {
      let base = UInt64(try pack.u32(at: pack.byteCount - 4))
      return try head(entry.type, Int(entry.low), base + UInt64(try blocks(pack, count, before: index)))
    }
    if entry.low & FullLclusterIndex.compressedBlockCountFlag != 0 || index + 1 < count { return try inside(entry.low) }
    // A pack's last entry has the distance forward instead: the one before it knows the way back.
    let before = try rawEntry(pack, count, index - 1)
    guard before.type == LclusterType.nonhead.rawValue else { return .inside(back: 1, pclusterBlockCount: nil) }
    let isFirst = before.low & FullLclusterIndex.compressedBlockCountFlag != 0
    return .inside(back: isFirst ? 2 : Int(before.low) + 1, pclusterBlockCount: nil)
  }

  private func rawEntry(_ pack: RawSpan, _ count: Int, _ index: Int) throws(ImageError) -> (low: UInt16, type: UInt8) {
    let entryBits = (pack.byteCount - 4) * 8 / count
    // With small blocks the distances still need 12 bits.
    let lowBits = max(clusterBits, 12)
    let position = index * entryBits
    let word = try pack.u32(at: position / 8) >> UInt32(position % 8)
    return (UInt16(truncatingIfNeeded: word & (1 << UInt32(lowBits) - 1)), UInt8(word >> UInt32(lowBits) & 3))
  }

  /// How many blocks beyond the pack's base the pcluster of the head at `index` begins.
  private func blocks(_ pack: RawSpan, _ count: Int, before index: Int) throws(ImageError) -> Int {
    // Without big pclusters the base is the block before the pack's first.
    var result = hasBigPclusters ? 0 : 1
    var previousIsHead = false
    for position in 0..<index {
      let entry = try rawEntry(pack, count, position)
      if entry.type != LclusterType.nonhead.rawValue {
        result += 1
        previousIsHead = true
      } else {
        if hasBigPclusters, entry.low & FullLclusterIndex.compressedBlockCountFlag != 0 {
          // It stands for the head before it, also for one in the pack before.
          result += Int(entry.low & ~FullLclusterIndex.compressedBlockCountFlag) - (previousIsHead ? 1 : 0)
        }
        previousIsHead = false
      }
    }
    return result
  }

  private func head(_ type: UInt8, _ offset: Int, _ block: UInt64) throws(ImageError) -> Lcluster {
    guard offset < 1 << clusterBits else {
      throw ImageError(.corrupt, "an extent begins at \(offset) of an lcluster")
    }
    return .head(
      isPlain: type == LclusterType.plain.rawValue, isSecond: type == LclusterType.head2.rawValue, offset: offset,
      block: block)
  }

  private func inside(_ distance: UInt16) throws(ImageError) -> Lcluster {
    let flag = FullLclusterIndex.compressedBlockCountFlag
    guard distance & flag != 0 else { return .inside(back: Int(distance), pclusterBlockCount: nil) }
    guard hasBigPclusters else { throw ImageError(.corrupt, "a pcluster's length in a file without big pclusters") }
    return .inside(back: 1, pclusterBlockCount: Int(distance & ~flag))
  }
}
