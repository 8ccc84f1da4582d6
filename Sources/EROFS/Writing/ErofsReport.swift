public import ImageCore

/// What was written.
public struct ErofsReport: Sendable {
  /// Counts of what is in the image.
  public struct Statistics: Sendable, Hashable {
    /// All inodes.
    public var inodeCount = 0
    /// Directories, the root included.
    public var directoryCount = 0
    /// Regular files; hard links count once.
    public var fileCount = 0
    /// Those of the files that are compressed.
    public var compressedFileCount = 0
    /// Those of the files that have holes.
    public var sparseFileCount = 0
    /// The sum of the files' lengths.
    public var fileByteCount: UInt64 = 0
  }

  /// Counts of what is in the image.
  public var statistics: Statistics
  /// The length of the file system, a multiple of the block size.
  public var byteCount: UInt64
  /// The volume's UUID.
  public var uuid: GUID
  /// Digests of all that was written, where the UUID came from the content.
  package var contentDigests: [UInt8]
  /// What could not be stored as it was.
  public var findings: [Finding]
}
