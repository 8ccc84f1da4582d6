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
    var nid: UInt64 { UInt64(offset / MetadataZone.slotByteCount) }
  }

  private struct Run {
    let firstBlock: UInt64
    var bytes: [UInt8]
    /// The bytes in use of each block.
    var used: [Int]
    var unfilled = 0
    var isOpen = true
    var isWritten = false
  }

  /// A block that has room.
  private struct Room {
    let run: Int
    let block: Int
  }

  /// Inodes stand at multiples of this.
  static let slotByteCount = 32
  private let block: BlockSize
  /// Long runs keep inodes together, but the last may stay half empty: runs grow with what there is.
  private var runBlockCount: Int { min(64, max(2, blockCount / 8)) }
  /// Runs that are still looked at for room: more find better fits, but are held in memory.
  private static let openRunCount = 8

  private var runs: [Run] = []
  private var blockCount = 0
  private var open: [Int] = []
  /// The open blocks by the slots that they have left.
  private var rooms: [[Room]]

  init(_ block: BlockSize) {
    self.block = block
    rooms = [[Room]](repeating: [], count: block.byteCount / Self.slotByteCount + 1)
  }

  /// Reserves the first `byteCount` bytes of the file system.
  mutating func reserveFront(_ byteCount: Int, _ sink: inout BlockSink) throws(ImageError) -> Place {
    try reserveBlocks(byteCount, &sink)
  }

  /// Reserves room at a slot's border.
  ///
  /// What fits in a block does not cross one.
  mutating func reserve(_ byteCount: Int, _ sink: inout BlockSink) throws(ImageError) -> Place {
    if byteCount > block.byteCount { return try reserveBlocks(byteCount, &sink) }
    let slots = byteCount.dividedRoundingUp(by: Self.slotByteCount)
    if let place = bestFit(slots, byteCount) { return place }
    let run = try openRun(blockCount: runBlockCount, &sink)
    for block in 0..<runs[run].used.count { rooms[rooms.count - 1].append(Room(run: run, block: block)) }
    guard let place = bestFit(slots, byteCount) else { preconditionFailure("an empty run has room") }
    return place
  }

  /// Writes the bytes `bytes[range]` of a reserved place.
  mutating func fill(
    _ place: Place, _ bytes: borrowing [UInt8], _ range: Range<Int>, _ sink: inout BlockSink
  ) throws(ImageError) {
    precondition(range.count == place.byteCount, "an inode is as long as was planned")
    let start = Int(runs[place.run].firstBlock) << block.bits
    runs[place.run].bytes.copy(bytes, range, to: place.offset - start)
    runs[place.run].unfilled -= 1
    try writeIfDone(place.run, &sink)
  }

  /// The bytes of the run that a place is in, as far as they are filled.
  func run(of place: Place) -> [UInt8] { runs[place.run].bytes }

  /// The bytes of all runs that are not written yet, as far as they are filled, in the order of their making.
  var openRuns: [[UInt8]] { runs.filter { !$0.isWritten }.map(\.bytes) }

  /// Gives blocks at the end of the file system back that nothing was put in.
  mutating func trim(_ sink: inout BlockSink) {
    for index in runs.indices where !runs[index].isWritten {
      let run = runs[index]
      guard run.firstBlock + UInt64(run.used.count) == sink.nextBlock else { continue }
      let kept = (run.used.lastIndex { $0 > 0 } ?? -1) + 1
      sink.release(run.used.count - kept)
      runs[index].used.removeLast(run.used.count - kept)
      runs[index].bytes.removeLast((run.used.count - kept) << block.bits)
      for slots in rooms.indices { rooms[slots].removeAll { $0.run == index && $0.block >= kept } }
    }
  }

  /// Writes all that is left.
  ///
  /// Every place must be filled.
  mutating func finish(_ sink: inout BlockSink) throws(ImageError) {
    for run in open { try close(run, &sink) }
    open = []
    precondition(runs.allSatisfy(\.isWritten), "every reserved inode is filled")
  }

  // MARK: runs

  /// A run of its own for what is longer than a block; the rest of its last block stays open.
  private mutating func reserveBlocks(_ byteCount: Int, _ sink: inout BlockSink) throws(ImageError) -> Place {
    let blockCount = block.blocks(byteCount)
    let index = try openRun(blockCount: blockCount, &sink)
    for number in 0..<blockCount { runs[index].used[number] = min(block.byteCount, byteCount - number << block.bits) }
    runs[index].unfilled += 1
    addRoom(index, blockCount - 1)
    return Place(run: index, offset: Int(runs[index].firstBlock) << block.bits, byteCount: byteCount)
  }

  /// Makes a run; the one that was open longest is closed.
  private mutating func openRun(blockCount: Int, _ sink: inout BlockSink) throws(ImageError) -> Int {
    let first = try sink.allocate(blockCount)
    self.blockCount += blockCount
    runs.append(
      Run(
        firstBlock: first, bytes: [UInt8](repeating: 0, count: blockCount << block.bits),
        used: [Int](repeating: 0, count: blockCount)))
    open.append(runs.count - 1)
    if open.count > Self.openRunCount { try close(open.removeFirst(), &sink) }
    return runs.count - 1
  }

  private mutating func close(_ run: Int, _ sink: inout BlockSink) throws(ImageError) {
    runs[run].isOpen = false
    for slots in rooms.indices { rooms[slots].removeAll { $0.run == run } }
    try writeIfDone(run, &sink)
  }

  /// The fullest block that has room; the first of them.
  private mutating func bestFit(_ slots: Int, _ byteCount: Int) -> Place? {
    for free in slots..<rooms.count where !rooms[free].isEmpty {
      let room = rooms[free].removeFirst()
      let start = block.byteCount - free * Self.slotByteCount
      runs[room.run].used[room.block] = start + byteCount
      runs[room.run].unfilled += 1
      addRoom(room.run, room.block)
      let offset = (Int(runs[room.run].firstBlock) + room.block) << block.bits + start
      return Place(run: room.run, offset: offset, byteCount: byteCount)
    }
    return nil
  }

  /// Lists a block by what it has left.
  private mutating func addRoom(_ run: Int, _ number: Int) {
    let free = (block.byteCount - runs[run].used[number]) / Self.slotByteCount
    if free > 0 { rooms[free].append(Room(run: run, block: number)) }
  }

  private mutating func writeIfDone(_ index: Int, _ sink: inout BlockSink) throws(ImageError) {
    let run = runs[index]
    guard !run.isOpen, run.unfilled == 0, !run.isWritten else { return }
    runs[index].isWritten = true
    runs[index].bytes = []
    runs[index].used = []
    try sink.write(run.bytes, count: run.bytes.count, at: run.firstBlock)
  }
}
