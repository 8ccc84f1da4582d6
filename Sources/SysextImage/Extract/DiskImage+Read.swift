public import EROFS
public import FileTree
public import ImageCore

extension DiskImage {
  /// Hands a file's bytes to `write` in order, read ahead on many threads; symbolic links are followed in the image.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - write: Takes the first `count` bytes of a buffer, piece after piece.
  /// - Throws: `.notFound`; `.invalidArgument` for what is no regular file; what reading and `write` throw;
  ///   `.cancelled`.
  public func read(
    _ path: [FileName], _ write: (_ buffer: [UInt8], _ count: Int) throws(ImageError) -> Void
  ) async throws(ImageError) {
    try await fileSystem.content(of: try regularFile(path), path: path).stream(write)
  }

  /// The regular file that a path leads to.
  ///
  /// - Throws: `.notFound`; `.invalidArgument` for what is no regular file.
  public func regularFile(_ path: [FileName]) throws(ImageError) -> ErofsInode {
    let inode = try fileSystem.follow(path)
    guard inode.kind == .regular else {
      throw ImageError(
        .invalidArgument, "a \(inode.kind.word), not a regular file",
        context: [FileName.path(path)]
      ).inFile(store.name)
    }
    return inode
  }
}
