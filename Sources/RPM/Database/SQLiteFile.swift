import ImageCore

/// A database in SQLite as a file, before SQLite sees it.
enum SQLiteFile {
  /// The database's bytes with all that its log adds, as SQLite reads them from memory.
  static func bytes(
    _ store: ByteStore, log: ByteStore?, _ limits: RPMDatabase.Limits
  ) throws(ImageError) -> [UInt8] {
    for part in [store, log] {
      guard let part, part.byteCount > limits.byteCount else { continue }
      throw ImageError(
        .limit, "\(part.byteCount) bytes; of a database in SQLite at most \(limits.byteCount) are read"
      ).inFile(part.name)
    }
    var bytes = try store.bytes(at: 0, count: Int(store.byteCount))
    if let log, log.byteCount > 0, let log = SQLiteLog(try log.bytes(at: 0, count: Int(log.byteCount))) {
      try log.apply(to: &bytes, limit: limits.byteCount)
    }
    guard bytes.count >= 100, bytes.starts(with: Array("SQLite format 3\0".utf8)) else {
      throw ImageError(.truncated, "no header of SQLite", offset: store.baseOffset)
    }
    // Reading and writing with a log: a database in memory cannot have one, and this one has no more need of it.
    for place in 18...19 where bytes[place] == 2 { bytes[place] = 1 }
    return bytes
  }

  /// Refuses a database that somebody has stopped writing to in the middle.
  ///
  /// rpm keeps logs; but it parks a database for good without one.
  static func checkJournal(_ journal: ByteStore) throws(ImageError) {
    let magic: [UInt8] = [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7]
    if try journal.bytes(at: 0, upTo: magic.count) == magic {
      throw ImageError(
        .unsupported,
        "an unfinished change is in the file with -journal behind its name: let rpm open the database once")
    }
  }
}
