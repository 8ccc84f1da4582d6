import CDeflate
import ImageCore

/// gzip by libdeflate, which is more than twice as fast as zlib and wants all of a member, and room for all that it holds.
///
/// What it refuses, zlib judges: members that are longer than expected, and faults.
@safe final class WholeGzipDecoder: StreamDecoder {
  /// The whole stream is in memory when `begin` is called.
  let headerByteCount: Int
  private let fallback: GzipDecoder
  private let state: OpaquePointer
  /// How much may still come out.
  private var expected: Int
  private var isWhole = false
  /// What came out and was not yet asked for.
  private var ready: [UInt8] = []
  private var readyRange = 0..<0

  /// A decoder for a stream of `byteCount` bytes that is said to hold `length`; `nil` when that takes too much memory.
  init?(_ byteCount: UInt64, holding length: UInt64, _ limits: StreamLimits) throws(StreamFault) {
    // DEFLATE makes no more than 1032 bytes of one.
    let length = min(length, limits.outputByteCount, byteCount.saturatingMultiply(1032))
    guard byteCount <= limits.wholeByteCount, length <= limits.wholeByteCount - byteCount else { return nil }
    fallback = try GzipDecoder()
    guard let state = unsafe libdeflate_alloc_decompressor() else { throw .noMemory }
    unsafe self.state = unsafe state
    headerByteCount = Int(clamping: byteCount)
    expected = Int(clamping: length)
  }

  deinit { unsafe libdeflate_free_decompressor(state) }

  func begin(_ input: borrowing [UInt8], _ range: Range<Int>, isFirst: Bool) throws(StreamFault) {
    try fallback.begin(input, range, isFirst: isFirst)
    isWhole = true
  }

  func decode(
    _ input: borrowing [UInt8], _ range: Range<Int>, isLast: Bool, into output: inout [UInt8], _ place: Range<Int>
  ) throws(StreamFault) -> StreamStep {
    if !readyRange.isEmpty { return StreamStep(consumed: 0, produced: give(&output, place), isEnd: readyRange.isEmpty) }
    if isWhole {
      isWhole = false
      // Straight to where it is wanted, if that has room for all.
      if place.count >= expected, let (consumed, produced) = decompress(input, range, &output, place) {
        expected -= min(produced, expected)
        return StreamStep(consumed: consumed, produced: produced, isEnd: true)
      }
      if place.count < expected {
        ready = .unfilled(expected)
        if let (consumed, produced) = decompress(input, range, &ready, 0..<expected) {
          expected -= produced
          readyRange = 0..<produced
          return StreamStep(consumed: consumed, produced: give(&output, place), isEnd: readyRange.isEmpty)
        }
        ready = []
      }
    }
    return try fallback.decode(input, range, isLast: isLast, into: &output, place)
  }

  /// Moves what is ready to `output[place]`.
  private func give(_ output: inout [UInt8], _ place: Range<Int>) -> Int {
    let count = min(readyRange.count, place.count)
    output.copy(ready, readyRange.lowerBound..<readyRange.lowerBound + count, to: place.lowerBound)
    readyRange = readyRange.lowerBound + count..<readyRange.upperBound
    if readyRange.isEmpty { ready = [] }
    return count
  }

  /// Decompresses one member; `nil` when it is at fault or `output[place]` too small.
  private func decompress(
    _ input: borrowing [UInt8], _ range: Range<Int>, _ output: inout [UInt8], _ place: Range<Int>
  ) -> (consumed: Int, produced: Int)? {
    unsafe withBuffers(input, range, &output, place) { from, to in
      var (consumed, produced) = (0, 0)
      let result = unsafe libdeflate_gzip_decompress_ex(
        state, from.baseAddress, from.count, to.baseAddress, to.count, &consumed, &produced)
      return result == LIBDEFLATE_SUCCESS ? (consumed, produced) : nil
    }
  }
}
