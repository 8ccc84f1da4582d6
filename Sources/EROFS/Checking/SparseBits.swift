/// Bits by number, of which few may be set: memory for those alone.
struct SparseBits {
  /// Each page has room for 32,768 bits in 4 KiB.
  private static let wordCount = 512
  private static let pageShift: UInt64 = 15

  /// The pages, one behind the other in the order in which they were needed.
  private var words: [UInt64] = []
  /// Where in `words` each page begins.
  private var starts: [UInt64: Int] = [:]
  /// The page that was used last: the next bits are mostly in it, too.
  private var recent: (page: UInt64, start: Int) = (.max, 0)

  /// The pages, each of 4 KiB.
  var pageCount: Int { starts.count }

  /// Sets all bits of `range`, and returns how many were not set before.
  @discardableResult
  mutating func insert(_ range: Range<UInt64>) -> UInt64 {
    var added: UInt64 = 0
    var bit = range.lowerBound
    while bit < range.upperBound {
      let (next, mask) = Self.word(bit, range.upperBound)
      let place = addedStart(ofPage: bit >> Self.pageShift) + Self.index(bit)
      added += UInt64((mask & ~words[place]).nonzeroBitCount)
      words[place] |= mask
      bit = next
    }
    return added
  }

  /// Whether a bit of `range` is set.
  mutating func intersects(_ range: Range<UInt64>) -> Bool {
    var bit = range.lowerBound
    while bit < range.upperBound {
      let (next, mask) = Self.word(bit, range.upperBound)
      if let start = start(ofPage: bit >> Self.pageShift), words[start + Self.index(bit)] & mask != 0 { return true }
      bit = next
    }
    return false
  }

  mutating func contains(_ bit: UInt64) -> Bool { intersects(bit..<bit + 1) }

  /// How many bits of `range` are set here or in `other`.
  func count(in range: Range<UInt64>, orIn other: SparseBits) -> UInt64 {
    var result: UInt64 = 0
    // Pages that neither has are not looked at.
    for page in Set(starts.keys).union(other.starts.keys) {
      var bit = max(range.lowerBound, page << Self.pageShift)
      let end = min(range.upperBound, (page + 1) << Self.pageShift)
      let (left, right) = (starts[page], other.starts[page])
      while bit < end {
        let (next, mask) = Self.word(bit, end)
        let index = Self.index(bit)
        let both = (left.map { words[$0 + index] } ?? 0) | (right.map { other.words[$0 + index] } ?? 0)
        result += UInt64((both & mask).nonzeroBitCount)
        bit = next
      }
    }
    return result
  }

  private mutating func start(ofPage page: UInt64) -> Int? {
    if page == recent.page { return recent.start }
    guard let start = starts[page] else { return nil }
    recent = (page, start)
    return start
  }

  private mutating func addedStart(ofPage page: UInt64) -> Int {
    if let start = start(ofPage: page) { return start }
    recent = (page, words.count)
    starts[page] = words.count
    words.append(contentsOf: repeatElement(0, count: Self.wordCount))
    return recent.start
  }

  /// Which word of its page a bit is in.
  private static func index(_ bit: UInt64) -> Int { Int(bit >> 6) & (wordCount - 1) }

  /// The bits from `bit` on that are in one word and before `end`, and what follows them.
  private static func word(_ bit: UInt64, _ end: UInt64) -> (next: UInt64, mask: UInt64) {
    let inWord = bit & 63
    let width = min(64 - inWord, end - bit)
    return (bit + width, (width == 64 ? UInt64.max : 1 << width - 1) << inWord)
  }
}
