package import ImageCore

/// Decompresses a stream as it is read: in order, once, and all that the source has.
///
/// What is behind the stream's last member is an error, except for the padding that xz allows. After an error each read
/// throws the same one.
package struct StreamReader<Source: StreamSource & ~Copyable>: ~Copyable {
  private enum State {
    case first
    case between
    case inside
    case failed(ImageError)
  }

  private let format: StreamFormat
  private let limits: StreamLimits
  private let decoder: any StreamDecoder
  private var input: StreamInput<Source>
  private var state = State.first
  /// How many steps in a row have changed nothing.
  private var idleSteps = 0

  /// How many bytes came out.
  package private(set) var producedByteCount: UInt64 = 0

  /// How many compressed bytes were decoded; the source may have read further.
  package var consumedByteCount: UInt64 { input.consumedByteCount }

  /// Makes a reader; nothing is read yet.
  ///
  /// - Parameters:
  ///   - format: How it is compressed.
  ///   - source: The compressed bytes.
  ///   - limits: What it may take.
  ///   - expectedByteCount: How long what comes out is, where something says so. It need not be true.
  ///   - comparesChecks: Whether a check of xz is compared with what comes out: often SHA-256, which takes liblzma as long as
  ///     a quarter of decoding. Who compares a digest of all that comes out need not have it.
  ///   - pieceByteCount: How much is read from the source at a time.
  /// - Throws: `.limit` when there is no memory for a decoder.
  package init(
    _ format: StreamFormat, _ source: consuming Source, limits: StreamLimits, expectedByteCount: UInt64? = nil,
    comparesChecks: Bool = true, pieceByteCount: Int = 128 << 10
  ) throws(ImageError) {
    self.format = format
    self.limits = limits
    input = StreamInput(source, pieceByteCount: pieceByteCount)
    do {
      decoder = try Self.decoder(format, input.source.byteCount, limits, expectedByteCount, comparesChecks)
    } catch {
      throw ImageError(error.code, "\(format.rawValue) stream: \(error.message)", offset: input.offset)
    }
  }

  private static func decoder(
    _ format: StreamFormat, _ byteCount: UInt64, _ limits: StreamLimits, _ expectedByteCount: UInt64?,
    _ comparesChecks: Bool
  ) throws(StreamFault) -> any StreamDecoder {
    switch format {
    case .none: PlainDecoder()
    case .gzip:
      if let length = expectedByteCount, let whole = try WholeGzipDecoder(byteCount, holding: length, limits) {
        whole
      } else {
        try GzipDecoder()
      }
    case .bzip2: Bzip2Decoder()
    case .xz: try LZMADecoder(.xz(comparesChecks: comparesChecks), limits)
    case .lzma: try LZMADecoder(.lzma, limits)
    case .zstd: try ZstandardStreamDecoder(limits)
    }
  }

  /// Fills `output[range]` with the next bytes.
  ///
  /// - Returns: How many they are: fewer than asked for only at the end, when all that the stream says of itself (lengths,
  ///   checks, that nothing follows) has been found true.
  /// - Throws: `.truncated`, `.corrupt`; `.unsupported`; `.limit`; the source's error. What `output[range]` holds then has
  ///   no meaning. Offsets are those of the source.
  package mutating func read(into output: inout [UInt8], _ range: Range<Int>) throws(ImageError) -> Int {
    precondition(range.lowerBound >= 0 && range.upperBound <= output.count)
    if case .failed(let error) = state { throw error }
    do throws(ImageError) {
      var place = range
      while !place.isEmpty, try findMember() {
        let count = try step(into: &output, place)
        place = place.lowerBound + count..<place.upperBound
      }
      return place.lowerBound - range.lowerBound
    } catch {
      state = .failed(error)
      throw error
    }
  }

  /// Lets the source read what is left, whatever it is, and gives it back: also after an error, for a digest.
  package consuming func finish() throws(ImageError) -> Source { try input.finish() }

  /// Whether there is a member to decode: the one that was begun, or a next one.
  private mutating func findMember() throws(ImageError) -> Bool {
    let isFirst: Bool
    switch state {
    case .inside: return true
    case .first: isFirst = true
    default: isFirst = false
    }
    try input.fill(atLeast: max(decoder.headerByteCount, 1))
    if input.range.isEmpty && !isFirst { return false }
    do throws(StreamFault) { try decoder.begin(input.bytes, input.range, isFirst: isFirst) } catch {
      throw failure(error)
    }
    state = .inside
    return true
  }

  /// Lets the decoder go on; gives the number of bytes that came out.
  private mutating func step(into output: inout [UInt8], _ place: Range<Int>) throws(ImageError) -> Int {
    try input.fill(atLeast: 1)
    let room = Int(clamping: limits.outputByteCount - producedByteCount)
    // At the limit a stream may still end, which takes a byte of room to find out.
    if room == 0 {
      var further: [UInt8] = [0]
      if try decode(into: &further, 0..<1) > 0 {
        throw failure(StreamFault(code: .limit, message: "holds more than \(limits.outputByteCount) bytes"))
      }
      return 0
    }
    let count = try decode(into: &output, place.lowerBound..<place.lowerBound + min(place.count, room))
    producedByteCount += UInt64(count)
    return count
  }

  private mutating func decode(into output: inout [UInt8], _ place: Range<Int>) throws(ImageError) -> Int {
    let step: StreamStep
    do throws(StreamFault) {
      step = try decoder.decode(input.bytes, input.range, isLast: input.isLast, into: &output, place)
    } catch {
      input.consume(error.consumed)
      throw failure(error)
    }
    let isEmpty = input.range.isEmpty
    input.consume(step.consumed)
    idleSteps = step.consumed == 0 && step.produced == 0 && !step.isEnd ? idleSteps + 1 : 0
    // Once may happen inside the libraries.
    if idleSteps == 2 {
      throw failure(
        isEmpty ? .truncated : StreamFault(message: "cannot be decoded"))
    }
    if step.isEnd { state = .between }
    return step.produced
  }

  private func failure(_ fault: StreamFault) -> ImageError {
    ImageError(fault.code, "\(format.rawValue) stream: \(fault.message)", offset: input.offset)
  }
}
