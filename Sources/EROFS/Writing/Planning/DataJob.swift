import FileTree

/// A part of the work on file data that one thread does: pieces of about a segment in all.
struct DataJob: Sendable {
  /// A file, or a segment of a large one; or something without data, which only keeps its turn.
  struct Piece: Sendable {
    /// The index in the plan.
    let inode: Int
    let content: (any FileContent)?
    let offset: UInt64
    let byteCount: Int
    /// Extents of earlier files that are likely to hold parts of it.
    var shared: [SharedRun] = []

    var range: Range<UInt64> { offset..<offset + UInt64(byteCount) }
    /// Whether it is the file's last, and so has its tail.
    var isLast: Bool { content.map { offset + UInt64(byteCount) == $0.byteCount } ?? true }
    /// Whether it is all of the file.
    var isWhole: Bool { offset == 0 && isLast }
  }

  var pieces: [Piece] = []
  /// A segment of the packed inode, instead of pieces.
  var packed: [UInt8] = []
  /// Whether the packed inode takes more.
  var takesFragments = true
}

/// The jobs of a plan, made as they are asked for: small files together, large ones cut.
struct DataJobs {
  private static let batchByteCount = 512 << 10
  private static let batchPieceCount = 256

  private let tree: FileTree
  private let plan: InodePlan
  private let sharing: FileSharing
  private let extents: ExtentSharing
  private let format: ImageFormat
  /// The jobs that the pieces of files are in that later runs name, with the pieces' ends.
  private var places: [Int: [(end: UInt64, job: Int)]] = [:]
  private var position = 0
  /// Where the next segment of a large file begins; 0 between files.
  private(set) var offset: UInt64 = 0

  init(_ inodes: InodeTable, _ sharing: FileSharing, _ extents: ExtentSharing, _ format: ImageFormat) {
    tree = inodes.tree
    plan = inodes.plan
    self.sharing = sharing
    self.extents = extents
    self.format = format
  }

  /// The next job.
  ///
  /// - Parameter number: Its number.
  /// - Returns: The job, and the number of the last job that must be in the image before it can begin.
  mutating func next(_ number: Int) -> (job: DataJob, needed: Int)? {
    var job = DataJob()
    var needed = -1
    var byteCount = 0
    while position < plan.others.count, job.pieces.count < Self.batchPieceCount {
      let inode = plan.others[position]
      guard case .regular(let content) = tree.kind(of: plan.inodes[inode].node), sharing.original(of: inode) == nil
      else {
        job.pieces.append(DataJob.Piece(inode: inode, content: nil, offset: 0, byteCount: 0))
        position += 1
        continue
      }
      let rest = content.byteCount - offset
      // A segment of a larger file is alone in its job: what belongs behind it can still be put there.
      if !job.pieces.isEmpty, UInt64(byteCount) + rest > UInt64(Self.batchByteCount) { break }
      let isStored = format.codecs[plan.codec(of: inode)].codec == nil
      let whole = content.byteCount
      let segment = isStored ? format.storedSegmentByteCount(whole) : format.segmentByteCount(whole)
      var count = Int(Swift.min(rest, UInt64(segment)))
      let runs = extents.runs(in: inode)
      if !runs.isEmpty {
        count = cut(inode, count, runs)
        // What is not whole is alone in its job, too.
        if !job.pieces.isEmpty, UInt64(count) < content.byteCount { break }
        let last = lastSource(inode, offset..<offset + UInt64(count), runs)
        if last == number { break }
        needed = Swift.max(needed, last)
      }
      if extents.isSource(inode) { places[inode, default: []].append((offset + UInt64(count), number)) }
      job.pieces.append(DataJob.Piece(inode: inode, content: content, offset: offset, byteCount: count))
      byteCount += count
      offset += UInt64(count)
      if offset < content.byteCount { break }
      let isWhole = offset == UInt64(count)
      offset = 0
      position += 1
      if !isWhole || byteCount >= Self.batchByteCount { break }
    }
    return job.pieces.isEmpty ? nil : (job, needed)
  }

  /// The length of the piece at `offset`: shorter where a run names a part of the piece itself.
  private func cut(_ inode: Int, _ count: Int, _ runs: [ExtentSharing.Run]) -> Int {
    let end = offset + UInt64(count)
    for run in runs where run.start > offset && run.start < end && run.source == inode {
      let start = run.start - run.start % UInt64(format.block.byteCount)
      if start > offset, run.sourceStart + run.byteCount > offset { return Int(start - offset) }
    }
    return count
  }

  /// The last job that has something that runs in `range` of the file name; -1 for none.
  private func lastSource(_ inode: Int, _ range: Range<UInt64>, _ runs: [ExtentSharing.Run]) -> Int {
    var last = -1
    for run in runs where run.isNear(range) {
      let sourceRange = run.sourceRange
      let end = run.source == inode ? Swift.min(sourceRange.upperBound, range.lowerBound) : sourceRange.upperBound
      guard let pieces = places[run.source], end > 0 else { continue }
      last = Swift.max(last, (pieces.first { $0.end >= end } ?? pieces.last)?.job ?? -1)
    }
    return last
  }
}
