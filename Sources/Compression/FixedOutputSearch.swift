/// Finds how much of a source fits, for compressors that only take whole sources: in few tries, each of which compresses
/// from the beginning.
///
/// The compressed size grows almost in proportion to the source, so the next try is where the line through the known
/// sizes meets the capacity.
struct FixedOutputSearch {
  private struct Point {
    var count: Int
    var produced: Int
  }

  private static let maximalTries = 8

  private let byteCount: Int
  private let capacity: Int
  /// What may stay empty: the last few bytes cost as much time as all others.
  private let slack: Int
  private var fitting = Point(count: 0, produced: 0)
  private var tooLong: Point?
  /// How often in a row the same end has moved (negative: the upper one), as happens where the size is no line.
  private var sameSide = 0
  private(set) var tries = 0

  /// Looks for the greatest of `1...byteCount` that fits into `capacity`.
  init(byteCount: Int, capacity: Int) {
    self.byteCount = byteCount
    self.capacity = capacity
    slack = 2 + capacity / 256
  }

  /// The best that was found; `(0, 0)` when that is no gain.
  var result: (consumed: Int, produced: Int) {
    fitting.produced < fitting.count ? (fitting.count, fitting.produced) : (0, 0)
  }

  /// The size to aim at.
  var goal: Int { capacity - slack / 2 }

  /// What is worth a try.
  var open: Range<Int> { fitting.count + 1..<max(tooLong?.count ?? byteCount + 1, fitting.count + 1) }

  /// Takes the outcome of a try.
  ///
  /// - Returns: What to try next; `nil` when what was found is good enough.
  mutating func next(after count: Int, produced: Int) -> Int? {
    tries += 1
    if produced <= capacity {
      sameSide = max(sameSide, 0) + 1
      fitting = Point(count: count, produced: produced)
      if count == byteCount || capacity - produced <= slack { return nil }
    } else {
      sameSide = min(sameSide, 0) - 1
      tooLong = Point(count: count, produced: produced)
      // Longer than what it holds: there is no gain.
      if count <= capacity { return nil }
    }
    if open.isEmpty || tries >= Self.maximalTries && fitting.count > 0 { return nil }
    return min(max(guess(), open.lowerBound), open.upperBound - 1)
  }

  private func guess() -> Int {
    guard let tooLong else { return fitting.count * goal / max(fitting.produced, 1) }
    var below = Double(max(goal - fitting.produced, 0))
    var above = Double(tooLong.produced - goal)
    // The end that stays counts half as much each time.
    if sameSide > 1 { above /= Double(1 << min(sameSide - 1, 20)) }
    if sameSide < -1 { below /= Double(1 << min(-sameSide - 1, 20)) }
    return fitting.count + Int(Double(tooLong.count - fitting.count) * below / (below + above))
  }
}
