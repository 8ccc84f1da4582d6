import ImageCore

/// The jobs of the data pass: the files', and between them the segments of the packed inode as they fill up.
///
/// When a segment has its turn must not depend on how far the threads are: it is looked at what was committed
/// `lag` jobs ago, which is more than can be under way.
final class DataQueue: Sequence, IteratorProtocol {
  /// How many jobs may be under way at most.
  static let lag = 64

  var packed: PackedStream
  private var files: DataJobs
  private var started = 0
  private var startedFiles = 0
  private var committedFiles = 0
  /// The length of the packed inode after each job.
  private var lengths: [UInt64] = []

  init(_ files: DataJobs, _ packed: PackedStream) {
    self.files = files
    self.packed = packed
  }

  func next() -> DataJob? {
    // Between two segments of a file nothing may come: its blocks are one run.
    if files.offset == 0, started >= Self.lag,
      lengths[started - Self.lag] >= packed.takenByteCount + UInt64(ImageFormat.segmentByteCount)
    {
      return startPacked()
    }
    if let job = files.next() {
      started += 1
      startedFiles += 1
      return job
    }
    let isComplete = committedFiles == startedFiles
    return isComplete && packed.takenByteCount < packed.byteCount ? startPacked() : nil
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
