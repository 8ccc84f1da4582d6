import ImageCore

/// Compressed bytes between their source and a decoder.
struct StreamInput<Source: StreamSource & ~Copyable>: ~Copyable {
  private(set) var source: Source
  private(set) var bytes: [UInt8] = []
  /// Those of `bytes` that are still to be consumed.
  private(set) var range = 0..<0
  private(set) var consumedByteCount: UInt64 = 0
  /// What the source still has.
  private var left: UInt64

  private let pieceByteCount: Int

  init(_ source: consuming Source, pieceByteCount: Int) {
    left = source.byteCount
    self.pieceByteCount = pieceByteCount
    self.source = source
  }

  /// Whether all that follows is in `range`.
  var isLast: Bool { left == 0 }

  /// Where the next byte is, as errors have it.
  var offset: UInt64 { source.baseOffset &+ consumedByteCount }

  /// Reads until `range` has at least `count` bytes, or all that follows.
  mutating func fill(atLeast count: Int) throws(ImageError) {
    if range.count >= count || isLast { return }
    let wanted = max(count, pieceByteCount)
    if bytes.count < wanted {
      var larger = [UInt8].unfilled(Int(clamping: min(UInt64(wanted), UInt64(range.count) + left)))
      larger.copy(bytes, range, to: 0)
      bytes = larger
    } else {
      bytes.move(range, to: 0)
    }
    range = 0..<range.count
    let next = Int(clamping: min(UInt64(bytes.count - range.count), left))
    try source.read(into: &bytes, range.upperBound..<range.upperBound + next)
    left -= UInt64(next)
    range = 0..<range.count + next
  }

  mutating func consume(_ count: Int) {
    range = range.lowerBound + count..<range.upperBound
    consumedByteCount += UInt64(count)
    // Memory that nobody needs any more.
    if range.isEmpty && isLast { (bytes, range) = ([], 0..<0) }
  }

  /// Lets the source read to its end, and gives it back.
  consuming func finish() throws(ImageError) -> Source {
    while !isLast {
      range = 0..<0
      try fill(atLeast: 1)
    }
    return source
  }
}
