import CZlib

/// gzip by zlib: members of any length, their CRC-32 and length checked.
@safe final class GzipDecoder: StreamDecoder {
  static let magic: [UInt8] = [0x1F, 0x8B]

  let headerByteCount = magic.count
  /// In a place of its own: zlib's state points back to it.
  private let stream: UnsafeMutablePointer<z_stream>

  init() throws(StreamFault) {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    guard unsafe inflateInitGzip(stream) == Z_OK else { throw .noMemory }
  }

  deinit {
    _ = unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  func begin(_ input: borrowing [UInt8], _ range: Range<Int>, isFirst: Bool) throws(StreamFault) {
    try StreamFault.checkMagic(Self.magic, input, range, isFirst: isFirst)
    _ = unsafe inflateReset(stream)
  }

  func decode(
    _ input: borrowing [UInt8], _ range: Range<Int>, isLast: Bool, into output: inout [UInt8], _ place: Range<Int>
  ) throws(StreamFault) -> StreamStep {
    let (status, consumed, produced) = unsafe withBuffers(input, range, &output, place) { from, to in
      let (given, room) = (UInt32(clamping: from.count), UInt32(clamping: to.count))
      // zlib does not write there: its declaration is older than const.
      unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: from.baseAddress)
      unsafe stream.pointee.avail_in = given
      unsafe stream.pointee.next_out = to.baseAddress
      unsafe stream.pointee.avail_out = room
      let status = unsafe inflate(stream, Z_NO_FLUSH)
      return unsafe (status, Int(given - stream.pointee.avail_in), Int(room - stream.pointee.avail_out))
    }
    switch status {
    case Z_OK, Z_BUF_ERROR: return StreamStep(consumed: consumed, produced: produced, isEnd: false)
    case Z_STREAM_END: return StreamStep(consumed: consumed, produced: produced, isEnd: true)
    case Z_MEM_ERROR: throw .noMemory
    default:
      let reason = unsafe stream.pointee.msg.map { unsafe String(cString: $0) }
      throw StreamFault(message: reason ?? "cannot be decoded", consumed: consumed)
    }
  }
}
