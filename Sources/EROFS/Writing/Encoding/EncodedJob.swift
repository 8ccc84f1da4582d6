import ImageCore

/// What a job made: blocks in one buffer, inodes that lack their addresses and, for each piece, what is whose.
struct EncodedJob: Sendable {
  enum Form: Sendable {
    /// The whole inode.
    case inode(EncodedMetadata.Item)
    /// A part of a file, or a file that others are equal to; the bytes after the last whole block are apart where they
    /// may go to the inode.
    case part(StoredFile)
    /// The data is another file's.
    case shared
    /// A segment of the packed inode.
    case packed(ClusterRun)
  }

  /// The end of a file, or all of it, for the packed inode.
  struct Fragment: Sendable {
    /// The bytes in `fragments`.
    let range: Range<Int>
    /// Where they begin in the file.
    let offset: UInt64
    let digest: Digest128
  }

  struct Piece: Sendable {
    let piece: DataJob.Piece
    let form: Form
    let blockCount: Int
    var fragment: Fragment?
    /// What equal files have in common; `nil` where there can be none.
    var key: SharedKey?
  }

  /// What two files must have in common to share their blocks: the bytes, and how they are stored.
  struct SharedKey: Hashable, Sendable {
    let digest: Digest128
    let byteCount: Int
    let codec: Int
    let isCompressed: Bool
    let blockCount: Int
  }

  /// Longer than what is used: it goes back to the pool.
  var buffer: [UInt8]
  var byteCount = 0
  var metadata = EncodedMetadata()
  var fragments: [UInt8] = []
  var pieces: [Piece] = []
  /// Of the blocks in the buffer.
  var digest: Digest128?
}
