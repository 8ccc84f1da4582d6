public import FileTree
public import ImageCore

/// A regular file of an EROFS image, read and decompressed on demand.
///
/// Keeps the image open. A read touches only what it asks for, and decompresses straight into the caller's buffer what
/// is wanted whole: ask for a mebibyte and more at once where all of a file is wanted.
public struct ErofsContent: FileContent {
  let volume: ErofsVolume
  let inode: ErofsInode
  /// Where the file was found, for messages.
  let path: NestedPath?

  /// The file's length.
  public var byteCount: UInt64 { inode.byteCount }

  /// Fills `output[range]` with the bytes from `offset` on; all of them must be inside the file.
  ///
  /// - Throws: `.corrupt`, `.truncated`, `.unsupported` with the file's path or inode number; `.deviceMissing` for data
  ///   on a device that was not given; `.invalidArgument` for bytes outside of the file or the buffer.
  public func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) throws(ImageError) {
    do throws(ImageError) {
      try volume.withReader { (reader) throws(ImageError) in
        try reader.read(inode, at: offset, into: &output, range)
      }
    } catch { throw error.inContext(path?.description ?? "inode \(inode.nid)") }
  }
}

extension ErofsContent {
  /// The file's bytes as a sequence of pieces, in order.
  ///
  /// ```swift
  /// for try await chunk in content.chunks() { hasher.update(data: chunk) }
  /// ```
  ///
  /// A task that is cancelled gets the error `.cancelled` in place of the next piece. Reading happens off the caller's
  /// actor.
  ///
  /// - Parameters:
  ///   - range: The part of the file that is wanted; all of it, unless told.
  ///   - chunkByteCount: The length of each piece but the last one, at least 1.
  /// - Returns: A sequence, which may be iterated any number of times.
  public func chunks(in range: Range<UInt64>? = nil, of chunkByteCount: Int = 1 << 20) -> Chunks {
    precondition(chunkByteCount > 0, "chunks of \(chunkByteCount) bytes")
    return Chunks(content: self, range: range ?? 0..<byteCount, chunkByteCount: chunkByteCount)
  }

  /// A file's bytes in pieces.
  public struct Chunks: AsyncSequence, Sendable {
    fileprivate let content: ErofsContent
    fileprivate let range: Range<UInt64>
    fileprivate let chunkByteCount: Int

    /// Begins with the first piece.
    public func makeAsyncIterator() -> Iterator { Iterator(chunks: self, position: range.lowerBound) }

    /// Reads one piece after the other.
    public struct Iterator: AsyncIteratorProtocol {
      fileprivate let chunks: Chunks
      fileprivate var position: UInt64

      /// The next piece; `nil` after the last one.
      ///
      /// - Throws: What `read` throws, `.cancelled` in a task that was cancelled.
      public mutating func next(isolation actor: isolated (any Actor)?) async throws(ImageError) -> [UInt8]? {
        guard position < chunks.range.upperBound else { return nil }
        let count = Int(Swift.min(UInt64(chunks.chunkByteCount), chunks.range.upperBound - position))
        let bytes = try await chunks.content.piece(at: position, count: count)
        position += UInt64(count)
        return bytes
      }
    }
  }

  @concurrent private func piece(at offset: UInt64, count: Int) async throws(ImageError) -> [UInt8] {
    try checkCancellation()
    var bytes = [UInt8].unfilled(count)
    try read(at: offset, into: &bytes, bytes.indices)
    return bytes
  }
}
