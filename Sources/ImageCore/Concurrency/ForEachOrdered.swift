/// Transforms `inputs` on `width` threads and commits the results in the order of the inputs.
///
/// The one seam with concurrency in the package. At most `window` results are in flight, so memory is bounded by
/// `window` inputs and outputs. `width: 1` is a plain loop and the reference: the results committed are the same for any
/// width. The first failure *in order* is thrown; what runs behind it is cancelled.
///
/// - Parameters:
///   - inputs: What to transform. Iterated lazily, on the caller.
///   - width: How many transforms may run at one time.
///   - window: How many results may exist that were not committed; at least `width`.
///   - transform: Runs on any thread.
///   - commit: Runs on the caller, in the order of the inputs.
/// - Throws: What `transform` or `commit` throws, or `.cancelled` when the task was cancelled.
package func forEachOrdered<Inputs: Sequence, Output: Sendable>(
  _ inputs: Inputs, width: Int, window: Int,
  transform: @escaping @Sendable (Inputs.Element) throws(ImageError) -> Output,
  commit: (Output) throws(ImageError) -> Void
) async throws(ImageError) where Inputs.Element: Sendable {
  if width <= 1 {
    for input in inputs {
      try checkCancellation()
      try commit(try transform(input))
    }
    return
  }
  let window = max(window, width)
  let failure = await withTaskGroup(of: (Int, Result<Output, ImageError>).self) {
    group -> ImageError? in
    var ring = [Result<Output, ImageError>?](repeating: nil, count: window)
    var iterator = inputs.makeIterator()
    var started = 0
    var committed = 0

    var running = 0
    // The runtime's pool is as wide as the machine, not as `width`. Where no more threads could run than may, one task
    // more waits in line for the thread that is done while the caller commits.
    let limit = width < POSIX.processorCount ? width : width + 1

    func startNext() -> Bool {
      guard running < limit, started - committed < window, let input = iterator.next() else { return false }
      running += 1
      let index = started
      started += 1
      group.addTask {
        if Task.isCancelled { return (index, .failure(.cancelled)) }
        do throws(ImageError) { return (index, .success(try transform(input))) } catch {
          return (index, .failure(error))
        }
      }
      return true
    }

    while true {
      while startNext() {}
      guard committed < started, let (index, result) = await group.next() else { return nil }
      running -= 1
      ring[index % window] = result
      while let ready = ring[committed % window] {
        ring[committed % window] = nil
        committed += 1
        do throws(ImageError) {
          try checkCancellation()
          try commit(try ready.get())
        } catch {
          group.cancelAll()
          return error
        }
        // Keep the workers busy while the commits go on.
        _ = startNext()
      }
    }
  }
  if let failure { throw failure }
}

extension ImageError {
  /// The task was cancelled.
  package static var cancelled: ImageError { ImageError(.cancelled, "cancelled") }
}

/// Throws `.cancelled` when the task was cancelled.
package func checkCancellation() throws(ImageError) {
  if Task.isCancelled { throw .cancelled }
}
