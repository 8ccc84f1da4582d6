import FileTree

/// A part of the work on file data that one thread does: pieces of about a segment in all.
struct DataJob: Sendable {
  /// A file, or a segment of a large one; or something without data, which only keeps its turn.
  struct Piece: Sendable {
    /// The index in the plan.
    let inode: Int
    let content: (any FileContent)?
    let offset: UInt64
    let byteCount: Int

    /// Whether it is the file's last, and so has its tail.
    var isLast: Bool { content.map { offset + UInt64(byteCount) == $0.byteCount } ?? true }
    /// Whether it is all of the file.
    var isWhole: Bool { offset == 0 && isLast }
  }

  var pieces: [Piece] = []
  /// A segment of the packed inode, instead of pieces.
  var packed: [UInt8] = []
}

/// The jobs of a plan, made as they are asked for: small files together, large ones cut.
struct DataJobs: Sequence, IteratorProtocol {
  private static let batchByteCount = 512 << 10
  private static let batchPieceCount = 256

  private let tree: FileTree
  private let plan: InodePlan
  private let sharing: FileSharing
  private let format: ImageFormat
  private var position = 0
  /// Where the next segment of a large file begins; 0 between files.
  private(set) var offset: UInt64 = 0

  init(_ inodes: InodeTable, _ sharing: FileSharing, _ format: ImageFormat) {
    tree = inodes.tree
    plan = inodes.plan
    self.sharing = sharing
    self.format = format
  }

  mutating func next() -> DataJob? {
    var job = DataJob()
    var byteCount = 0
    while position < plan.others.count, job.pieces.count < Self.batchPieceCount {
      let inode = plan.others[position]
      guard case .regular(let content) = tree.kind(of: plan.inodes[inode].node), sharing.original(of: inode) == nil
      else {
        job.pieces.append(DataJob.Piece(inode: inode, content: nil, offset: 0, byteCount: 0))
        position += 1
        continue
      }
      let rest = content.byteCount - offset
      // A segment of a larger file is alone in its job: what belongs behind it can still be put there.
      if !job.pieces.isEmpty, UInt64(byteCount) + rest > UInt64(Self.batchByteCount) { break }
      let isStored = format.codecs[plan.codec(of: inode)].codec == nil
      let segment = isStored ? format.storedSegmentByteCount(content.byteCount) : ImageFormat.segmentByteCount
      let count = Int(Swift.min(rest, UInt64(segment)))
      job.pieces.append(DataJob.Piece(inode: inode, content: content, offset: offset, byteCount: count))
      byteCount += count
      offset += UInt64(count)
      if offset < content.byteCount { break }
      let isWhole = offset == UInt64(count)
      offset = 0
      position += 1
      if !isWhole || byteCount >= Self.batchByteCount { break }
    }
    return job.pieces.isEmpty ? nil : job
  }
}
