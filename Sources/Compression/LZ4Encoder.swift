/// LZ4's fast way for outputs of fixed size: one probe of a hash table for each position, the first match is taken.
///
/// Much like liblz4's, and faster for blocks of a few KiB: entries of 16 bits, so that twice as many fit into the fastest
/// cache; a search that is unrolled; no branch where only chance would foretell it; and what comes after a match does not
/// wait for where the match begins.
///
/// All positions count from `window`, which moves when 16 bits are no longer enough. An entry is a position that was
/// probed, or 0; whether there is a match, its bytes say. So what is found depends on the source alone.
///
/// Reads and writes without checks of bounds, all of them here. Reads: a match begins 25 bytes before the source's end or
/// earlier, and no read goes farther than that from it; entries are positions before the one that is probed. Writes: a
/// sequence that could come within 16 bytes of the output's end goes the careful way.
@safe struct LZ4Encoder {
  private static let tableBits = 13
  /// The last position that an entry can hold.
  private static let windowEnd = 65_535
  /// How many bytes before the source's end the last search begins: a match and its probes read no farther.
  private static let endMargin = 25
  /// The end of a block is literals.
  private static let lastLiterals = 5
  /// From a match's beginning to the block's end.
  private static let matchMargin = 12
  private static let minMatch = 4
  /// More than a sequence takes beside its literals and their count, and what copying by 16 bytes writes too much.
  private static let outputMargin = 48
  /// Rounds of four probes at neighbouring positions, before the search begins to leave out positions.
  private static let closeRounds = 10

  static let tableByteCount = 2 << tableBits

  private let table: UnsafeMutablePointer<UInt16>
  private let outputStart: UnsafeMutableRawPointer
  private let outputEnd: UnsafeMutableRawPointer
  private var output: UnsafeMutableRawPointer
  private var window: UnsafeRawPointer
  /// The source's beginning, its end, and the last position that may be probed.
  private var first = 0
  private var end: Int
  private var probeEnd: Int
  /// Where literals begin that are not written yet.
  private var anchor = 0
  private var position = 1
  private var match = 0

  /// Everything behind the pointers belongs to this encoder while it works; nothing of it is empty.
  @unsafe init(
    _ source: UnsafeRawBufferPointer, output: UnsafeMutableRawBufferPointer, table: UnsafeMutableRawPointer
  ) {
    unsafe self.table = table.assumingMemoryBound(to: UInt16.self)
    unsafe outputStart = output.baseAddress.unsafelyUnwrapped
    unsafe outputEnd = outputStart + output.count
    unsafe self.output = outputStart
    unsafe window = source.baseAddress.unsafelyUnwrapped
    end = source.count
    probeEnd = end - Self.endMargin
  }

  /// Fills the output.
  func encode() -> (consumed: Int, produced: Int) {
    // What is called for each sequence is inlined, so that this copy stays in registers.
    var state = self
    state.clearTable()
    while state.findMatch() {
      if !state.writeSequence() { return state.finished(withMatch: true) }
    }
    return state.finished(withMatch: false)
  }

  // MARK: the search

  private func clearTable() { unsafe table.update(repeating: 0, count: 1 << Self.tableBits) }

  private var room: Int { @inline(__always) get { unsafe outputEnd - output } }

  /// Goes on to the next position with a match; false when there is none, or the literals before it would not fit.
  @inline(__always) private mutating func findMatch() -> Bool {
    while true {
      let last = min(probeEnd, anchor &+ room)
      let limit = min(last, Self.windowEnd)
      var rounds = Self.closeRounds
      while position &+ 3 <= limit, rounds > 0 {
        if probeFour(step: 1) { return true }
        rounds &-= 1
      }
      var quarters = 32
      while position &+ 3 &* (quarters &>> 4) <= limit {
        if probeFour(step: quarters &>> 4) { return true }
        quarters &+= 1
      }
      while position <= limit {
        if probe(position) { return true }
        position &+= 1
      }
      guard position <= last else { return false }
      moveWindow()
    }
  }

  @inline(__always) private mutating func probeFour(step: Int) -> Bool {
    for _ in 0..<4 {
      if probe(position) { return true }
      position &+= step
    }
    return false
  }

  /// Whether the same four bytes were seen before, at `match`.
  @inline(__always) private mutating func probe(_ position: Int) -> Bool {
    let bytes = load(position)
    let slot = Self.slot(bytes)
    match = unsafe Int(table[slot])
    unsafe table[slot] = UInt16(truncatingIfNeeded: position)
    return unsafe window.loadUnaligned(fromByteOffset: match, as: UInt32.self) == UInt32(truncatingIfNeeded: bytes)
  }

  /// A hash of the first five bytes.
  @inline(__always) private static func slot(_ bytes: UInt64) -> Int {
    Int(truncatingIfNeeded: (bytes &<< 24 &* 889_523_592_379) &>> (64 - UInt64(tableBits)))
  }

  /// Begins a window at the position, without matches that lie before it.
  @inline(__always) private mutating func moveWindow() {
    clearTable()
    unsafe window += position
    first &-= position
    end &-= position
    probeEnd &-= position
    anchor &-= position
    position = 1
  }

  @inline(__always) private func load(_ position: Int) -> UInt64 {
    unsafe window.loadUnaligned(fromByteOffset: position, as: UInt64.self)
  }

  @inline(__always) private func byte(_ position: Int) -> UInt8 {
    unsafe window.load(fromByteOffset: position, as: UInt8.self)
  }

  // MARK: sequences

  /// Writes the literals up to the match, and the match; false, and nothing is written, where room is short.
  @inline(__always) private mutating func writeSequence() -> Bool {
    let next = endOfMatch()
    // A position inside of the match, so that more is found; not beyond what can be read.
    let inside = min(next &- 2, probeEnd)
    unsafe table[Self.slot(load(inside))] = UInt16(truncatingIfNeeded: inside)
    let start = beginningOfMatch()

    let literalCount = start &- anchor
    let length = next &- start &- Self.minMatch
    guard literalCount &+ literalCount &>> 7 &+ length &>> 7 &+ Self.outputMargin <= room else { return false }
    put(UInt8(truncatingIfNeeded: min(literalCount, 15) &<< 4 | min(length, 15)))
    if literalCount >= 15 { writeCount(literalCount &- 15) }
    // The output has room for 15 bytes too many, and the source has 25 bytes after each position.
    var copied = 0
    repeat {
      unsafe output.storeBytes(
        of: window.loadUnaligned(fromByteOffset: anchor &+ copied, as: SIMD2<UInt64>.self),
        toByteOffset: copied, as: SIMD2<UInt64>.self)
      copied &+= 16
    } while copied < literalCount
    unsafe output += literalCount
    writeDistance(position &- match)
    if length >= 15 { writeCount(length &- 15) }
    position = next
    anchor = next
    return true
  }

  /// Where the match ends that begins at the position, with its first four bytes compared.
  @inline(__always) private func endOfMatch() -> Int {
    // Without a branch for the usual lengths, as nothing foretells them.
    let first = load(position &+ 4) ^ load(match &+ 4)
    let second = load(position &+ 12) ^ load(match &+ 12)
    if _fastPath(first | second != 0) {
      let low = first.trailingZeroBitCount &>> 3
      let high = second.trailingZeroBitCount &>> 3
      return position &+ 4 &+ low &+ (first == 0 ? high : 0)
    }
    return unsafe Self.endOfLongMatch(
      window, from: position &+ 20, distance: position &- match, limit: end &- Self.lastLiterals)
  }

  @inline(never) @unsafe private static func endOfLongMatch(
    _ window: UnsafeRawPointer, from: Int, distance: Int, limit: Int
  ) -> Int {
    var at = from
    while at &+ 8 <= limit {
      let difference =
        unsafe window.loadUnaligned(fromByteOffset: at, as: UInt64.self)
        ^ window.loadUnaligned(fromByteOffset: at &- distance, as: UInt64.self)
      if difference != 0 { return at &+ difference.trailingZeroBitCount &>> 3 }
      at &+= 8
    }
    while at < limit,
      unsafe window.load(fromByteOffset: at, as: UInt8.self)
        == window.load(fromByteOffset: at &- distance, as: UInt8.self)
    { at &+= 1 }
    return at
  }

  /// Where the match begins when it is lengthened to the left.
  @inline(__always) private func beginningOfMatch() -> Int {
    let distance = position &- match
    var start = position
    if _fastPath(match &- first >= 8) {
      let difference = load(position &- 8) ^ load(match &- 8)
      let room = position &- anchor
      start &-= min(difference.leadingZeroBitCount &>> 3, room)
      if _fastPath(difference != 0 || room <= 8) { return start }
    }
    while start > anchor, start &- distance > first, byte(start &- 1) == byte(start &- 1 &- distance) { start &-= 1 }
    return start
  }

  @inline(__always) private mutating func put(_ byte: UInt8) {
    unsafe output.storeBytes(of: byte, as: UInt8.self)
    unsafe output += 1
  }

  /// Writes what a token's four bits could not hold.
  @inline(__always) private mutating func writeCount(_ count: Int) {
    var rest = count
    while rest >= 255 {
      put(255)
      rest &-= 255
    }
    put(UInt8(truncatingIfNeeded: rest))
  }

  @inline(__always) private mutating func writeDistance(_ distance: Int) {
    unsafe output.storeBytes(of: UInt16(truncatingIfNeeded: distance).littleEndian, as: UInt16.self)
    unsafe output += 2
  }

  // MARK: the end of the output

  /// Writes what fits where room is short, and the last literals.
  @inline(never) private func finished(withMatch: Bool) -> (consumed: Int, produced: Int) {
    var state = self
    var hasMatch = withMatch
    while hasMatch, state.writeShortSequence() { hasMatch = state.findMatch() }
    let room = max(state.room - 1, 0)
    let fitting = room <= 15 ? min(room, 14) : room - 1 - (room - 15) / 256
    let count = min(state.end - state.anchor, fitting)
    state.writeLiterals(count, matchBits: 0)
    return unsafe (state.anchor + count - state.first, state.output - outputStart)
  }

  /// Writes of the match what fits; false when that is nothing.
  private mutating func writeShortSequence() -> Bool {
    let start = beginningOfMatch()
    let literalCount = start - anchor
    let rest = room - (1 + Self.extraBytes(literalCount) + literalCount + 2)
    // After the shortest match come a token and the literals that it needs.
    guard rest >= 1 + Self.matchMargin - Self.minMatch else { return false }
    // Each byte of count that leaves room for the last literals stands for 255, the last one for 254.
    let length = min(endOfMatch() - start - Self.minMatch, (rest - 1 - Self.lastLiterals) * 255 + 14)
    writeLiterals(literalCount, matchBits: min(length, 15))
    writeDistance(position - match)
    if length >= 15 { writeCount(length - 15) }
    anchor = start + length + Self.minMatch
    position = anchor
    return true
  }

  private mutating func writeLiterals(_ count: Int, matchBits: Int) {
    put(UInt8(min(count, 15) << 4 | matchBits))
    if count >= 15 { writeCount(count - 15) }
    unsafe output.copyMemory(from: window + anchor, byteCount: count)
    unsafe output += count
  }

  private static func extraBytes(_ count: Int) -> Int { count < 15 ? 0 : (count - 15) / 255 + 1 }
}
