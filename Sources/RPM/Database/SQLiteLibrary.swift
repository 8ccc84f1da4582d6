import CSQLite
import ImageCore

/// libsqlite3's functions, loaded when the first database is read.
@safe struct SQLiteLibrary: Sendable {
  typealias Connection = OpaquePointer?
  typealias Statement = OpaquePointer?
  typealias Text = UnsafePointer<CChar>?

  let open: @Sendable @convention(c) (Text, UnsafeMutablePointer<OpaquePointer?>?, Int32, Text) -> Int32
  let close: @Sendable @convention(c) (Connection) -> Int32
  let deserialize:
    @Sendable @convention(c) (Connection, Text, UnsafeMutablePointer<UInt8>?, Int64, Int64, UInt32) -> Int32
  let limit: @Sendable @convention(c) (Connection, Int32, Int32) -> Int32
  let setProgressHandler:
    @Sendable @convention(c) (
      Connection, Int32, (@convention(c) (UnsafeMutableRawPointer?) -> Int32)?, UnsafeMutableRawPointer?
    ) -> Void
  let message: @Sendable @convention(c) (Connection) -> Text
  let prepare:
    @Sendable @convention(c) (
      Connection, Text, Int32, UnsafeMutablePointer<OpaquePointer?>?, UnsafeMutablePointer<Text>?
    )
      -> Int32
  let step: @Sendable @convention(c) (Statement) -> Int32
  let finalize: @Sendable @convention(c) (Statement) -> Int32
  let type: @Sendable @convention(c) (Statement, Int32) -> Int32
  let integer: @Sendable @convention(c) (Statement, Int32) -> Int64
  let blob: @Sendable @convention(c) (Statement, Int32) -> UnsafeRawPointer?
  let byteCount: @Sendable @convention(c) (Statement, Int32) -> Int32

  /// The library, loaded once.
  static var shared: SQLiteLibrary {
    get throws(ImageError) { try loaded.get() }
  }

  private static let loaded = Result { () throws(ImageError) in try SQLiteLibrary() }

  private init() throws(ImageError) {
    let library = try DynamicLibrary("libsqlite3.so.0", purpose: "RPM databases in SQLite are read with libsqlite3")
    unsafe open = try unsafe library.function("sqlite3_open_v2")
    unsafe close = try unsafe library.function("sqlite3_close_v2")
    unsafe deserialize = try unsafe library.function("sqlite3_deserialize")
    unsafe limit = try unsafe library.function("sqlite3_limit")
    unsafe setProgressHandler = try unsafe library.function("sqlite3_progress_handler")
    unsafe message = try unsafe library.function("sqlite3_errmsg")
    unsafe prepare = try unsafe library.function("sqlite3_prepare_v2")
    unsafe step = try unsafe library.function("sqlite3_step")
    unsafe finalize = try unsafe library.function("sqlite3_finalize")
    unsafe type = try unsafe library.function("sqlite3_column_type")
    unsafe integer = try unsafe library.function("sqlite3_column_int64")
    unsafe blob = try unsafe library.function("sqlite3_column_blob")
    unsafe byteCount = try unsafe library.function("sqlite3_column_bytes")
  }
}
