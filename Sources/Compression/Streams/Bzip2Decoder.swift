import CBZip2

/// bzip2 by libbz2, the CRC of each block and of each stream checked.
@safe final class Bzip2Decoder: StreamDecoder {
  private static let magic = Array("BZh".utf8)

  let headerByteCount = magic.count
  /// In a place of its own: libbz2's state points back to it.
  private let stream: UnsafeMutablePointer<bz_stream>

  init() {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: bz_stream())
  }

  deinit {
    // Does nothing where there is no state.
    _ = unsafe BZ2_bzDecompressEnd(stream)
    unsafe stream.deallocate()
  }

  func begin(_ input: borrowing [UInt8], _ range: Range<Int>, isFirst: Bool) throws(StreamFault) {
    try StreamFault.checkMagic(Self.magic, input, range, isFirst: isFirst)
    _ = unsafe BZ2_bzDecompressEnd(stream)
    guard unsafe BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK else { throw .noMemory }
  }

  func decode(
    _ input: borrowing [UInt8], _ range: Range<Int>, isLast: Bool, into output: inout [UInt8], _ place: Range<Int>
  ) throws(StreamFault) -> StreamStep {
    let (status, consumed, produced) = unsafe withBuffers(input, range, &output, place) { from, to in
      let (given, room) = (UInt32(clamping: from.count), UInt32(clamping: to.count))
      let start = unsafe UnsafeMutablePointer(mutating: from.baseAddress)
      // libbz2 neither writes to its input nor knows other characters.
      unsafe stream.pointee.next_in = UnsafeMutableRawPointer(start)?.assumingMemoryBound(to: CChar.self)
      unsafe stream.pointee.avail_in = given
      unsafe stream.pointee.next_out = UnsafeMutableRawPointer(to.baseAddress)?.assumingMemoryBound(to: CChar.self)
      unsafe stream.pointee.avail_out = room
      let status = unsafe BZ2_bzDecompress(stream)
      return unsafe (status, Int(given - stream.pointee.avail_in), Int(room - stream.pointee.avail_out))
    }
    switch status {
    case BZ_OK, BZ_STREAM_END:
      return StreamStep(consumed: consumed, produced: produced, isEnd: status == BZ_STREAM_END)
    case BZ_MEM_ERROR: throw .noMemory
    case BZ_DATA_ERROR_MAGIC: throw StreamFault(message: "does not begin as it should", consumed: consumed)
    default: throw StreamFault(message: "damaged block or wrong check", consumed: consumed)
    }
  }
}
