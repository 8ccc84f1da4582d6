import ImageCore

/// Where inodes go: blocks in runs, each filled with what fits best, written when nothing more will go in.
///
/// The first run begins at block 0 and holds the superblock. Inodes are found by address alone, so their runs may stand
/// between the data.
struct MetadataZone {
  /// A reserved place, to be filled later.
  struct Place: Sendable {
    fileprivate let run: Int
    /// The byte address in the file system.
    let offset: Int
    let byteCount: Int

    /// The inode number of an inode that stands here.
    var nid: UInt64 { UInt64(offset / ErofsFormat.slotByteCount) }
  }

  private struct Run {
    let firstBlock: UInt32
    var bytes: [UInt8]
    /// The bytes in use of each block.
    var used: [Int]
    var unfilled = 0
  }

  private static let block = ErofsFormat.blockByteCount
  /// Long runs keep inodes together, but the last may stay half empty: runs grow with what there is.
  private var runBlockCount: Int { min(64, max(2, blockCount / 8)) }
  /// Runs that are still looked at for room: more find better fits, but are held in memory.
  private static let openRunCount = 2

  private var runs: [Int: Run] = [:]
  private var nextRun = 0
  private var blockCount = 0
  private var open: [Int] = []

  /// Reserves the first `byteCount` bytes of the file system.
  mutating func reserveFront(_ byteCount: Int, _ sink: inout BlockSink) throws(ImageError) -> Place {
    try reserve(byteCount, blockCount: byteCount.dividedUp(by: Self.block), &sink)
  }

  /// Reserves room at a slot's border.
  ///
  /// What fits in a block does not cross one.
  mutating func reserve(_ byteCount: Int, _ sink: inout BlockSink) throws(ImageError) -> Place {
    if byteCount > Self.block {
      return try reserve(byteCount, blockCount: byteCount.dividedUp(by: Self.block), &sink)
    }
    if let place = bestFit(byteCount) { return place }
    return take(byteCount, run: try openRun(blockCount: runBlockCount, &sink), block: 0)
  }

  /// Writes the bytes of a reserved place.
  mutating func fill(_ place: Place, _ bytes: [UInt8], _ sink: inout BlockSink) throws(ImageError) {
    precondition(bytes.count == place.byteCount, "an inode is as long as was planned")
    guard var run = runs.removeValue(forKey: place.run) else { return }
    run.bytes.copy(bytes, bytes.indices, to: place.offset - Int(run.firstBlock) * Self.block)
    run.unfilled -= 1
    runs[place.run] = run
    try writeIfDone(place.run, &sink)
  }

  /// The bytes of the run that a place is in, as far as they are filled.
  func run(of place: Place) -> [UInt8] { runs[place.run]?.bytes ?? [] }

  /// The bytes of all runs that are not written yet, as far as they are filled, in the order of their making.
  var openRuns: [[UInt8]] { runs.sorted { $0.key < $1.key }.map(\.value.bytes) }

  /// Gives blocks at the end of the file system back that nothing was put in.
  mutating func trim(_ sink: inout BlockSink) {
    for (index, run) in runs where UInt64(run.firstBlock) + UInt64(run.used.count) == sink.nextBlock {
      let kept = (run.used.lastIndex { $0 > 0 } ?? -1) + 1
      sink.release(run.used.count - kept)
      runs[index]?.used.removeLast(run.used.count - kept)
      runs[index]?.bytes.removeLast((run.used.count - kept) * Self.block)
    }
  }

  /// Writes all that is left.
  ///
  /// Every place must be filled.
  mutating func finish(_ sink: inout BlockSink) throws(ImageError) {
    let last = open
    open = []
    for run in last { try writeIfDone(run, &sink) }
    precondition(runs.isEmpty, "every reserved inode is filled")
  }

  // MARK: runs

  /// A run of its own for what is longer than a block; the rest of its last block stays open.
  private mutating func reserve(
    _ byteCount: Int, blockCount: Int, _ sink: inout BlockSink
  ) throws(ImageError) -> Place {
    let index = try openRun(blockCount: blockCount, &sink)
    guard var run = runs.removeValue(forKey: index) else { preconditionFailure("a run that was just made") }
    for block in 0..<blockCount { run.used[block] = min(Self.block, byteCount - block * Self.block) }
    run.unfilled += 1
    runs[index] = run
    return Place(run: index, offset: Int(run.firstBlock) * Self.block, byteCount: byteCount)
  }

  /// Makes a run; the one that was open longest is closed.
  private mutating func openRun(blockCount: Int, _ sink: inout BlockSink) throws(ImageError) -> Int {
    let first = try sink.allocate(blockCount)
    let index = nextRun
    nextRun += 1
    self.blockCount += blockCount
    runs[index] = Run(
      firstBlock: first, bytes: [UInt8](repeating: 0, count: blockCount * Self.block),
      used: [Int](repeating: 0, count: blockCount))
    open.append(index)
    if open.count > Self.openRunCount { try writeIfDone(open.removeFirst(), &sink) }
    return index
  }

  /// The fullest block that has room; the first of them.
  private mutating func bestFit(_ byteCount: Int) -> Place? {
    var best: (run: Int, block: Int, used: Int)?
    for index in open {
      guard let run = runs[index] else { continue }
      for (block, used) in run.used.enumerated() {
        let start = used.roundedUp(to: ErofsFormat.slotByteCount)
        if start + byteCount <= Self.block, start > best?.used ?? -1 { best = (index, block, start) }
      }
    }
    return best.map { take(byteCount, run: $0.run, block: $0.block) }
  }

  private mutating func take(_ byteCount: Int, run index: Int, block: Int) -> Place {
    guard var run = runs.removeValue(forKey: index) else { preconditionFailure("a run that is open") }
    let start = run.used[block].roundedUp(to: ErofsFormat.slotByteCount)
    run.used[block] = start + byteCount
    run.unfilled += 1
    let offset = (Int(run.firstBlock) + block) * Self.block + start
    runs[index] = run
    return Place(run: index, offset: offset, byteCount: byteCount)
  }

  private mutating func writeIfDone(_ index: Int, _ sink: inout BlockSink) throws(ImageError) {
    guard let run = runs[index], !open.contains(index), run.unfilled == 0 else { return }
    runs[index] = nil
    try sink.write(run.bytes, count: run.bytes.count, at: run.firstBlock)
  }
}
