import ImageCore

/// The jobs of the data pass: the files', and between them the segments of the packed inode as they fill up.
///
/// When a segment has its turn must not depend on how far the threads are: it is looked at what was committed
/// `lag` jobs ago, which is more than can be under way. A job that shares extents waits until these are in the image.
final class DataQueue: Sequence, IteratorProtocol {
  /// How many jobs may be under way at most.
  static let lag = 64

  var packed: PackedStream
  var stored: StoredExtents
  private let extents: ExtentSharing
  private let inodes: InodeTable
  private var files: DataJobs
  /// The next job while it waits for another.
  private var waiting: (job: DataJob, needed: Int)?
  private var started = 0
  private var startedFiles = 0
  private var committedFiles = 0
  /// The length of the packed inode after each job.
  private var lengths: [UInt64] = []
  private let fragmentLimit: UInt64

  init(
    _ inodes: InodeTable, _ sharing: FileSharing, _ extents: ExtentSharing, _ packed: PackedStream,
    _ format: ImageFormat
  ) {
    self.inodes = inodes
    self.extents = extents
    self.packed = packed
    files = DataJobs(inodes, sharing, extents, format)
    stored = StoredExtents(format.block)
    fragmentLimit = format.limits.fragmentByteCount
  }

  func next() -> DataJob? {
    // Between two segments of a file nothing may come: its blocks are one run.
    if waiting == nil, files.offset == 0, started >= Self.lag,
      lengths[started - Self.lag] >= packed.takenByteCount + UInt64(ImageFormat.segmentByteCount)
    {
      return startPacked()
    }
    if let next = waiting.take() ?? files.next(started) {
      guard next.needed < lengths.count else {
        // It is asked for again after each commit.
        waiting = next
        return nil
      }
      var job = withShared(next.job)
      job.takesFragments = hasRoomForFragments
      started += 1
      startedFiles += 1
      return job
    }
    let isComplete = committedFiles == startedFiles
    return isComplete && packed.takenByteCount < packed.byteCount ? startPacked() : nil
  }

  /// Whether the next job's fragments and those of all jobs under way fit below the limit, at a segment each.
  private var hasRoomForFragments: Bool {
    let known = started < Self.lag ? 0 : lengths[started - Self.lag]
    return known + UInt64(Self.lag * ImageFormat.maxSegmentByteCount) < fragmentLimit
  }

  /// The job with the extents that it may share.
  private func withShared(_ job: DataJob) -> DataJob {
    var job = job
    for index in job.pieces.indices where job.pieces[index].content != nil {
      let piece = job.pieces[index]
      for run in extents.runs(in: piece.inode) where run.isNear(piece.range) {
        guard let source = inodes.content(run.source) else { continue }
        job.pieces[index].shared += stored.shared(run, in: piece.range, source)
      }
    }
    return job
  }

  private func startPacked() -> DataJob {
    started += 1
    return DataJob(packed: packed.take())
  }

  /// A job is in the image.
  func didCommit(isFile: Bool) {
    if isFile { committedFiles += 1 }
    lengths.append(packed.byteCount)
  }
}
