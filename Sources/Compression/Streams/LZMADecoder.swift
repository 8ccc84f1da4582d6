import CLZMA

/// Streams of xz and of LZMA alone by liblzma.
///
/// With xz all that it has is checked: blocks, indexes, and checks if wanted. LZMA alone has nothing to check but its end.
@safe final class LZMADecoder: StreamDecoder {
  enum Container {
    /// Whether the blocks' checks are compared; indexes always are.
    case xz(comparesChecks: Bool)
    case lzma
  }

  /// liblzma looks at it itself, and at the streams of xz that follow one another.
  let headerByteCount = 0
  private let limits: StreamLimits
  private let stream: UnsafeMutablePointer<lzma_stream>

  init(_ container: Container, _ limits: StreamLimits) throws(StreamFault) {
    self.limits = limits
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: lzma_stream())
    let limit = max(limits.memoryByteCount, 1)
    let status =
      switch container {
      case .xz(let comparesChecks):
        unsafe lzma_stream_decoder(stream, limit, comparesChecks ? lzmaStreamFlags : lzmaUncheckedStreamFlags)
      case .lzma: unsafe lzma_alone_decoder(stream, limit)
      }
    guard status == LZMA_OK else { throw .noMemory }
  }

  deinit {
    unsafe lzma_end(stream)
    unsafe stream.deallocate()
  }

  func begin(_ input: borrowing [UInt8], _ range: Range<Int>, isFirst: Bool) throws(StreamFault) {
    guard isFirst else { throw .wrongMagic(isFirst: false) }
  }

  func decode(
    _ input: borrowing [UInt8], _ range: Range<Int>, isLast: Bool, into output: inout [UInt8], _ place: Range<Int>
  ) throws(StreamFault) -> StreamStep {
    let (status, consumed, produced) = unsafe withBuffers(input, range, &output, place) { from, to in
      unsafe stream.pointee.next_in = from.baseAddress
      unsafe stream.pointee.avail_in = from.count
      unsafe stream.pointee.next_out = to.baseAddress
      unsafe stream.pointee.avail_out = to.count
      let status = unsafe lzma_code(stream, isLast ? LZMA_FINISH : LZMA_RUN)
      return unsafe (status, from.count - stream.pointee.avail_in, to.count - stream.pointee.avail_out)
    }
    switch status {
    case LZMA_OK, LZMA_BUF_ERROR: return StreamStep(consumed: consumed, produced: produced, isEnd: false)
    case LZMA_STREAM_END: return StreamStep(consumed: consumed, produced: produced, isEnd: true)
    case LZMA_MEM_ERROR: throw .noMemory
    case LZMA_MEMLIMIT_ERROR:
      throw unsafe StreamFault.memory(lzma_memusage(stream), limit: limits.memoryByteCount)
    case LZMA_FORMAT_ERROR: throw StreamFault(message: "does not begin as it should", consumed: consumed)
    case LZMA_UNSUPPORTED_CHECK:
      throw .unsupported("has a check that liblzma does not know")
    case LZMA_OPTIONS_ERROR:
      throw .unsupported("has options that liblzma does not know")
    default: throw StreamFault(message: "damaged, or something else follows its end", consumed: consumed)
    }
  }
}
