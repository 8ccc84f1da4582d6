import CSQLite
import FileTree
import ImageCore

extension SQLiteFile {
  /// Calls `body` with the number and the value of each row of the table of packages.
  ///
  /// SQLite reads the bytes where they are, and changes none.
  static func forEachPackage(
    _ bytes: inout [UInt8], _ limits: RPMDatabase.Limits, _ body: (Int64, [UInt8]) throws(ImageError) -> Void
  ) throws(ImageError) {
    let library = try SQLiteLibrary.shared
    try unsafe bytes.withUnsafeMutableBufferPointer { buffer throws(ImageError) in
      let connection = try Connection(library)
      try unsafe connection.load(buffer)
      try connection.forEachPackage(limits, body)
    }
  }
}

/// A connection to a database in memory.
@safe private struct Connection: ~Copyable {
  private let library: SQLiteLibrary
  private let handle: OpaquePointer

  /// More steps of SQLite's machine than any database of rpm takes: some for each package.
  private static let stepLimit: Int32 = 50_000_000

  init(_ library: SQLiteLibrary) throws(ImageError) {
    var handle: OpaquePointer?
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX
    let status = unsafe library.open(":memory:", &handle, flags, nil)
    guard status == SQLITE_OK, let handle = unsafe handle else {
      _ = unsafe library.close(handle)
      throw ImageError(.limit, "no memory for SQLite")
    }
    self.library = library
    unsafe self.handle = unsafe handle
    _ = unsafe library.limit(handle, SQLITE_LIMIT_LENGTH, Int32(RPMHeaderBlob.byteCountLimit))
    _ = unsafe library.limit(handle, SQLITE_LIMIT_ATTACHED, 0)
    unsafe library.setProgressHandler(handle, Self.stepLimit, { _ in 1 }, nil)
  }

  deinit { _ = unsafe library.close(handle) }

  /// Takes a database's bytes, which must stay as long as the connection.
  func load(_ bytes: UnsafeMutableBufferPointer<UInt8>) throws(ImageError) {
    let count = Int64(bytes.count)
    let result = unsafe library.deserialize(
      handle, "main", bytes.baseAddress, count, count, UInt32(SQLITE_DESERIALIZE_READONLY))
    guard result == SQLITE_OK else { throw failure(result) }
    // A schema is a program: it gets none but the harmless functions, and its pages are looked at twice.
    for pragma in ["PRAGMA trusted_schema = OFF", "PRAGMA cell_size_check = ON"] {
      let statement = try prepare(pragma)
      defer { finalize(statement) }
      while try step(statement) {}
    }
  }

  func forEachPackage(
    _ limits: RPMDatabase.Limits, _ body: (Int64, [UInt8]) throws(ImageError) -> Void
  ) throws(ImageError) {
    try checkSchema()
    let statement = try prepare("SELECT hnum, blob FROM Packages")
    defer { finalize(statement) }
    var last: Int64?
    var count = 0
    while try step(statement, after: last) {
      guard unsafe library.type(statement.pointer, 0) == SQLITE_INTEGER else {
        throw ImageError(.corrupt, "table Packages: a number of a package that is none, after \(last ?? 0)")
      }
      let number = unsafe library.integer(statement.pointer, 0)
      // A tree with a loop, or one where a page is twice.
      guard last.map({ $0 < number }) ?? true else {
        throw ImageError(.corrupt, "table Packages: package \(number) after \(last ?? 0)")
      }
      guard unsafe library.type(statement.pointer, 1) == SQLITE_BLOB else {
        throw ImageError(.corrupt, "table Packages: package \(number) has no header")
      }
      count += 1
      guard count <= limits.packageCount else {
        throw ImageError(.limit, "more than \(limits.packageCount) packages")
      }
      try body(number, blob(statement))
      last = number
    }
  }

  /// Refuses what is no table: a view or a module could be anything.
  private func checkSchema() throws(ImageError) {
    let others = try prepare(
      "SELECT count(*) FROM sqlite_master WHERE sql IS NOT NULL AND sql NOT LIKE 'CREATE TABLE %' "
        + "AND sql NOT LIKE 'CREATE INDEX %' AND sql NOT LIKE 'CREATE UNIQUE INDEX %'")
    defer { finalize(others) }
    guard try step(others), unsafe library.integer(others.pointer, 0) == 0 else {
      throw ImageError(.corrupt, "has views, triggers or other modules: no database of rpm")
    }
    let tables = try prepare("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'Packages'")
    defer { finalize(tables) }
    guard try step(tables), unsafe library.integer(tables.pointer, 0) == 1 else {
      throw ImageError(.unsupported, "a database in SQLite without rpm's table Packages")
    }
  }

  private func blob(_ statement: Prepared) -> [UInt8] {
    let start = unsafe library.blob(statement.pointer, 1)
    let count = Int(unsafe library.byteCount(statement.pointer, 1))
    return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
  }

  // MARK: statements

  @safe private struct Prepared { let pointer: OpaquePointer }

  private func prepare(_ text: String) throws(ImageError) -> Prepared {
    var pointer: OpaquePointer?
    let result = unsafe library.prepare(handle, text, -1, &pointer, nil)
    guard result == SQLITE_OK, let pointer = unsafe pointer else { throw failure(result) }
    return unsafe Prepared(pointer: pointer)
  }

  private func finalize(_ statement: Prepared) { _ = unsafe library.finalize(statement.pointer) }

  /// Whether there is a further row.
  private func step(_ statement: Prepared, after number: Int64? = nil) throws(ImageError) -> Bool {
    let result = unsafe library.step(statement.pointer)
    switch result {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default: throw failure(result, number.map { ", after package \($0)" } ?? "")
    }
  }

  private func failure(_ result: Int32, _ place: String = "") -> ImageError {
    let text = unsafe library.message(handle).map { unsafe String(cString: $0) } ?? "error \(result)"
    let code: ImageError.Code =
      switch result & 0xFF {
      case SQLITE_NOMEM, SQLITE_TOOBIG, SQLITE_INTERRUPT: .limit
      default: .corrupt
      }
    return ImageError(code, "SQLite: \(printable(text.utf8))\(place)")
  }
}
