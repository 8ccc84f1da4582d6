public import ImageCore
public import SystemPackage

/// The database of the packages that are installed on a system, as rpm keeps it.
///
/// Read without rpm and without locks. Databases in SQLite need libsqlite3, which is loaded when the first one is read.
public struct RPMDatabase: Sendable {
  /// How a database is stored.
  public enum Backend: String, Sendable, Hashable {
    /// In SQLite: `rpmdb.sqlite`.
    case sqlite
    /// In rpm's own format of slots and blobs: `Packages.db`.
    case ndb
  }

  /// What reading a database may take.
  package struct Limits: Sendable {
    /// The greatest number of packages.
    package var packageCount = 1_000_000
    /// The greatest length of a database that is read into memory: one in SQLite, with its log.
    package var byteCount: UInt64 = 1 << 30

    package init() {}
  }

  /// How it is stored.
  public let backend: Backend
  private let store: ByteStore
  private let log: ByteStore?
  private let limits: Limits

  /// Recognizes a database.
  ///
  /// - Parameters:
  ///   - store: The file `rpmdb.sqlite` or `Packages.db`.
  ///   - log: What lies beside one in SQLite with `-wal` behind its name: changes that the file does not have yet.
  /// - Throws: `.unsupported` for what is no such database, or one in Berkeley DB; the source's error.
  public init(_ store: ByteStore, log: ByteStore? = nil) throws(ImageError) {
    try self.init(store, log: log, limits: Limits())
  }

  package init(_ store: ByteStore, log: ByteStore?, limits: Limits) throws(ImageError) {
    let head = try store.bytes(at: 0, upTo: Self.recognizedByteCount)
    // A new database may be in its log as a whole.
    let isInLog = head.isEmpty && log.map { $0.byteCount > 0 } ?? false
    guard let backend = try isInLog ? .sqlite : Backend(recognizing: head) else {
      throw ImageError(.unsupported, "no RPM database: neither in SQLite (rpmdb.sqlite) nor in ndb (Packages.db)")
    }
    self.backend = backend
    self.store = store
    self.log = log
    self.limits = limits
  }

  /// Opens a database's file, and the log beside it.
  ///
  /// - Throws: As `init(_:log:)`, and `.notFound` or `.io`; errors name the file.
  public init(contentsOf path: FilePath) throws(ImageError) {
    let store = try ByteStore(contentsOf: path)
    func beside(_ suffix: String) throws(ImageError) -> ByteStore? {
      guard let name = path.lastComponent?.bytes,
        let path = path.removingLastComponent().appending(bytes: name + Array(suffix.utf8))
      else { return nil }
      do { return try ByteStore(contentsOf: path) } catch {
        if error.code == .notFound { return nil }
        throw error
      }
    }
    self = try inFile(store.name) { () throws(ImageError) in
      let database = try RPMDatabase(store, log: beside(Self.logSuffix))
      if database.backend == .sqlite, let journal = try beside("-journal") {
        try SQLiteFile.checkJournal(journal)
      }
      return database
    }
  }

  /// What the name of the log of a database in SQLite ends with.
  package static let logSuffix = "-wal"

  /// As many bytes as it takes to recognize each backend.
  package static let recognizedByteCount = 16

  /// Calls `body` with one package after the other, in the database's order; source packages and public keys are left out.
  ///
  /// - Throws: `.truncated`, `.corrupt`, `.limit` or `.unsupported`, with the package's number in the database; the
  ///   source's error; what `body` throws.
  public func forEach(_ body: (RPMInstalledPackage) throws(ImageError) -> Void) throws(ImageError) {
    func take(_ number: Int64, _ blob: [UInt8], base: UInt64?) throws(ImageError) {
      let package: RPMInstalledPackage
      do { package = try RPMInstalledPackage(blob) } catch {
        // Where the header lies in one piece, offsets are those of the file. The magic number is ours.
        let place = "package \(number)"
        throw base.map { error.inContext(place, base: $0 &- 8) } ?? error.inContext("\(place): its header")
      }
      if !package.isPublicKey && !package.isSource { try body(package) }
    }
    try inFile(store.name) { () throws(ImageError) in
      switch backend {
      case .ndb:
        try NDBFile(store, limits).forEach { number, blob, offset throws(ImageError) in
          try take(Int64(number), blob, base: offset)
        }
      case .sqlite:
        var bytes = try SQLiteFile.bytes(store, log: log, limits)
        try SQLiteFile.forEachPackage(&bytes, limits) { number, blob throws(ImageError) in
          try take(number, blob, base: nil)
        }
      }
    }
  }
}

extension RPMDatabase.Backend {
  /// The backend of a file that begins with `head`; `nil` for another file.
  ///
  /// - Throws: `.unsupported` for a database in Berkeley DB.
  package init?(recognizing head: [UInt8]) throws(ImageError) {
    if head.starts(with: Array("SQLite format 3\0".utf8)) {
      self = .sqlite
    } else if head.starts(with: Array("RpmP".utf8)) {
      self = .ndb
    } else if Self.isBerkeleyDB(head) {
      throw ImageError(
        .unsupported,
        "an RPM database in Berkeley DB, which rpm gave up in 2020: convert a copy of its folder with "
          + "`rpmdb --rebuilddb --dbpath FOLDER` of rpm 4.16 or newer, or give the output of `rpm -qa` in a file")
    } else {
      return nil
    }
  }

  /// The magic number of a hash or of a B-tree, in either byte order.
  private static func isBerkeleyDB(_ head: [UInt8]) -> Bool {
    guard head.count >= 16 else { return false }
    let magic: UInt32 = head.rawSpan.bigEndian(at: 12)
    return [0x061561, 0x053162].contains { $0 == magic || $0 == magic.byteSwapped }
  }
}
