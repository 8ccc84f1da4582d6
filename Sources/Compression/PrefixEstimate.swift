import CLZ4

/// How much of a source a better compressor will fit into a block, guessed from what LZ4 does: ten times faster than to
/// try.
enum PrefixEstimate {
  /// What LZ4 fits into `room` bytes; at least 1.
  static func byteCount(
    _ source: borrowing [UInt8], _ range: Range<Int>, filling room: Int, scratch: inout [UInt8]
  ) -> Int {
    let room = min(room, 2 * range.count)
    if scratch.count < room { scratch = [UInt8](repeating: 0, count: room) }
    // liblz4 would look through all of a long source for a match before it gives up.
    let head = range.lowerBound..<min(range.upperBound, range.lowerBound + 8 * room)
    var consumed = CInt(head.count)
    let produced = unsafe source.withUnsafeBytes { input in
      unsafe scratch.withUnsafeMutableBytes { output in
        unsafe LZ4_compress_destSize(
          input.baseAddress?.advanced(by: head.lowerBound).assumingMemoryBound(to: CChar.self),
          output.baseAddress?.assumingMemoryBound(to: CChar.self), &consumed, CInt(room))
      }
    }
    return produced > 0 ? max(Int(consumed), 1) : 1
  }
}
