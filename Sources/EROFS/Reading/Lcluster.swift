import ImageCore

/// One logical cluster as its index entry describes it, whatever the entry's form.
struct Lcluster: Equatable {
  var type: LclusterType
  /// Of a head, where in the lcluster its extent begins; what is before belongs to the extent before.
  ///
  /// Else how many lclusters before the extent began, or with `FullLclusterIndex.compressedBlockCountFlag` the
  /// pcluster's length.
  var low: UInt16
  /// Of an lcluster inside an extent, how many lclusters the kernel goes on from it to find where the extent ends.
  var ahead: UInt16 = 1
  /// Of a head, its pcluster's block address.
  var block: UInt64

  var isHead: Bool { type != .nonhead }
  /// Whether there is nothing to it but the way back.
  var isInside: Bool { type == .nonhead && low & FullLclusterIndex.compressedBlockCountFlag == 0 }

  /// Of the first lcluster inside an extent: the length of the pcluster in blocks, when it is told.
  var pclusterBlockCount: Int? {
    let flag = FullLclusterIndex.compressedBlockCountFlag
    return low & flag == 0 ? nil : Int(low & ~flag)
  }

  /// How many lclusters before this one its extent began.
  var back: UInt64 { low & FullLclusterIndex.compressedBlockCountFlag == 0 ? UInt64(low) : 1 }
}

/// How a file's entries are packed: pure functions on bytes.
///
/// Entries that cannot be are decoded all the same: of a pack, a reader looks at those that it needs.
struct LclusterDecoder {
  /// The lcluster's length as a shift.
  let clusterBits: Int
  /// Whether pclusters may have several blocks.
  let hasBigPclusters: Bool

  /// Entries of the full form (`struct z_erofs_lcluster_index`), as many as there are bytes.
  func full(_ bytes: RawSpan, into clusters: inout [Lcluster]) throws(ImageError) {
    for offset in stride(from: 0, to: bytes.byteCount, by: FullLclusterIndex.byteCount) {
      let word = try bytes.u64(at: offset)
      let type = LclusterType(word)
      // A head has its place in the upper half of the advice's word, all others have their distances.
      let low = UInt16(truncatingIfNeeded: type == .nonhead ? word >> 32 : word >> 16)
      clusters.append(
        Lcluster(type: type, low: low, ahead: UInt16(truncatingIfNeeded: word >> 48), block: word >> 32))
    }
  }

  /// The entries of one pack of the compact form.
  ///
  /// A pack is 2 entries in 8 bytes or 16 in 32 bytes: the entries as a string of bits, type above the low bits, and at the end the
  /// block address from which the pack's heads are counted.
  func compact(_ pack: RawSpan, into clusters: inout [Lcluster]) throws(ImageError) {
    let count = pack.byteCount == 8 ? 2 : 16
    let entryBits = (pack.byteCount - 4) * 8 / count
    // With small blocks the distances still need 12 bits.
    let lowBits = UInt32(max(clusterBits, 12))
    let base = UInt64(try pack.u32(at: pack.byteCount - 4))
    let flag = FullLclusterIndex.compressedBlockCountFlag
    // Without big pclusters the base is the block before the pack's first.
    var block = hasBigPclusters ? base : base + 1
    var previous = Lcluster(type: .nonhead, low: 0, block: 0)
    for index in 0..<count {
      let position = index * entryBits
      let word = try pack.u32(at: position / 8) >> UInt32(position % 8)
      var cluster = Lcluster(
        type: LclusterType(UInt64(word >> lowBits)), low: UInt16(truncatingIfNeeded: word & (1 << lowBits - 1)),
        block: block)
      if cluster.isHead {
        block &+= 1
      } else if cluster.low & flag != 0 {
        // It stands for the head before it, also for one in the pack before.
        if hasBigPclusters { block = block &+ UInt64(cluster.low & ~flag) &- (index > 0 && previous.isHead ? 1 : 0) }
      } else if index == count - 1 {
        // A pack's last entry has the distance forward instead: the one before it knows the way back.
        cluster.ahead = cluster.low
        cluster.low = previous.isHead ? 1 : previous.low & flag != 0 ? 2 : previous.low &+ 1
      }
      clusters.append(cluster)
      previous = cluster
    }
  }
}

/// A pack of 16 compact entries that are all inside an extent: most of a large pcluster's, and passed over at once.
enum InsidePack {
  static let count = 16
  static let byteCount = 32
  private static let entryBits = 14
  /// The bits that tell an entry inside an extent: the type, and above the distance what marks a pcluster's length.
  private static let mask = repeated(0b111 << 11)
  private static let inside = repeated(0b100 << 11)

  /// Whether none of the entries begins an extent or has a length.
  static func matches(_ pack: RawSpan) throws(ImageError) -> Bool {
    var words = SIMD4<UInt64>()
    for index in words.indices { words[index] = try pack.u64(at: 8 * index) }
    return words & mask == inside
  }

  /// What a pack would be, all of whose entries are `entry`.
  private static func repeated(_ entry: UInt64) -> SIMD4<UInt64> {
    var words = SIMD4<UInt64>()
    for position in stride(from: 0, to: count * entryBits, by: entryBits) {
      let (word, shift) = (position / 64, UInt64(position % 64))
      words[word] |= entry << shift
      if shift > 64 - UInt64(entryBits) { words[word + 1] |= entry >> (64 - shift) }
    }
    return words
  }
}

extension LclusterType {
  /// The type in the two lowest bits.
  fileprivate init(_ bits: UInt64) {
    switch bits & 3 {
    case 0: self = .plain
    case 1: self = .head1
    case 2: self = .nonhead
    default: self = .head2
    }
  }
}
