import ImageCore
import RPM

/// Takes a payload's contents and hands them to a spool in large pieces.
struct SpoolWriter: RPMContentReceiver {
  private static let pieceByteCount = 1 << 20

  private let spool: PayloadSpool
  private var piece = [UInt8](repeating: 0, count: pieceByteCount)
  /// How much of `piece` is filled.
  private var count = 0
  /// Where `piece` goes.
  private var offset: UInt64 = 0
  /// The files that begin in it.
  private var starts: [(index: Int, start: UInt64)] = []

  init(_ spool: PayloadSpool) { self.spool = spool }

  mutating func begin(_ file: RPMFile, at offset: UInt64) throws(ImageError) {
    starts.append((file.index, self.offset + UInt64(count)))
  }

  mutating func data(_ bytes: borrowing [UInt8], _ range: Range<Int>) throws(ImageError) {
    var rest = range
    while !rest.isEmpty {
      let room = min(piece.count - count, rest.count)
      piece.copy(bytes, rest.lowerBound..<rest.lowerBound + room, to: count)
      count += room
      rest = rest.lowerBound + room..<rest.upperBound
      if count == piece.count { try flush() }
    }
  }

  mutating func end() {}

  /// Hands over what is left.
  mutating func flush() throws(ImageError) {
    // Someone may have cancelled it.
    if spool.isEnded { throw .cancelled }
    try spool.append(piece.rawSpan.slice(at: 0, count: count), at: offset, starts: starts)
    offset += UInt64(count)
    count = 0
    starts.removeAll(keepingCapacity: true)
  }
}
