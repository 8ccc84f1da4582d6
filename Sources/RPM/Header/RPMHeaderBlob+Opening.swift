public import ImageCore

extension RPMHeaderBlob {
  /// The bytes in front of the index: a magic number, the number of entries, the length of the data.
  static let introByteCount = 16
  /// An entry of the index: tag, type, offset, count.
  static let entryByteCount = 16
  /// rpm's limit of a header.
  static let byteCountLimit = 256 << 20
  /// rpm's limit of the values of a tag, bytes aside; and so, of a package's files.
  static let valueCountLimit = 0xFFFFF

  /// Reads and checks the header that begins at `offset` of `store`.
  ///
  /// - Throws: `.truncated`, `.corrupt` or `.limit`, and the source's error.
  public init(_ store: ByteStore, at offset: UInt64 = 0, kind: Kind) throws(ImageError) {
    let base = store.baseOffset + offset
    let intro = try store.bytes(at: offset, count: Self.introByteCount)
    guard intro[..<8] == [0x8E, 0xAD, 0xE8, 1, 0, 0, 0, 0] else {
      throw ImageError(.corrupt, "no header: wrong magic number", offset: base)
    }
    let entryCount: UInt32 = intro.rawSpan.bigEndian(at: 8)
    let dataByteCount: UInt32 = intro.rawSpan.bigEndian(at: 12)
    let limits = kind == .signature ? (entries: 32, data: 64 << 20) : (entries: 0xFFFF, data: 0xFFF_FFFF)
    guard entryCount <= limits.entries else {
      throw ImageError(.limit, "\(entryCount) entries; rpm allows \(limits.entries)", offset: base + 8)
    }
    guard dataByteCount <= limits.data else {
      throw ImageError(.limit, "\(dataByteCount) bytes of data; rpm allows \(limits.data)", offset: base + 12)
    }
    let dataStart = Self.introByteCount + Int(entryCount) * Self.entryByteCount
    guard dataStart - 8 + Int(dataByteCount) < Self.byteCountLimit else {
      throw ImageError(
        .limit, "\(dataStart + Int(dataByteCount)) bytes; rpm allows \(Self.byteCountLimit)", offset: base + 8)
    }
    let bytes = try store.bytes(at: offset, count: dataStart + Int(dataByteCount))
    var opening = HeaderOpening(
      kind: kind, base: base, bytes: bytes, entryCount: Int(entryCount), dataStart: dataStart)
    try opening.readRegion()
    try opening.readEntries()
    try self.init(
      kind: kind, offset: base, bytes: bytes, entries: opening.entries, region: opening.region,
      trailer: opening.trailer)
  }
}

/// The checks of a header's index.
private struct HeaderOpening {
  let kind: RPMHeaderBlob.Kind
  let base: UInt64
  let bytes: [UInt8]
  let entryCount: Int
  let dataStart: Int
  var region: RPMTag?
  var trailer: Int?
  /// How many entries the region has, its own included.
  var regionEntryCount = 0
  var entries: [RPMHeaderBlob.Entry] = []

  var dataByteCount: Int { bytes.count - dataStart }

  /// The four numbers of an entry, or of a trailer.
  func record(at offset: Int) -> (tag: UInt32, type: UInt32, offset: UInt32, count: UInt32) {
    let span = bytes.rawSpan
    return (
      span.bigEndian(at: offset), span.bigEndian(at: offset + 4), span.bigEndian(at: offset + 8),
      span.bigEndian(at: offset + 12)
    )
  }

  func error(_ message: String, _ tag: RPMTag? = nil, at offset: Int) -> ImageError {
    ImageError(
      .corrupt, message, offset: base + UInt64(offset), context: tag.map { [$0.name(in: kind)] } ?? [])
  }

  /// The region: an entry in front whose value, at the end of its data, is an entry that points back.
  mutating func readRegion() throws(ImageError) {
    let place = RPMHeaderBlob.introByteCount
    guard entryCount > 0 else { throw error("no entries", at: 8) }
    let head = record(at: place)
    guard (61...63).contains(head.tag) else { return }
    let tag = RPMTag(rawValue: head.tag)
    let isRight =
      switch kind {
      case .signature: head.tag == 62
      case .package: head.tag == 63
      case .installed: head.tag != 62
      }
    guard isRight, head.type == RPMType.bin.rawValue, head.count == 16 else {
      throw error("not what opens a region here", tag, at: place)
    }
    guard head.offset <= UInt32(Int32.max), Int(head.offset) <= dataByteCount - 16 else {
      throw error("the region's end at \(head.offset) is outside of \(dataByteCount) bytes of data", tag, at: place + 8)
    }
    let end = dataStart + Int(head.offset)
    let tail = record(at: end)
    // Old signature headers close with HEADERIMAGE.
    guard tail.tag == head.tag || kind == .signature && tail.tag == 61, tail.type == head.type, tail.count == 16 else {
      throw error("the region does not end with what began it", tag, at: end)
    }
    let back = 0 &- Int(Int32(bitPattern: tail.offset))
    guard back % 16 == 0, (1...entryCount).contains(back / 16) else {
      throw error("a region of \(back) bytes in an index of \(entryCount) entries", tag, at: end + 8)
    }
    regionEntryCount = back / 16
    guard kind != .package || regionEntryCount == entryCount && Int(head.offset) + 16 == dataByteCount else {
      throw error("a region of \(regionEntryCount) entries in an index of \(entryCount)", tag, at: end)
    }
    region = tag
    trailer = end
  }

  mutating func readEntries() throws(ImageError) {
    entries.reserveCapacity(entryCount)
    var end = 0
    for index in (region == nil ? 0 : 1)..<entryCount {
      let entry = try entry(index, after: end)
      end = entry.range.upperBound - dataStart
      entries.append(entry)
    }
  }

  /// One entry, whose values begin at or after `end`.
  private func entry(_ index: Int, after end: Int) throws(ImageError) -> RPMHeaderBlob.Entry {
    let place = RPMHeaderBlob.introByteCount + index * RPMHeaderBlob.entryByteCount
    let record = record(at: place)
    let tag = RPMTag(rawValue: record.tag)
    guard record.tag >= 100 else { throw error("no tag of values", tag, at: place) }
    guard let type = RPMType(rawValue: record.type), type != .null else {
      throw error("type \(record.type) is none", tag, at: place + 4)
    }
    if region != nil, kind != .signature, let expected = tag.type(in: kind), !type.isAccepted(as: expected) {
      throw error("type \(type), not \(expected)", tag, at: place + 4)
    }
    let count = Int(record.count)
    guard count > 0, count <= dataByteCount, type == .bin || count <= RPMHeaderBlob.valueCountLimit else {
      throw error("\(count) values in \(dataByteCount) bytes of data", tag, at: place + 12)
    }
    let start = Int(record.offset)
    guard start >= end, start <= dataByteCount, start % max(1, type.width ?? 1) == 0 else {
      throw error(
        "values at \(start) of \(dataByteCount) bytes of data, after others that end at \(end)", tag, at: place + 8)
    }
    let byteCount = try byteCount(type, count, at: dataStart + start, tag)
    let range = dataStart + start..<dataStart + start + byteCount
    if let trailer, range.upperBound > trailer, range.lowerBound < trailer + 16 {
      throw error("values in the region's end", tag, at: place + 8)
    }
    return RPMHeaderBlob.Entry(
      tag: tag, type: type, count: count, isDribble: region != nil && index >= regionEntryCount, range: range)
  }

  /// The length of `count` values at `start` of the header.
  private func byteCount(
    _ type: RPMType, _ count: Int, at start: Int, _ tag: RPMTag
  ) throws(ImageError) -> Int {
    if let width = type.width {
      guard width * count <= bytes.count - start else {
        throw error("\(count) values of \(width) bytes, \(bytes.count - start) bytes there", tag, at: start)
      }
      return width * count
    }
    guard type != .string || count == 1 else { throw error("\(count) values of a single string", tag, at: start) }
    let span = bytes.rawSpan
    var position = start
    for number in 0..<count {
      guard let end = span.firstIndex(of: 0, in: position..<bytes.count) else {
        throw error("string \(number) of \(count) has no end", tag, at: position)
      }
      position = end + 1
    }
    return position - start
  }
}
