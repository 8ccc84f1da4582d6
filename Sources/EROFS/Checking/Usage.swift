/// Bytes of an image that something uses.
struct Usage: Sendable {
  enum Kind: Int, Sendable, CaseIterable {
    /// The superblock and what follows it.
    case superblock
    /// An inode with all that stands behind it: attributes, maps, inline data.
    case inode
    /// What many inodes point at: shared attributes, tables.
    case sharedMetadata
    case directory
    case plain
    case chunk
    case compressed
    /// Data of the inode that holds others' fragments.
    case packed
  }

  let offset: UInt64
  let byteCount: UInt64
  let kind: Kind
  /// Of a pcluster, what its bytes are.
  var form: Pcluster.Form?

  var isMetadata: Bool { kind == .superblock || kind == .inode || kind == .sharedMetadata }
}

/// Bits by number, of which few may be set: memory for those alone.
struct SparseBits {
  /// Each page has room for 32,768 bits in 4 KiB.
  private static let wordCount: UInt64 = 512

  private var pages: [UInt64: [UInt64]] = [:]
  /// How many bits are set.
  private(set) var count: UInt64 = 0

  /// The pages, each of 4 KiB.
  var pageCount: Int { pages.count }

  /// Sets all bits of `range`, and returns how many were not set before.
  @discardableResult
  mutating func insert(_ range: Range<UInt64>) -> UInt64 {
    var added: UInt64 = 0
    Self.forEachWord(range) { page, word, mask in
      var fresh: UInt64 = 0
      if pages[page]?.insert(word, mask, &fresh) == nil {
        var words = [UInt64](repeating: 0, count: Int(Self.wordCount))
        words[word] = mask
        pages[page] = words
        fresh = mask
      }
      added += UInt64(fresh.nonzeroBitCount)
      return true
    }
    count += added
    return added
  }

  /// How many bits of `range` are set.
  func count(in range: Range<UInt64>) -> UInt64 {
    var result: UInt64 = 0
    Self.forEachWord(range) { page, word, mask in
      if let words = pages[page] { result += UInt64((words[word] & mask).nonzeroBitCount) }
      return true
    }
    return result
  }

  /// Whether a bit of `range` is set.
  func intersects(_ range: Range<UInt64>) -> Bool {
    var result = false
    Self.forEachWord(range) { page, word, mask in
      if let words = pages[page] { result = words[word] & mask != 0 }
      return !result
    }
    return result
  }

  func contains(_ bit: UInt64) -> Bool { intersects(bit..<bit + 1) }

  /// How many bits of `range` are set here or in `other`.
  func count(in range: Range<UInt64>, orIn other: SparseBits) -> UInt64 {
    var result: UInt64 = 0
    // Whole pages only: those that neither has are not looked at.
    for page in Set(pages.keys).union(other.pages.keys) {
      let first = page * Self.wordCount * 64
      let (lower, upper) = (max(range.lowerBound, first), min(range.upperBound, first + Self.wordCount * 64))
      guard lower < upper else { continue }
      let (left, right) = (pages[page], other.pages[page])
      Self.forEachWord(lower..<upper) { _, word, mask in
        result += UInt64((((left?[word] ?? 0) | (right?[word] ?? 0)) & mask).nonzeroBitCount)
        return true
      }
    }
    return result
  }

  private static func forEachWord(_ range: Range<UInt64>, _ body: (UInt64, Int, UInt64) -> Bool) {
    var bit = range.lowerBound
    while bit < range.upperBound {
      let inWord = bit & 63
      let width = min(64 - inWord, range.upperBound - bit)
      let mask = (width == 64 ? UInt64.max : 1 << width - 1) << inWord
      guard body(bit / 64 / wordCount, Int(bit / 64 % wordCount), mask) else { return }
      bit += width
    }
  }
}

extension [UInt64] {
  /// Sets the bits of `mask` in a word; `fresh` are those that were not set.
  fileprivate mutating func insert(_ word: Int, _ mask: UInt64, _ fresh: inout UInt64) {
    fresh = mask & ~self[word]
    self[word] |= mask
  }
}
