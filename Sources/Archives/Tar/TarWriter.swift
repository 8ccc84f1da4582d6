public import FileTree
public import ImageCore

/// Writes trees as tar archives in the pax format (POSIX.1-2001), which GNU tar, bsdtar and Python read.
///
/// Extended attributes go to `SCHILY.xattr` records. The same tree gives the same bytes.
public struct TarWriter: Sendable {
  /// What was written.
  public struct Report: Sendable {
    /// The number of members.
    public let memberCount: Int
    /// The archive's length.
    public let byteCount: UInt64
    /// What an archive cannot hold.
    public let findings: [Finding]
  }

  /// Archives end at a multiple of it: what tapes wanted, and some readers still do.
  private static let recordByteCount: UInt64 = 20 * 512

  private let threadCount: Int

  /// Makes a writer.
  ///
  /// - Parameter threadCount: How many threads read; by default as many as there are processors.
  public init(threadCount: Int? = nil) { self.threadCount = max(1, threadCount ?? POSIX.processorCount) }

  /// Writes a tree.
  ///
  /// - Parameters:
  ///   - tree: What to write.
  ///   - write: Takes the first `count` bytes of a buffer, piece after piece.
  /// - Returns: What was written.
  /// - Throws: What `write` and reading the tree's files throw; `.cancelled`.
  @discardableResult
  public func write(
    _ tree: FileTree, _ write: (_ buffer: [UInt8], _ count: Int) throws(ImageError) -> Void
  ) async throws(ImageError) -> Report {
    try await self.write(FileTreeWalk(tree), write)
  }

  /// The same for a tree that is not in memory.
  @discardableResult
  package func write(
    _ walk: some TreeWalk, _ write: (_ buffer: [UInt8], _ count: Int) throws(ImageError) -> Void
  ) async throws(ImageError) -> Report {
    let counter = TarCounter()
    let buffers = BufferPool(limit: 2 * threadCount)
    var byteCount: UInt64 = 0
    let zeros = [UInt8](repeating: 0, count: 64 << 10)
    func writeZeros(_ count: UInt64) throws(ImageError) {
      var rest = count
      while rest > 0 {
        try checkCancellation()
        let part = Int(min(rest, UInt64(zeros.count)))
        try write(zeros, part)
        rest -= UInt64(part)
      }
      byteCount += count
    }
    try await forEachOrdered(
      TarJobs(walk, counter), width: threadCount, window: 2 * threadCount,
      transform: { (job: Result<TarJob, ImageError>) throws(ImageError) in try RenderedJob(job.get(), buffers) },
      commit: { (rendered: RenderedJob) throws(ImageError) in
        if rendered.count > 0 { try write(rendered.buffer, rendered.count) }
        byteCount += UInt64(rendered.count)
        buffers.give(rendered.buffer)
        try writeZeros(rendered.zeroCount)
      })
    // Two blocks of zeros say that nothing follows.
    let end = (byteCount + 1024).roundedUp(to: Self.recordByteCount)
    try writeZeros(end - byteCount)
    let findings =
      counter.socketCount == 0
      ? [] : [Finding(.note, "sockets-left-out", "\(counter.socketCount) sockets were left out: tar has none")]
    return Report(memberCount: counter.memberCount, byteCount: byteCount, findings: findings)
  }
}

/// A run of bytes, ready to be written.
private struct RenderedJob: Sendable {
  /// All buffers have this length, so that they can be used again: a piece behind almost a piece.
  private static var bufferByteCount: Int { 2 * TarJobs<FileTreeWalk>.pieceByteCount }

  let buffer: [UInt8]
  let count: Int
  let zeroCount: UInt64

  init(_ job: TarJob, _ buffers: BufferPool) throws(ImageError) {
    // Records of many attributes may need more.
    var buffer = buffers.take(atLeast: max(Self.bufferByteCount, job.byteCount))
    var filled = 0
    for part in job.parts {
      switch part {
      case .bytes(let bytes):
        buffer.copy(bytes, bytes.indices, to: filled)
        filled += bytes.count
      case .data(let content, let range):
        try content.read(at: range.lowerBound, into: &buffer, filled..<filled + range.count)
        filled += range.count
      }
    }
    self.buffer = buffer
    count = filled
    zeroCount = job.zeroCount
  }
}
