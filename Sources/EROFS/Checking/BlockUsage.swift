import ImageCore

/// Which blocks are in use, and by what: finds what lies on top of each other, and what belongs to nobody.
struct BlockUsage {
  /// Why two things cannot be in one place.
  struct Overlap {
    let severity: Finding.Severity
    let message: String
  }

  /// The bits' memory: 16 MiB, enough for 500 GiB in use.
  private static let maxPageCount = 4096
  /// Inodes begin on multiples of this.
  private static let slotByteCount: UInt64 = 32

  private let blockByteCount: UInt64
  /// Whether data may be shared in parts: then an overlap is nothing to complain of.
  private let isShared: Bool
  private var data = SparseBits()
  /// The first blocks of what is in `data`.
  private var starts = SparseBits()
  private var metadata = SparseBits()
  /// The blocks that pclusters begin with, for each form; those that begin inside a block are too many to keep.
  private var forms: [(form: Pcluster.Form, starts: SparseBits)] = []
  /// Parts of inodes, in steps of 32 bytes.
  private var slots = SparseBits()

  /// The bytes in use, by kind; what is shared counts once.
  private(set) var byteCounts = [UInt64](repeating: 0, count: Usage.Kind.allCases.count)
  /// Uses that lie partly on others, where sharing allows it.
  private(set) var partlySharedCount = 0

  init(blockByteCount: Int, isShared: Bool) {
    self.blockByteCount = UInt64(blockByteCount)
    self.isShared = isShared
  }

  /// Whether the image is too large to keep account of: then nothing more is found.
  var isFull: Bool {
    let pageCount = data.pageCount + starts.pageCount + metadata.pageCount + slots.pageCount
    return forms.reduce(pageCount) { $0 + $1.starts.pageCount } > Self.maxPageCount
  }

  /// Blocks of the first `count` that nothing uses.
  func unusedCount(of count: UInt64) -> UInt64 { count - data.count(in: 0..<count, orIn: metadata) }

  /// Takes note of a use inside the image; `addedByteCount` says how much of it is new.
  mutating func add(_ usage: Usage) -> (overlap: Overlap?, addedByteCount: UInt64) {
    let end = usage.offset + usage.byteCount
    guard usage.byteCount > 0, !isFull else { return (nil, 0) }
    let blocks = usage.offset / blockByteCount..<end.dividedRoundingUp(by: blockByteCount)
    let result = usage.isMetadata ? addMetadata(usage, blocks, end) : addData(usage, blocks, end)
    byteCounts[usage.kind.rawValue] += result.addedByteCount
    return result
  }

  private mutating func addMetadata(
    _ usage: Usage, _ blocks: Range<UInt64>, _ end: UInt64
  ) -> (overlap: Overlap?, addedByteCount: UInt64) {
    var overlap: Overlap?
    if data.intersects(blocks) {
      overlap = Overlap(severity: .error, message: "the inode's bytes \(usage.offset) to \(end - 1) lie on data")
    }
    if usage.kind == .inode {
      let part = usage.offset / Self.slotByteCount..<end.dividedRoundingUp(by: Self.slotByteCount)
      if slots.insert(part) < UInt64(part.count), overlap == nil {
        overlap = Overlap(
          severity: .error, message: "the inode's bytes \(usage.offset) to \(end - 1) lie on another inode")
      }
    }
    return (overlap, metadata.insert(blocks) * blockByteCount)
  }

  private mutating func addData(
    _ usage: Usage, _ blocks: Range<UInt64>, _ end: UInt64
  ) -> (overlap: Overlap?, addedByteCount: UInt64) {
    let length = blocks.upperBound - blocks.lowerBound
    let isOnMetadata = metadata.intersects(blocks)
    let start = blocks.lowerBound
    // What begins or ends inside a block may have neighbours in it.
    let isWhole = usage.offset % blockByteCount == 0
    let added = data.insert(blocks)
    defer { if isWhole { starts.insert(start..<start + 1) } }
    let bytes = added == length ? usage.byteCount : added * blockByteCount
    let known = isWhole ? usage.form.map { addForm($0, start) } : nil
    if isOnMetadata {
      return (
        Overlap(severity: .error, message: "data in the blocks \(shown(blocks)) lies on metadata"), bytes
      )
    }
    if known?.hasOther == true {
      return (Overlap(severity: .error, message: "the pcluster in the blocks \(shown(blocks)) has two forms"), bytes)
    }
    if added == length || !isWhole || length == 0 { return (nil, bytes) }
    let isSameExtent =
      added == 0 && starts.contains(start) && !starts.intersects(start + 1..<max(start + 1, blocks.upperBound))
      && (!data.contains(blocks.upperBound) || starts.contains(blocks.upperBound))
    if isSameExtent { return (nil, 0) }
    if known?.hasSame == true, usage.byteCount % blockByteCount == 0 {
      return (Overlap(severity: .error, message: "the pcluster in the blocks \(shown(blocks)) has two lengths"), bytes)
    }
    guard !isShared else {
      partlySharedCount += 1
      return (nil, bytes)
    }
    return (
      Overlap(severity: .error, message: "data in the blocks \(shown(blocks)) lies partly on other data"), bytes
    )
  }

  /// Takes note of a pcluster, and tells whether one of the same or of another form begins there already.
  ///
  /// The kernel knows pclusters by where they begin: it reads all with the form and the length of the one read first.
  private mutating func addForm(_ form: Pcluster.Form, _ block: UInt64) -> (hasSame: Bool, hasOther: Bool) {
    if !forms.contains(where: { $0.form == form }) { forms.append((form, SparseBits())) }
    var (hasSame, hasOther) = (false, false)
    for index in forms.indices {
      if forms[index].form == form {
        hasSame = forms[index].starts.insert(block..<block + 1) == 0
      } else if forms[index].starts.contains(block) {
        hasOther = true
      }
    }
    return (hasSame, hasOther)
  }

  private func shown(_ blocks: Range<UInt64>) -> String {
    "\(blocks.lowerBound) to \(max(blocks.lowerBound, blocks.upperBound - 1))"
  }
}
