/// A run of a file's bytes that is stored in one pcluster.
struct Extent: Sendable, Equatable {
  /// The bytes of the file.
  var byteCount: Int
  /// The blocks of the image.
  var blockCount: Int
  /// Stored as it is, at most one block of it.
  var isPlain: Bool
}
