import ImageCore

/// How much of each part of an image is used, and for what.
package struct RegionMap: Sendable {
  /// What a byte of a file system may be.
  package enum Kind: String, Sendable, CaseIterable {
    case superblock, metadata, directories, plain, chunks, compressed, packed
  }

  private static let bucketCount: UInt64 = 4096

  /// The file system's length.
  package let byteCount: UInt64
  /// The bytes of each kind, in all.
  package private(set) var byteCounts = [UInt64](repeating: 0, count: Kind.allCases.count)
  private var buckets: [[UInt64]]
  /// The index of each kind of use.
  private static let indices = Usage.Kind.allCases.map { Kind($0).index }

  /// A bucket's length as a shift.
  private let bucketBits: UInt64

  private var bucketByteCount: UInt64 { 1 << bucketBits }

  init(byteCount: UInt64) {
    self.byteCount = byteCount
    bucketBits = UInt64(64 - (byteCount / Self.bucketCount).leadingZeroBitCount)
    buckets = Array(repeating: Array(repeating: 0, count: Int(Self.bucketCount)), count: Kind.allCases.count)
  }

  /// Takes note of what is in use, of which `added` bytes are new.
  mutating func add(_ usage: Usage, _ added: UInt64) {
    let kind = Self.indices[usage.kind.rawValue]
    byteCounts[kind] += added
    let end = min(byteCount, usage.offset + max(usage.byteCount, added))
    var position = usage.offset
    while position < end {
      let length = min(end - position, bucketByteCount - position & (bucketByteCount - 1))
      buckets[kind][Int(position >> bucketBits)] += length
      position += length
    }
  }

  /// The bytes of each kind in a range of the file system, as far as the map is that fine.
  package func byteCounts(in range: Range<UInt64>) -> [UInt64] {
    let first = Int(range.lowerBound >> bucketBits)
    let end = min(Int(Self.bucketCount), Int(range.upperBound.dividedRoundingUp(by: bucketByteCount)))
    return buckets.map { counts in counts[min(first, end)..<end].reduce(0, +) }
  }
}

extension RegionMap.Kind {
  init(_ kind: Usage.Kind) {
    switch kind {
    case .superblock: self = .superblock
    case .inode, .sharedMetadata: self = .metadata
    case .directory: self = .directories
    case .plain: self = .plain
    case .chunk: self = .chunks
    case .compressed: self = .compressed
    case .packed: self = .packed
    }
  }

  /// Its place in lists of counts.
  package var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
