/// How much more than what was asked for is read from a source that is slow to ask.
///
/// A look at a few places stays a few small requests; whoever reads on, or around, gets pieces of twice the length each
/// time; and each piece is an eighth at least of all that was moved before, because whoever has moved much already would
/// rather move some more than wait for another answer.
enum ReadAhead {
  /// Blocks of a run at most.
  static let longestRun: UInt64 = 128
  /// Blocks of a run at most that nothing but the amount speaks for.
  static let longestStep: UInt64 = 16

  /// The blocks to ask for, all of them missing, where `first` is missing and all until `needed`'s end are wanted.
  ///
  /// - Parameters:
  ///   - needed: What a reader wants; begins with a missing block.
  ///   - blockCount: The blocks of the source.
  ///   - isKnown: Whether a block is there.
  ///   - isMissing: Whether nobody has it or has asked for it.
  ///   - previousRun: How many blocks came together with the one before, 0 when that is not there.
  ///   - movedCount: How many blocks were asked for so far.
  /// - Returns: Missing blocks in a row, the first one needed among them.
  static func run(
    for needed: Range<UInt64>, blockCount: UInt64, isKnown: (UInt64) -> Bool, isMissing: (UInt64) -> Bool,
    previousRun: UInt64, movedCount: UInt64
  ) -> Range<UInt64> {
    let first = needed.lowerBound
    let around = neighbourhood(of: first, blockCount: blockCount, isKnown)
    var end = max(needed.upperBound, around.upperBound)
    end = max(end, first + min(2 * previousRun, longestRun), first + min(movedCount / 8, longestStep))
    end = min(end, blockCount)
    var start = first
    while start > around.lowerBound, first - start < longestRun / 2, isMissing(start - 1) { start -= 1 }
    end = min(end, start + longestRun)
    var upper = first + 1
    while upper < end, isMissing(upper) { upper += 1 }
    return start..<upper
  }

  /// The largest aligned group of 2ⁿ blocks around `block` of which half is known.
  private static func neighbourhood(
    of block: UInt64, blockCount: UInt64, _ isKnown: (UInt64) -> Bool
  ) -> Range<UInt64> {
    var result = block..<block + 1
    var group = result
    var count: UInt64 = 0
    var length: UInt64 = 2
    while length <= longestRun {
      let start = block & ~(length - 1)
      let wider = start..<min(start + length, blockCount)
      // What was counted is one half of it.
      for other in wider where !group.contains(other) && isKnown(other) { count += 1 }
      if 2 * count >= length { result = wider }
      group = wider
      length *= 2
    }
    return result
  }
}
