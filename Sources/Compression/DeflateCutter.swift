import ImageCore

/// Shortens a DEFLATE stream (RFC 1951) to a capacity without compressing again.
///
/// A stream can end after any symbol: its block's end code follows, and the block becomes the last. So one try with more
/// source than fits gives the fullest block, where a search takes five to ten tries.
struct DeflateCutter {
  /// Bytes that an array must have after its stream, since bits are loaded in words.
  static let margin = 16

  /// Where a stream may end.
  private struct Cut {
    /// The bit with which the last block begins.
    var block: Int
    /// The bit after the last one that is kept.
    var end: Int
    /// What goes there.
    var endCode = DeflateTable.Code(bits: 0, count: 0)
    /// The length field of a stored block that is shortened, and its value.
    var storedLength: (offset: Int, value: Int)?
    var consumed: Int
  }

  private var literals = DeflateTable()
  private var distances = DeflateTable()
  private var lengths: [UInt8] = []

  /// Shortens the stream in front of `stream` to at most `capacity` bytes.
  ///
  /// - Returns: The bytes that it decompresses to, and its length; `(0, 0)` when not even one symbol fits.
  mutating func cut(_ stream: inout [UInt8], capacity: Int) -> (consumed: Int, produced: Int) {
    guard let cut = try? lastCut(stream, capacity: capacity) else { return (0, 0) }
    stream[cut.block / 8] |= 1 << UInt8(cut.block % 8)
    if let (offset, value) = cut.storedLength {
      stream[offset] = UInt8(value & 0xFF)
      stream[offset + 1] = UInt8(value >> 8)
      stream[offset + 2] = ~stream[offset]
      stream[offset + 3] = ~stream[offset + 1]
    }
    let end = cut.end + cut.endCode.count
    let kept = cut.end % 8
    var position = cut.end / 8
    var tail = UInt32(cut.endCode.bits) << UInt32(kept)
    if kept > 0 { tail |= UInt32(stream[position]) & (1 << UInt32(kept) - 1) }
    while position * 8 < end {
      stream[position] = UInt8(truncatingIfNeeded: tail)
      tail >>= 8
      position += 1
    }
    return (cut.consumed, position)
  }

  /// The last place where the stream may end.
  private mutating func lastCut(_ stream: borrowing [UInt8], capacity: Int) throws(ImageError) -> Cut? {
    let span = stream.rawSpan
    var best: Cut?
    var consumed = 0
    var position = 0
    while true {
      let block = position
      let header = try Self.bits(span, at: position)
      position += 3
      switch header >> 1 & 3 {
      case 0:
        let field = (position + 7) / 8
        let count = Int(try span.u16(at: field))
        let kept = min(count, capacity - field - 4)
        if kept >= 0 {
          best = Cut(block: block, end: (field + 4 + kept) * 8, storedLength: (field, kept), consumed: consumed + kept)
        }
        if kept < count { return best }
        consumed += count
        position = (field + 4 + count) * 8
      case 1, 2:
        if header >> 1 & 3 == 1 { fixedTables() } else { try dynamicTables(span, &position) }
        let limit = capacity * 8 - literals.endOfBlock.count
        guard position < limit else { return best }
        let before = consumed
        let isWhole = try walk(span, &position, until: limit, &consumed)
        guard isWhole || consumed > before else { return best }
        best = Cut(block: block, end: position, endCode: literals.endOfBlock, consumed: consumed)
        guard isWhole else { return best }
        position += literals.endOfBlock.count
      default: throw ImageError(.corrupt, "a DEFLATE block of type 3")
      }
      if header & 1 == 1 { return best }
    }
  }

  /// Passes symbols as long as they end at `limit` at most.
  ///
  /// - Returns: Whether the block's end comes next.
  private func walk(
    _ span: RawSpan, _ position: inout Int, until limit: Int, _ consumed: inout Int
  ) throws(ImageError) -> Bool {
    let literals = literals.entries.span
    let distances = distances.entries.span
    let literalMask = literals.count - 1
    let distanceMask = distances.count - 1
    var (at, total) = (position, consumed)
    defer { (position, consumed) = (at, total) }
    while true {
      let bits = try Self.bits(span, at: at)
      let symbol = literals[Int(truncatingIfNeeded: bits) & literalMask]
      var count = symbol.codeBitCount
      guard count > 0 else { throw ImageError(.corrupt, "a DEFLATE code that is none") }
      var length = symbol.base
      if symbol.kind != .literal {
        if symbol.kind == .endOfBlock { return true }
        length += Int(bits >> UInt64(count)) & (1 << symbol.extraBitCount - 1)
        count += symbol.extraBitCount
        let distance = distances[Int(truncatingIfNeeded: bits >> UInt64(count)) & distanceMask]
        count += distance.codeBitCount + distance.extraBitCount
      }
      if at + count > limit { return false }
      at += count
      total += length
    }
  }

  /// At least 56 bits of the stream.
  @inline(__always)
  private static func bits(_ span: RawSpan, at position: Int) throws(ImageError) -> UInt64 {
    try span.u64(at: position >> 3) >> UInt64(position & 7)
  }

  private mutating func fixedTables() {
    let literalLengths = [(8, 144), (9, 112), (7, 24), (8, 8)].flatMap { [UInt8](repeating: $0, count: $1) }
    literals.build(.literals, literalLengths[...])
    distances.build(.distances, [UInt8](repeating: 5, count: 30)[...])
  }

  /// Reads the code lengths of a block with codes of its own.
  private mutating func dynamicTables(_ span: RawSpan, _ position: inout Int) throws(ImageError) {
    let counts = Int(truncatingIfNeeded: try Self.bits(span, at: position))
    position += 14
    let literalCount = 257 + counts & 31
    let distanceCount = 1 + counts >> 5 & 31
    var codeLengths = [UInt8](repeating: 0, count: 19)
    for place in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15].prefix(4 + counts >> 10 & 15) {
      codeLengths[place] = UInt8(try Self.bits(span, at: position) & 7)
      position += 3
    }
    // The table of code lengths is needed only until the others are there.
    distances.build(.codeLengths, codeLengths[...])
    lengths.removeAll(keepingCapacity: true)
    while lengths.count < literalCount + distanceCount {
      let bits = Int(truncatingIfNeeded: try Self.bits(span, at: position))
      let entry = distances.entries[bits & (distances.entries.count - 1)]
      guard entry.codeBitCount > 0 else { throw ImageError(.corrupt, "a DEFLATE code length that is none") }
      position += entry.codeBitCount + entry.extraBitCount
      let extra = bits >> entry.codeBitCount & (1 << entry.extraBitCount - 1)
      switch entry.base {
      case 16: lengths.append(contentsOf: repeatElement(lengths.last ?? 0, count: 3 + extra))
      case 17: lengths.append(contentsOf: repeatElement(0, count: 3 + extra))
      case 18: lengths.append(contentsOf: repeatElement(0, count: 11 + extra))
      default: lengths.append(UInt8(entry.base))
      }
    }
    literals.build(.literals, lengths[..<literalCount])
    distances.build(.distances, lengths[literalCount...])
  }
}
