import CZstd

/// Frames of Zstandard by libzstd, those that are to be skipped too; a frame's checksum is checked where it has one.
@safe final class ZstandardStreamDecoder: StreamDecoder {
  /// The greatest window of libzstd, as a power of two (`--long=31`).
  private static let maximalWindowLog = 31

  let headerByteCount = ZstandardFrame.headerByteCount
  private let limits: StreamLimits
  private let context: OpaquePointer

  init(_ limits: StreamLimits) throws(StreamFault) {
    self.limits = limits
    guard let context = unsafe ZSTD_createDCtx() else { throw .noMemory }
    unsafe self.context = unsafe context
    // `begin` knows the limit to the byte.
    _ = unsafe ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, CInt(Self.maximalWindowLog))
  }

  deinit { unsafe ZSTD_freeDCtx(context) }

  func begin(_ input: borrowing [UInt8], _ range: Range<Int>, isFirst: Bool) throws(StreamFault) {
    let header = input[range].prefix(headerByteCount)
    guard header.count < 4 || ZstandardFrame.isMagic(header) else { throw .wrongMagic(isFirst: isFirst) }
    guard let frame = ZstandardFrame(header) else { throw .truncated }
    if frame.dictionary != 0 {
      throw .unsupported("needs the dictionary \(frame.dictionary)")
    }
    if frame.windowByteCount > limits.memoryByteCount {
      throw .memory(frame.windowByteCount, limit: limits.memoryByteCount)
    }
    _ = unsafe ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
  }

  func decode(
    _ input: borrowing [UInt8], _ range: Range<Int>, isLast: Bool, into output: inout [UInt8], _ place: Range<Int>
  ) throws(StreamFault) -> StreamStep {
    let (status, consumed, produced) = unsafe withBuffers(input, range, &output, place) { from, to in
      var source = unsafe ZSTD_inBuffer(src: from.baseAddress, size: from.count, pos: 0)
      var target = unsafe ZSTD_outBuffer(dst: to.baseAddress, size: to.count, pos: 0)
      let status = unsafe ZSTD_decompressStream(context, &target, &source)
      return unsafe (status, source.pos, target.pos)
    }
    if ZSTD_isError(status) != 0 {
      let message = unsafe String(cString: ZSTD_getErrorName(status))
      switch ZSTD_getErrorCode(status) {
      case ZSTD_error_memory_allocation: throw .noMemory
      case ZSTD_error_frameParameter_unsupported, ZSTD_error_frameParameter_windowTooLarge: throw .unsupported(message)
      default: throw StreamFault(message: message, consumed: consumed)
      }
    }
    return StreamStep(consumed: consumed, produced: produced, isEnd: status == 0)
  }
}
