import ImageCore

/// A database of rpm's own format: `Packages.db`.
///
/// The first pages have a header of 32 bytes and then slots of 16; each slot that is taken says where a package's header
/// lies, between a head and a tail that repeat what the slot says and have a checksum. All numbers are little-endian, and
/// places count in blocks of 16 bytes (rpm's lib/backend/ndb/rpmpkg.c).
struct NDBFile {
  private struct Slot {
    let number: UInt32
    let range: Range<UInt64>
    /// Where the slot itself is.
    let offset: UInt64
  }

  private static let pageByteCount = 4096
  private static let headerByteCount = 32
  private static let blockByteCount: UInt64 = 16
  private static let slotByteCount = 16
  private static let headByteCount = 16
  private static let tailByteCount = 12

  private let store: ByteStore
  private let slots: [Slot]

  /// Reads the slots, and checks that none lies outside and no two share a block or a number.
  init(_ store: ByteStore, _ limits: RPMDatabase.Limits) throws(ImageError) {
    self.store = store
    let base = store.baseOffset
    let header = try store.bytes(at: 0, count: Self.headerByteCount)
    let version = try header.rawSpan.u32(at: 4)
    guard try header.rawSpan.array(at: 0, count: 4) == Array("RpmP".utf8) else {
      throw ImageError(.corrupt, "no ndb database: wrong magic number", offset: base)
    }
    guard version == 0 else {
      throw ImageError(.unsupported, "version \(version) of the ndb format; only 0 is known", offset: base + 4)
    }
    guard store.byteCount % Self.blockByteCount == 0 else {
      throw ImageError(
        .truncated, "\(store.byteCount) bytes are no whole blocks of \(Self.blockByteCount)", offset: base)
    }
    let pageCount = UInt64(try header.rawSpan.u32(at: 12))
    guard pageCount > 0, pageCount <= store.byteCount / UInt64(Self.pageByteCount) else {
      throw ImageError(.corrupt, "\(pageCount) pages of slots in \(store.byteCount) bytes", offset: base + 12)
    }
    var slots: [Slot] = []
    for page in 0..<pageCount {
      let start = page * UInt64(Self.pageByteCount)
      let bytes = try store.bytes(at: start, count: Self.pageByteCount)
      for place in stride(from: page == 0 ? Self.headerByteCount : 0, to: Self.pageByteCount, by: Self.slotByteCount) {
        let offset = base + start + UInt64(place)
        if let slot = try Self.slot(bytes, place, offset, after: pageCount, store.byteCount) { slots.append(slot) }
      }
      guard slots.count <= limits.packageCount else {
        throw ImageError(.limit, "more than \(limits.packageCount) packages", offset: base + start)
      }
    }
    try Self.check(slots.sorted { ($0.number, $0.offset) < ($1.number, $1.offset) }) { $0.number == $1.number }
    slots.sort { ($0.range.lowerBound, $0.offset) < ($1.range.lowerBound, $1.offset) }
    try Self.check(slots) { $0.range.upperBound > $1.range.lowerBound }
    self.slots = slots
  }

  /// The slot at `place` of a page; `nil` for a free one.
  private static func slot(
    _ page: [UInt8], _ place: Int, _ offset: UInt64, after pageCount: UInt64, _ byteCount: UInt64
  ) throws(ImageError) -> Slot? {
    let span = page.rawSpan
    guard try span.array(at: place, count: 4) == Array("Slot".utf8) else {
      throw ImageError(.corrupt, "no slot: wrong magic number", offset: offset)
    }
    let number = try span.u32(at: place + 4)
    let start = UInt64(try span.u32(at: place + 8)) * blockByteCount
    let end = start + UInt64(try span.u32(at: place + 12)) * blockByteCount
    if start == 0 { return nil }
    guard number != 0, end > start, start >= pageCount * UInt64(pageByteCount), end <= byteCount else {
      throw ImageError(
        .corrupt, "slot of package \(number): bytes \(start)..<\(end) of \(byteCount)", offset: offset)
    }
    return Slot(number: number, range: start..<end, offset: offset)
  }

  private static func check(_ slots: [Slot], _ isClash: (Slot, Slot) -> Bool) throws(ImageError) {
    for (left, right) in zip(slots, slots.dropFirst()) where isClash(left, right) {
      throw ImageError(
        .corrupt, "two slots, of packages \(left.number) and \(right.number), for the same",
        offset: max(left.offset, right.offset))
    }
  }

  /// Calls `body` with each package's number, value, and where the value is in the outermost file.
  func forEach(_ body: (UInt32, [UInt8], UInt64) throws(ImageError) -> Void) throws(ImageError) {
    for slot in slots { try body(slot.number, value(slot), store.baseOffset + slot.range.lowerBound + 16) }
  }

  private func value(_ slot: Slot) throws(ImageError) -> [UInt8] {
    func error(_ message: String, at place: Int = 0, code: ImageError.Code = .corrupt) -> ImageError {
      ImageError(
        code, message, offset: store.baseOffset + slot.range.lowerBound + UInt64(place),
        context: ["package \(slot.number)"])
    }
    let byteCount = slot.range.upperBound - slot.range.lowerBound
    guard byteCount <= UInt64(RPMHeaderBlob.byteCountLimit) + 64 else {
      throw error("\(byteCount) bytes; rpm allows \(RPMHeaderBlob.byteCountLimit)", code: .limit)
    }
    let bytes = try store.bytes(at: slot.range.lowerBound, count: Int(byteCount))
    let span = bytes.rawSpan
    let tail = bytes.count - Self.tailByteCount
    guard tail >= Self.headByteCount, try span.array(at: 0, count: 4) == Array("BlbS".utf8) else {
      throw error("no value: wrong magic number")
    }
    guard try span.u32(at: 4) == slot.number else {
      throw error("belongs to package \(try span.u32(at: 4))", at: 4)
    }
    guard try span.array(at: tail + 8, count: 4) == Array("BlbE".utf8) else {
      throw error("no end of a value: wrong magic number", at: tail + 8)
    }
    let length = Int(try span.u32(at: 12))
    guard length <= tail - Self.headByteCount, tail - Self.headByteCount - length < Int(Self.blockByteCount),
      try Int(span.u32(at: tail + 4)) == length
    else {
      throw error("a length of \(length) bytes in \(byteCount)", at: 12)
    }
    let (stored, computed) = (try span.u32(at: tail), adler32(bytes, 0..<tail))
    guard stored == computed else {
      throw error("checksum \([stored].hex), computed \([computed].hex)", at: tail, code: .mismatch)
    }
    return Array(bytes[Self.headByteCount..<Self.headByteCount + length])
  }
}

extension Array<UInt32> {
  /// Eight hexadecimal digits for each.
  fileprivate var hex: String {
    flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * $0)) } }.hex
  }
}

/// Adler-32 (RFC 1950).
private func adler32(_ bytes: [UInt8], _ range: Range<Int>) -> UInt32 {
  var (low, high): (UInt32, UInt32) = (1, 0)
  // As many as are sure to fit.
  for start in stride(from: range.lowerBound, to: range.upperBound, by: 5552) {
    for index in start..<min(start + 5552, range.upperBound) {
      low &+= UInt32(bytes[index])
      high &+= low
    }
    low %= 65521
    high %= 65521
  }
  return high << 16 | low
}
