import ImageCore

/// Cuts bytes where their content says so: equal bytes are cut alike, wherever in a file they are.
///
/// A gear hash, which rolls over the last 64 bytes. Restarts with each call.
struct ContentChunker: Sendable {
  static let minByteCount = 4 << 10
  static let maxByteCount = 32 << 10
  /// One in 2¹² places ends a chunk.
  private static let mask: UInt64 = 0xFFF << 52
  private static let windowByteCount = 64

  /// A number for each byte; constants, as they decide the image's bytes.
  private let gear: [UInt64]

  init() {
    var state: UInt64 = 0x5EED
    gear = (0..<256).map { _ in
      // SplitMix64.
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = state
      value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
      return value ^ value >> 31
    }
  }

  /// Where the chunk that begins at `range.lowerBound` ends.
  func end(of range: Range<Int>, in bytes: borrowing [UInt8]) -> Int {
    let first = range.lowerBound + Self.minByteCount
    let last = min(range.upperBound, range.lowerBound + Self.maxByteCount)
    if first >= last { return last }
    let gear = gear.span
    let bytes = bytes.span
    var hash: UInt64 = 0
    for index in first - Self.windowByteCount..<first { hash = hash << 1 &+ gear[Int(bytes[index])] }
    var index = first
    while index < last {
      if hash & Self.mask == 0 { return index }
      hash = hash << 1 &+ gear[Int(bytes[index])]
      index += 1
    }
    return last
  }

  /// All chunks of a range, in order.
  func chunks(of range: Range<Int>, in bytes: borrowing [UInt8]) -> [Range<Int>] {
    var chunks: [Range<Int>] = []
    var start = range.lowerBound
    while start < range.upperBound {
      let end = end(of: start..<range.upperBound, in: bytes)
      chunks.append(start..<end)
      start = end
    }
    return chunks
  }
}
