import ImageCore

/// The log of a database in SQLite: pages that were changed and are not in the database's file yet.
///
/// All numbers are big-endian. A frame counts when its salts are the header's and its checksum, which runs on from frame
/// to frame, is right; what follows the last frame that ends a transaction does not (sqlite.org/fileformat2.html#walformat).
struct SQLiteLog {
  private static let headerByteCount = 32
  private static let frameHeaderByteCount = 24

  private let bytes: [UInt8]
  private let pageByteCount: Int
  /// The frames' checksums are over numbers of this order.
  private let isBigEndian: Bool
  /// Where in `bytes` the transactions that count end.
  private let end: Int
  /// The database's length in pages after the last of them.
  private let pageCount: Int

  /// Reads a log; `nil` for one without a transaction, which is what SQLite makes of a damaged header, too.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= Self.headerByteCount else { return nil }
    self.bytes = bytes
    let span = bytes.rawSpan
    let magic: UInt32 = span.bigEndian(at: 0)
    let version: UInt32 = span.bigEndian(at: 4)
    let pageByteCount: UInt32 = span.bigEndian(at: 8)
    isBigEndian = magic & 1 == 1
    self.pageByteCount = Int(pageByteCount)
    guard magic & ~1 == 0x377F_0682, version == 3_007_000, (512...65536).contains(pageByteCount),
      pageByteCount.nonzeroBitCount == 1
    else { return nil }
    var sum = Checksum()
    sum.add(bytes, 0..<24, isBigEndian: isBigEndian)
    guard sum.first == span.bigEndian(at: 24), sum.second == span.bigEndian(at: 28) else { return nil }
    let frameByteCount = Self.frameHeaderByteCount + Int(pageByteCount)
    var place = Self.headerByteCount
    var (end, pageCount) = (0, 0)
    while place <= bytes.count - frameByteCount {
      let page: UInt32 = span.bigEndian(at: place)
      let length: UInt32 = span.bigEndian(at: place + 4)
      sum.add(bytes, place..<place + 8, isBigEndian: isBigEndian)
      sum.add(bytes, place + Self.frameHeaderByteCount..<place + frameByteCount, isBigEndian: isBigEndian)
      guard page != 0, bytes[place + 8..<place + 16].elementsEqual(bytes[16..<24]),
        sum.first == span.bigEndian(at: place + 16), sum.second == span.bigEndian(at: place + 20)
      else { break }
      place += frameByteCount
      if length != 0 { (end, pageCount) = (place, Int(length)) }
    }
    guard pageCount > 0 else { return nil }
    (self.end, self.pageCount) = (end, pageCount)
  }

  /// Brings a database's file to the state after the last transaction.
  ///
  /// - Throws: `.limit` for a result of more than `limit` bytes.
  func apply(to database: inout [UInt8], limit: UInt64) throws(ImageError) {
    guard pageCount <= Int(clamping: limit) / pageByteCount else {
      throw ImageError(
        .limit, "its log makes \(pageCount) pages of \(pageByteCount) bytes of it, at most \(limit) bytes are read")
    }
    let byteCount = pageCount * pageByteCount
    if database.count > byteCount {
      database.removeLast(database.count - byteCount)
    } else {
      database.append(contentsOf: repeatElement(0, count: byteCount - database.count))
    }
    let span = bytes.rawSpan
    for place in stride(
      from: Self.headerByteCount, to: end, by: Self.frameHeaderByteCount + pageByteCount)
    {
      let page: UInt32 = span.bigEndian(at: place)
      // A page behind the end was cut off by a later transaction.
      guard Int(page) <= pageCount else { continue }
      let start = place + Self.frameHeaderByteCount
      database.copy(bytes, start..<start + pageByteCount, to: (Int(page) - 1) * pageByteCount)
    }
  }
}

/// SQLite's running checksum over pairs of 32-bit numbers.
private struct Checksum {
  var first: UInt32 = 0
  var second: UInt32 = 0

  /// Adds `bytes[range]`, a multiple of eight bytes.
  mutating func add(_ bytes: borrowing [UInt8], _ range: Range<Int>, isBigEndian: Bool) {
    let span = bytes.rawSpan
    for place in stride(from: range.lowerBound, to: range.upperBound, by: 8) {
      var words: (UInt32, UInt32) = (span.bigEndian(at: place), span.bigEndian(at: place + 4))
      if !isBigEndian { words = (words.0.byteSwapped, words.1.byteSwapped) }
      first = first &+ words.0 &+ second
      second = second &+ words.1 &+ first
    }
  }
}
