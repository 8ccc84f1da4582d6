import ImageCore

/// The runs of a piece of a file that are to be stored: all but long runs of zeros.
struct DataRuns {
  /// What file systems store at least.
  private static let blockByteCount = 4096
  /// A hole that is shorter costs more than it saves.
  private static let shortestHole = 16 << 10

  private let count: Int
  private let offset: UInt64
  private var position = 0

  /// Of `count` bytes that have their place at `offset` of a file.
  init(in count: Int, at offset: UInt64) {
    self.count = count
    self.offset = offset
  }

  /// The next run; `buffer` holds the bytes and is the same each time.
  mutating func next(in buffer: borrowing [UInt8]) -> Range<Int>? {
    if count < Self.shortestHole {
      defer { position = count }
      return position < count ? position..<count : nil
    }
    var start = position
    while position < count {
      let zeros = zeroRun(buffer)
      if zeros == 0 {
        position = blockEnd(position)
        continue
      }
      let end = position + zeros
      defer { position = end }
      if zeros < Self.shortestHole { continue }
      if start < position { return start..<position }
      start = end
    }
    return start < count ? start..<count : nil
  }

  /// How many bytes from `position` on are zeros, in whole blocks.
  private func zeroRun(_ buffer: borrowing [UInt8]) -> Int {
    var end = position
    while end < count, buffer.isZero(end..<blockEnd(end)) { end = blockEnd(end) }
    return end - position
  }

  /// The end of the file system's block that `position` is in.
  private func blockEnd(_ position: Int) -> Int {
    let inside = Int((offset + UInt64(position)) % UInt64(Self.blockByteCount))
    return min(count, position + Self.blockByteCount - inside)
  }
}
