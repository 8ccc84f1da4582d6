public import ImageCore

/// Where the levels of a hash tree are.
///
/// The superblock has the first block, the top level follows, the leaves are last. One block of data has no tree at all:
/// its digest is the root hash.
public struct VerityLayout: Sendable, Hashable {
  /// How many blocks of data there are.
  public let dataBlockCount: UInt64
  /// Of each level, its blocks in the hash partition; the leaves are level 0.
  public let levels: [Range<UInt64>]
  /// How many blocks the hash partition has, the superblock's included.
  public let blockCount: UInt64

  /// Lays a tree out.
  ///
  /// - Throws: `.invalidArgument` for no data at all.
  public init(dataBlockCount: UInt64, _ parameters: VerityParameters) throws(ImageError) {
    guard dataBlockCount > 0 else { throw ImageError(.invalidArgument, "dm-verity of no data") }
    self.dataBlockCount = dataBlockCount
    let width = UInt64(parameters.digestsPerBlock)
    var counts: [UInt64] = []
    var count = dataBlockCount
    while count > 1 {
      count = (count - 1) / width + 1
      counts.append(count)
    }
    var start: UInt64 = 1
    var levels: [Range<UInt64>] = []
    for count in counts.reversed() {
      levels.append(start..<start + count)
      start += count
    }
    self.levels = levels.reversed()
    blockCount = start
  }

  /// The length of the hash partition's content, in bytes.
  public func byteCount(_ parameters: VerityParameters) -> UInt64 {
    blockCount * UInt64(parameters.hashBlockByteCount)
  }
}
