import Dispatch
import FileTree
import ImageCore
import RPM
import Synchronization

/// The contents of a package's files, decompressed once and in order, for readers that want them in any.
///
/// A reader that is ahead of the decoder waits for it. The decoder never waits, so that nobody does for long.
final class PayloadSpool: Sendable {
  private struct State: Sendable {
    /// By a file's index: where its content begins; `UInt64.max` as long as the decoder has not come to it.
    var starts: [UInt64]
    /// How much can be read.
    var byteCount: UInt64 = 0
    /// Why there will never be more.
    var end: ImageError?
    var waiting: [DispatchSemaphore] = []
  }

  private let state: Mutex<State>
  private let file: ScratchFile

  /// - Parameters:
  ///   - fileCount: The number of the package's files.
  ///   - file: Where the contents go.
  init(fileCount: Int, file: ScratchFile) {
    state = Mutex(State(starts: [UInt64](repeating: .max, count: fileCount)))
    self.file = file
  }

  /// Hands over more: the bytes at `offset`, which follow the last ones, and the files that begin there.
  func append(_ bytes: RawSpan, at offset: UInt64, starts: [(index: Int, start: UInt64)]) throws(ImageError) {
    try file.write(bytes, at: offset)
    wake { state in
      for (index, start) in starts { state.starts[index] = start }
      state.byteCount = offset + UInt64(bytes.byteCount)
    }
  }

  /// Says that no more will come; of several reasons the first stays.
  func end(_ reason: ImageError) {
    wake { if $0.end == nil { $0.end = reason } }
  }

  /// Whether no more will come.
  var isEnded: Bool { state.withLock { $0.end != nil } }

  private func wake(_ change: (inout State) -> Void) {
    let waiting = state.withLock { state in
      change(&state)
      defer { state.waiting = [] }
      return state.waiting
    }
    for semaphore in waiting { semaphore.signal() }
  }

  /// Fills `output[range]` with a file's bytes from `offset` on.
  ///
  /// - Throws: Why the decoder stopped before it came so far.
  func read(_ index: Int, at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) throws(ImageError) {
    let place = try wait(index, offset, byteCount: range.count)
    try file.read(at: place, into: &output, range)
  }

  private func wait(_ index: Int, _ offset: UInt64, byteCount: Int) throws(ImageError) -> UInt64 {
    while true {
      let semaphore = DispatchSemaphore(value: 0)
      let result = state.withLock { state -> Result<UInt64, ImageError>? in
        let start = state.starts[index]
        if start != .max, start + offset + UInt64(byteCount) <= state.byteCount { return .success(start + offset) }
        if let reason = state.end { return .failure(reason) }
        state.waiting.append(semaphore)
        return nil
      }
      if let result { return try result.get() }
      semaphore.wait()
    }
  }
}

/// The content of a package's file.
struct SpoolContent: FileContent {
  let spool: PayloadSpool
  let index: Int
  let byteCount: UInt64

  func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) throws(ImageError) {
    if !range.isEmpty { try spool.read(index, at: offset, into: &output, range) }
  }
}
