import CSQLite
import FileTree
import Foundation
import ImageCore
import SystemPackage
import TestPackages
import TestSupport
import Testing

@testable import RPM
@testable import SysextPackages

/// Databases in SQLite, right and wrong, and their logs.
@Suite(.tempFolder) struct SQLiteTests {
  private static let table = "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)"

  private func names(_ path: FilePath) throws -> [String] {
    try BasePackageList(contentsOf: path).packages.map(\.name)
  }

  private func insert(_ name: String) -> String {
    "INSERT INTO Packages (blob) VALUES (x'\(DatabaseCraft.blob(name).hex)')"
  }

  /// A database of `count` packages.
  private func database(_ path: FilePath, _ count: Int, _ pragmas: String...) throws {
    let database = try Database(path)
    for pragma in pragmas { try database.run(pragma) }
    try database.run(Self.table)
    for number in 0..<count { try database.run(insert("package-\(number)")) }
    try database.run("CREATE TABLE Name (key TEXT NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL)")
    try database.run("CREATE INDEX Name_key_idx ON Name(key ASC)")
  }

  @Test(arguments: [512, 4096, 65536], ["UTF-8", "UTF-16be"])
  func pages(_ byteCount: Int, _ encoding: String) throws {
    let path = try TempFolder.current["rpmdb.sqlite"]
    try database(path, 40, "PRAGMA page_size = \(byteCount)", "PRAGMA encoding = \"\(encoding)\"")
    #expect(try names(path) == (0..<40).map { "package-\($0)" }.sorted())
  }

  /// What a crash, or a container that was stopped, leaves behind: changes that are in the log only.
  @Test(arguments: [512, 4096]) func log(_ byteCount: Int) throws {
    let folder = try TempFolder.current
    let path = folder["rpmdb.sqlite"]
    try database(path, 60, "PRAGMA page_size = \(byteCount)", "PRAGMA journal_mode = WAL")
    let before = try names(path)
    #expect(before.count == 60)
    let writer = try Database(path)
    try writer.run("PRAGMA wal_autocheckpoint = 0")
    for number in 0..<40 { try writer.run(insert("later-\(number)")) }
    try writer.run("DELETE FROM Packages WHERE hnum < 31")
    try writer.run("BEGIN")
    try writer.run(insert("not-yet"))

    let copy = try folder.copy(path, to: "copy.sqlite")
    let log = try Array(contentsOf: FilePath(path.string + "-wal"))
    #expect(log.count > 10_000)
    // Without its log it is what it was.
    #expect(try names(copy) == before)
    let copiedLog = FilePath(copy.string + "-wal")
    try copiedLog.write(log)
    let after = try names(copy)
    #expect(after.count == 70 && !after.contains("not-yet") && !after.contains("package-1"))
    #expect(after.contains("later-39"))
    // As SQLite itself sees it.
    #expect(try Database(copy).rowCount() == 70)
    try writer.run("ROLLBACK")

    // In an image there is no path.
    let list = try BasePackageList(
      database: MemoryContent(try Array(contentsOf: path)), log: MemoryContent(log), name: "/usr/lib/rpmdb.sqlite")
    #expect(list.packages.map(\.name) == after)
    var count = 0
    try list.forEachPackage { _ in count += 1 }
    #expect(count == 70)

    // A log that ends in the middle counts up to the last whole transaction, as with SQLite.
    for cut in stride(from: 0, to: log.count, by: log.count / 9) {
      let cutFile = folder["cut-\(cut).sqlite"]
      try cutFile.write(try Array(contentsOf: path))
      try FilePath(cutFile.string + "-wal").write(Array(log[..<cut]))
      let ours = try names(cutFile).count
      #expect(try ours == Database(cutFile).rowCount(), "\(cut)")
    }
    // And up to the first damage.
    for place in stride(from: 8, to: log.count, by: log.count / 23) {
      var bytes = log
      bytes[place] ^= 0x40
      let file = folder["damaged-\(place).sqlite"]
      try file.write(try Array(contentsOf: path))
      try FilePath(file.string + "-wal").write(bytes)
      let ours = try names(file).count
      #expect(try ours == Database(file).rowCount(), "\(place)")
    }
  }

  /// A database that has become shorter: earlier pages of the log are behind its end.
  @Test func shorter() throws {
    let folder = try TempFolder.current
    let path = folder["rpmdb.sqlite"]
    try database(path, 60, "PRAGMA page_size = 512", "PRAGMA journal_mode = WAL")
    let writer = try Database(path)
    try writer.run("PRAGMA wal_autocheckpoint = 0")
    for number in 0..<40 { try writer.run(insert("later-\(number)")) }
    try writer.run("DELETE FROM Packages WHERE hnum > 5")
    try writer.run("VACUUM")
    let log = try Array(contentsOf: FilePath(path.string + "-wal"))
    let copy = try folder.copy(path, to: "copy.sqlite")
    try FilePath(copy.string + "-wal").write(log)
    #expect(try names(copy) == (0..<5).map { "package-\($0)" })
  }

  /// A database of which nothing has been written back.
  @Test func allInLog() throws {
    let folder = try TempFolder.current
    let path = folder["rpmdb.sqlite"]
    let writer = try Database(path)
    for text in ["PRAGMA journal_mode = WAL", "PRAGMA wal_autocheckpoint = 0", Self.table, insert("one")] {
      try writer.run(text)
    }
    try folder.makeFolder("new")
    let copy = folder["new/rpmdb.sqlite"]
    try copy.write([])
    try FilePath(copy.string + "-wal").write(try Array(contentsOf: FilePath(path.string + "-wal")))
    #expect(try names(copy) == ["one"])
    #expect(try names(folder["new"]) == ["one"])
  }

  @Test func journal() throws {
    let path = try TempFolder.current["rpmdb.sqlite"]
    try database(path, 3)
    try FilePath(path.string + "-journal").write([0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7, 0, 0])
    #expect(throws: ImageError(.unsupported, "")) { try names(path) }
    // One that is over begins with zeros.
    try FilePath(path.string + "-journal").write([UInt8](repeating: 0, count: 512))
    #expect(try names(path).count == 3)
  }

  static let faults: [(String, ImageError.Code, [String])] = [
    ("no table", .unsupported, ["CREATE TABLE Other (x)"]),
    ("another table", .corrupt, ["CREATE TABLE Packages (pkgKey INTEGER PRIMARY KEY, name TEXT)"]),
    ("a view", .corrupt, ["CREATE VIEW Packages AS SELECT 1 AS hnum, x'00' AS blob"]),
    (
      "a view without end", .corrupt,
      [
        "CREATE VIEW Packages AS WITH RECURSIVE n(hnum) AS (SELECT 1 UNION ALL SELECT hnum + 1 FROM n) "
          + "SELECT hnum, x'00' AS blob FROM n"
      ]
    ),
    ("a trigger", .corrupt, [table, "CREATE TRIGGER t AFTER INSERT ON Packages BEGIN SELECT 1; END"]),
    ("a module", .corrupt, [table, "CREATE VIRTUAL TABLE r USING rtree(a, b, c)"]),
    (
      "a value that is computed", .limit,
      [
        "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob AS (zeroblob(1 << 29)))",
        "INSERT INTO Packages (hnum) VALUES (1)",
      ]
    ),
    ("text", .corrupt, [table, "INSERT INTO Packages VALUES (1, 'text')"]),
    (
      "nothing", .corrupt,
      ["CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob)", "INSERT INTO Packages VALUES (1, NULL)"]
    ),
    ("no header", .truncated, [table, "INSERT INTO Packages VALUES (1, x'00000001000000ff')"]),
    ("an empty value", .truncated, [table, "INSERT INTO Packages VALUES (1, x'')"]),
    ("no number", .corrupt, ["CREATE TABLE Packages (hnum, blob)", "INSERT INTO Packages VALUES ('one', x'00')"]),
    (
      "a number twice", .corrupt,
      [
        "CREATE TABLE Packages (hnum INTEGER, blob)",
        "INSERT INTO Packages VALUES (1, x'\(DatabaseCraft.blob("one").hex)')",
        "INSERT INTO Packages VALUES (1, x'\(DatabaseCraft.blob("two").hex)')",
      ]
    ),
  ]

  @Test(arguments: faults.indices) func fault(_ number: Int) throws {
    let (name, code, statements) = Self.faults[number]
    let path = try TempFolder.current["rpmdb.sqlite"]
    let database = try Database(path)
    for statement in statements { try database.run(statement) }
    let error = #expect(throws: ImageError.self) { try names(path) }
    #expect(error?.code == code, "\(name): \(String(describing: error))")
    #expect(error?.context.first == path.string)
  }

  @Test func limits() throws {
    let path = try TempFolder.current["rpmdb.sqlite"]
    try database(path, 5)
    let store = try ByteStore(contentsOf: path)
    var limits = RPMDatabase.Limits()
    limits.packageCount = 4
    #expect(throws: ImageError(.limit, "")) { try RPMDatabase(store, log: nil, limits: limits).forEach { _ in } }
    limits = RPMDatabase.Limits()
    limits.byteCount = store.byteCount - 1
    #expect(throws: ImageError(.limit, "")) { try RPMDatabase(store, log: nil, limits: limits).forEach { _ in } }
  }

  /// Whatever is cut or changed: an error, or packages.
  @Test func anyDamage() throws {
    let path = try TempFolder.current["rpmdb.sqlite"]
    try database(path, 30, "PRAGMA page_size = 512")
    let bytes = try Array(contentsOf: path)
    func read(_ bytes: [UInt8]) throws -> Int {
      var count = 0
      try RPMDatabase(ByteStore(bytes)).forEach { _ in count += 1 }
      return count
    }
    #expect(try read(bytes) == 30)
    for count in stride(from: 0, to: bytes.count, by: 251) { _ = try? read(Array(bytes[..<count])) }
    #expect(throws: ImageError.self) { try read(Array(bytes[..<512])) }
    var random = SplitMix64(seed: 11)
    var failures = 0
    for _ in 0..<1500 {
      var copy = bytes
      for _ in 0..<4 { copy[Int(random.next() % UInt64(copy.count))] = UInt8(truncatingIfNeeded: random.next()) }
      do { _ = try read(copy) } catch {
        failures += 1
        #expect(error is ImageError)
      }
    }
    #expect(failures > 100)
  }

  @Test func berkeleyDB() throws {
    let path = try TempFolder.current["Packages"]
    for magic: [UInt8] in [[0x61, 0x15, 6, 0], [0, 6, 0x15, 0x61], [0x62, 0x31, 5, 0], [0, 5, 0x31, 0x62]] {
      try path.write([UInt8](repeating: 0, count: 12) + magic + [UInt8](repeating: 0, count: 4096))
      let error = #expect(throws: ImageError.self) { try names(path) }
      #expect(error?.code == .unsupported && error?.message.contains("rpmdb --rebuilddb") == true)
    }
  }
}

/// A database that SQLite itself writes.
@safe private final class Database {
  private let library: SQLiteLibrary
  private var handle: OpaquePointer?

  init(_ path: FilePath) throws {
    library = try SQLiteLibrary.shared
    let status = unsafe library.open(path.string, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nil)
    try #require(status == SQLITE_OK)
  }

  deinit { _ = unsafe library.close(handle) }

  @discardableResult func run(_ text: String) throws -> Int64 {
    var statement: OpaquePointer?
    let status = unsafe library.prepare(handle, text, -1, &statement, nil)
    guard status == SQLITE_OK else { throw failure(text) }
    defer { _ = unsafe library.finalize(statement) }
    var value: Int64 = 0
    while true {
      switch unsafe library.step(statement) {
      case SQLITE_ROW: value = unsafe library.integer(statement, 0)
      case SQLITE_DONE: return value
      default: throw failure(text)
      }
    }
  }

  private func failure(_ text: String) -> ImageError {
    ImageError(.io, "\(text): \(unsafe library.message(handle).map { unsafe String(cString: $0) } ?? "")")
  }

  /// How many packages there are, also where there is no table yet.
  func rowCount() throws -> Int { Int(try run("SELECT count(*) FROM Packages")) }
}

extension TempFolder {
  func copy(_ path: FilePath, to name: String) throws -> FilePath {
    try self[name].write(try Array(contentsOf: path))
    return self[name]
  }

  func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: self[name].string, withIntermediateDirectories: true)
  }
}

extension Array<UInt8> {
  init(contentsOf path: FilePath) throws { self = Array(try Data(contentsOf: URL(filePath: path.string))) }
}
