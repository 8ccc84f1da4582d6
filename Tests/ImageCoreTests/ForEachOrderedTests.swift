import Foundation
import ImageCore
import Synchronization
import Testing

// One after the other: a transform that waits for another one takes a thread from those who share it.
@Suite(.serialized, .timeLimit(.minutes(30))) struct ForEachOrderedTests {
  private static let widths = [1, 2, 3, 8]
  private static let windows = [1, 3, 8, 64]

  /// The greatest value that a counter had.
  private final class Peak: Sendable {
    private let state = Mutex((now: 0, peak: 0))

    var peak: Int { state.withLock { $0.peak } }
    var now: Int { state.withLock { $0.now } }

    func add(_ change: Int) {
      state.withLock {
        $0.now += change
        $0.peak = max($0.peak, $0.now)
      }
    }
  }

  private static let hasThreads = ProcessInfo.processInfo.activeProcessorCount > 1

  /// Waits for what another thread does, but not for ever.
  private static func wait(until isDone: () -> Bool) {
    for _ in 0..<200_000 where !isDone() { usleep(1000) }
  }

  @Test(arguments: widths, windows) func commitsInOrder(_ width: Int, _ window: Int) async throws {
    for count in [0, 1, 2, 7, 8, 9, 200] {
      var results: [Int] = []
      try await forEachOrdered(0..<count, width: width, window: window) { (input: Int) throws(ImageError) -> Int in
        // The later ones are often the faster ones.
        if input % 7 == 0 { usleep(300) }
        return input * input
      } commit: { (result: Int) throws(ImageError) in
        results.append(result)
      }
      #expect(results == (0..<count).map { $0 * $0 })
    }
  }

  @Test(arguments: widths, windows) func boundsWhatIsInFlight(_ width: Int, _ window: Int) async throws {
    let taken = Peak()
    let running = Peak()
    let inputs = (0..<300).lazy.map { input in
      taken.add(1)
      return input
    }
    try await forEachOrdered(inputs, width: width, window: window) { (input: Int) throws(ImageError) -> Int in
      running.add(1)
      if input % 20 == 0 { usleep(2000) }
      running.add(-1)
      return input
    } commit: { (_: Int) throws(ImageError) in
      taken.add(-1)
    }
    #expect(taken.now == 0 && running.now == 0)
    #expect(taken.peak <= max(width, window) && running.peak <= width, "\(taken.peak), \(running.peak)")
    if width == 1 { #expect(taken.peak == 1) }
  }

  @Test(.enabled(if: hasThreads, "needs two processors")) func usesTheWindow() async throws {
    let taken = Peak()
    let inputs = (0..<100).lazy.map { input in
      taken.add(1)
      return input
    }
    try await forEachOrdered(inputs, width: 2, window: 16) { (input: Int) throws(ImageError) -> Int in
      if input == 0 { Self.wait { taken.now == 16 } }
      return input
    } commit: { (_: Int) throws(ImageError) in
      taken.add(-1)
    }
    #expect(taken.peak == 16)
  }

  @Test(.enabled(if: hasThreads, "needs two processors"), arguments: widths)
  func theFirstFailureInOrderWins(_ width: Int) async {
    let laterHasFailed = Atomic(false)
    var results: [Int] = []
    let error = await #expect(throws: ImageError.self) {
      try await forEachOrdered(0..<50, width: width, window: 16) { (input: Int) throws(ImageError) -> Int in
        if input == 3 {
          if width > 1 { Self.wait { laterHasFailed.load(ordering: .relaxed) } }
          throw ImageError(.corrupt, "third")
        }
        if input == 7 {
          laterHasFailed.store(true, ordering: .relaxed)
          throw ImageError(.limit, "seventh")
        }
        return input
      } commit: { (result: Int) throws(ImageError) in
        results.append(result)
      }
    }
    #expect(error?.message == "third")
    #expect(results == [0, 1, 2])
    #expect(laterHasFailed.load(ordering: .relaxed) == (width > 1))
  }

  @Test(arguments: widths) func aFailingCommitStops(_ width: Int) async {
    let started = Atomic(0)
    var results: [Int] = []
    let error = await #expect(throws: ImageError.self) {
      try await forEachOrdered(0..<10_000, width: width, window: 8) { (input: Int) throws(ImageError) -> Int in
        started.add(1, ordering: .relaxed)
        return input
      } commit: { (result: Int) throws(ImageError) in
        if result == 5 { throw ImageError(.io, "no space") }
        results.append(result)
      }
    }
    #expect(error?.message == "no space")
    #expect(results == [0, 1, 2, 3, 4])
    #expect(started.load(ordering: .relaxed) <= 5 + 8)
  }

  @Test(.enabled(if: hasThreads, "needs two processors"), arguments: [2, 3, 8])
  func whatRunsBehindAFailureIsCancelled(_ width: Int) async {
    let isWaiting = Atomic(false)
    let wasCancelled = Atomic(false)
    await #expect(throws: ImageError(.corrupt, "")) {
      try await forEachOrdered(0..<100, width: width, window: 100) { (input: Int) throws(ImageError) -> Int in
        if input == 0 {
          Self.wait { isWaiting.load(ordering: .relaxed) }
          throw ImageError(.corrupt, "first")
        }
        if input == 1 {
          isWaiting.store(true, ordering: .relaxed)
          Self.wait { Task.isCancelled }
          wasCancelled.store(Task.isCancelled, ordering: .relaxed)
        }
        return input
      } commit: { (_: Int) throws(ImageError) in
        Issue.record("nothing comes before the first")
      }
    }
    #expect(wasCancelled.load(ordering: .relaxed) == true)
  }

  @Test(arguments: widths) func stopsWhenTheTaskIsCancelled(_ width: Int) async {
    let committed = Atomic(0)
    let task = Task {
      try await forEachOrdered(0..., width: width, window: 16) { (input: Int) throws(ImageError) -> Int in
        input
      } commit: { (result: Int) throws(ImageError) in
        committed.store(result + 1, ordering: .relaxed)
        if result == 20 { unsafe withUnsafeCurrentTask { unsafe $0?.cancel() } }
      }
    }
    let result = await task.result
    #expect(throws: ImageError(.cancelled, "")) { try result.get() }
    #expect(committed.load(ordering: .relaxed) == 21)
  }

  @Test(arguments: widths) func doesNothingInACancelledTask(_ width: Int) async {
    let task = Task {
      unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
      try await forEachOrdered(0..<10, width: width, window: 4) { (input: Int) throws(ImageError) -> Int in
        input
      } commit: { (_: Int) throws(ImageError) in
        Issue.record("committed in a cancelled task")
      }
    }
    let result = await task.result
    #expect(throws: ImageError(.cancelled, "")) { try result.get() }
  }

  @Test func checksCancellation() async {
    #expect(throws: Never.self) { try checkCancellation() }
    let task = Task {
      unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
      try checkCancellation()
    }
    let result = await task.result
    #expect(throws: ImageError(.cancelled, "")) { try result.get() }
  }

  @Test(arguments: widths) func transformsRunSideBySideAndCommitsDoNot(_ width: Int) async throws {
    let running = Peak()
    let commits = Peak()
    try await forEachOrdered(0..<40, width: width, window: 16) { (input: Int) throws(ImageError) -> Int in
      running.add(1)
      usleep(1000)
      // On a busy machine the others of the pool's threads may be taken for a while.
      if input == 0, width > 1, Self.hasThreads { Self.wait { running.peak > 1 } }
      running.add(-1)
      return input
    } commit: { (_: Int) throws(ImageError) in
      commits.add(1)
      commits.add(-1)
    }
    #expect(commits.peak == 1 && running.peak <= width)
    if width > 1, Self.hasThreads { #expect(running.peak > 1) }
  }
}
