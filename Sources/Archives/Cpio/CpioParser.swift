package import ImageCore

/// Who takes what a cpio archive holds.
package protocol CpioSink: ~Copyable {
  /// Begins a member, whose data begin at `offset` of the archive.
  ///
  /// - Returns: The length of its data: the member's own, if it has one.
  mutating func begin(_ member: CpioMember, at offset: UInt64) throws(ImageError) -> UInt64
  /// Takes the next data of the member.
  mutating func data(_ bytes: borrowing [UInt8], _ range: Range<Int>) throws(ImageError)
  /// Ends the member.
  mutating func end() throws(ImageError)
}

/// Finds the members of a cpio archive that is handed over piece by piece: `newc`, `crc`, and RPM's stripped form.
///
/// Nothing but a header and a name is kept. Offsets in errors are those of the archive.
package struct CpioParser {
  private enum State {
    case magic
    case header(CpioHeader.Form)
    case name(CpioHeader)
    case data
    case trailer
  }

  private var state = State.magic
  /// The beginning of what is not complete yet, and how long it will be.
  private var pending: [UInt8] = []
  private var needed = CpioHeader.Form.magicByteCount
  /// Bytes in front of the next header or the data.
  private var padding = 0
  private var dataLeft: UInt64 = 0
  private var checksum: (claimed: UInt32, found: UInt32)?

  /// Where the next byte is.
  package private(set) var offset: UInt64 = 0

  package init() {}

  /// Whether the archive's end has been seen.
  package var isComplete: Bool {
    if case .trailer = state { true } else { false }
  }

  /// Takes the next bytes.
  ///
  /// - Throws: `.corrupt` for what is no archive, `.mismatch` for a wrong checksum; what the sink throws.
  package mutating func consume<Sink: CpioSink & ~Copyable>(
    _ bytes: borrowing [UInt8], _ range: Range<Int>, _ sink: inout Sink
  ) throws(ImageError) {
    var rest = range
    while !rest.isEmpty {
      let count: Int
      if padding > 0 {
        count = min(padding, rest.count)
        padding -= count
        offset += UInt64(count)
      } else if case .data = state {
        count = Int(min(dataLeft, UInt64(rest.count)))
        try takeData(bytes, rest.lowerBound..<rest.lowerBound + count, &sink)
      } else if case .trailer = state {
        // Archives are filled up to whole blocks.
        guard bytes.isZero(rest) else { throw error("something follows the archive's end") }
        count = rest.count
        offset += UInt64(count)
      } else {
        count = min(needed - pending.count, rest.count)
        pending += bytes[rest.lowerBound..<rest.lowerBound + count]
        offset += UInt64(count)
        if pending.count == needed { try takePending(&sink) }
      }
      rest = rest.lowerBound + count..<rest.upperBound
    }
  }

  /// Says that nothing follows.
  ///
  /// - Throws: `.truncated` for an archive without an end.
  package func finish() throws(ImageError) {
    if !isComplete { throw error("the archive ends in the middle", .truncated, at: offset) }
  }

  private func error(
    _ message: String, _ code: ImageError.Code = .corrupt, at place: UInt64? = nil
  ) -> ImageError {
    ImageError(code, message, offset: place ?? offset - UInt64(pending.count))
  }

  // MARK: headers

  private mutating func takePending<Sink: CpioSink & ~Copyable>(_ sink: inout Sink) throws(ImageError) {
    switch state {
    case .magic:
      guard let form = CpioHeader.Form(magic: pending[...]) else { throw error("no header of a cpio archive") }
      state = .header(form)
      needed = form.byteCount
    case .header(let form):
      guard let header = CpioHeader(form, pending) else { throw error("a header with what are no digits") }
      if form == .stripped {
        pad()
        try begin(CpioMember(identity: .index(header.index)), &sink)
        return
      }
      guard (1...UInt32(CpioHeader.nameLimit)).contains(header.nameByteCount) else {
        throw error("a name of \(header.nameByteCount) bytes")
      }
      pending = []
      needed = Int(header.nameByteCount)
      state = .name(header)
    case .name(let header):
      guard pending.last == 0, !pending.dropLast().contains(0) else { throw error("a name that does not end") }
      let name = Array(pending.dropLast())
      pad()
      if name == CpioHeader.trailer {
        (state, pending) = (.trailer, [])
        return
      }
      try begin(
        CpioMember(
          identity: .name(name), mode: header.mode, byteCount: UInt64(header.byteCount),
          checksum: header.form == .crc ? header.checksum : nil), &sink)
    case .data, .trailer: break
    }
  }

  /// Headers and data begin at multiples of four.
  private mutating func pad() { padding = Int((4 - offset % 4) % 4) }

  private mutating func begin<Sink: CpioSink & ~Copyable>(
    _ member: CpioMember, _ sink: inout Sink
  ) throws(ImageError) {
    pending = []
    checksum = member.checksum.map { ($0, 0) }
    state = .data
    dataLeft = try sink.begin(member, at: offset + UInt64(padding))
    if dataLeft == 0 { try end(&sink) }
  }

  // MARK: data

  private mutating func takeData<Sink: CpioSink & ~Copyable>(
    _ bytes: borrowing [UInt8], _ range: Range<Int>, _ sink: inout Sink
  ) throws(ImageError) {
    try sink.data(bytes, range)
    if checksum != nil { for index in range { checksum?.found &+= UInt32(bytes[index]) } }
    dataLeft -= UInt64(range.count)
    offset += UInt64(range.count)
    if dataLeft == 0 {
      pad()
      try end(&sink)
    }
  }

  private mutating func end<Sink: CpioSink & ~Copyable>(_ sink: inout Sink) throws(ImageError) {
    if let checksum, checksum.claimed != checksum.found {
      throw error("the bytes add up to \(checksum.found), not \(checksum.claimed)", .mismatch, at: offset)
    }
    try sink.end()
    state = .magic
    needed = CpioHeader.Form.magicByteCount
  }
}
