import Dispatch
import SysextImage
import Synchronization

/// Blocks of a source that is slow to ask, kept as long as there is room.
///
/// What several threads want at the same time is asked for once.
final class BlockCache: Sendable {
  /// Small enough that a look at a few places moves little.
  static let blockByteCount = 16 << 10

  private struct Block {
    let bytes: [UInt8]
    /// How many blocks came together with this one.
    let run: UInt64
    var lastUse: UInt64
  }

  private struct State {
    var blocks: [UInt64: Block] = [:]
    var requests: [UInt64: BlockRequest] = [:]
    var clock: UInt64 = 0
    var movedCount: UInt64 = 0
  }

  private enum Step {
    case known([UInt8])
    case wait(BlockRequest)
    case ask(BlockRequest)
    /// For what comes after the blocks that others wait for, too.
    case askAhead(BlockRequest)
  }

  private let byteCount: UInt64
  private let blockCount: UInt64
  private let blockLimit: Int
  private let fetch: @Sendable (Range<UInt64>) throws(ImageError) -> [UInt8]
  private let state = Mutex(State())

  /// Makes a cache of a source of `byteCount` bytes, out of which `fetch` gets any part.
  init(
    byteCount: UInt64, limit: Int, fetch: @escaping @Sendable (Range<UInt64>) throws(ImageError) -> [UInt8]
  ) {
    self.byteCount = byteCount
    blockCount = (byteCount + UInt64(Self.blockByteCount) - 1) / UInt64(Self.blockByteCount)
    blockLimit = max(1, limit / Self.blockByteCount)
    self.fetch = fetch
  }

  /// Keeps bytes from the beginning of the source that are known already.
  func insert(front bytes: [UInt8]) {
    let blockCount = (bytes.count + Self.blockByteCount - 1) / Self.blockByteCount
    state.withLock { insert(bytes, 0..<UInt64(blockCount), &$0) }
  }

  /// Fills `output[range]` with the bytes from `offset` on; all are inside.
  func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) throws(ImageError) {
    let length = UInt64(Self.blockByteCount)
    let end = offset + UInt64(range.count)
    var position = offset
    /// Copies what `bytes`, which begin at `start`, have of what is wanted next.
    func copy(_ bytes: [UInt8], from start: UInt64) {
      let skipped = Int(position - start)
      let count = min(bytes.count - skipped, Int(end - position))
      output.copy(bytes, skipped..<skipped + count, to: range.lowerBound + Int(position - offset))
      position += UInt64(count)
    }
    while position < end {
      let block = position / length
      switch nextStep(block..<(end + length - 1) / length) {
      case .known(let bytes): copy(bytes, from: block * length)
      case .wait(let request): try request.wait()
      case .askAhead(let request):
        // Its failure is for those who need these blocks.
        do throws(ImageError) { _ = try ask(request) } catch { try checkCancellation() }
      case .ask(let request):
        let bytes = try ask(request)
        let start = request.blocks.lowerBound * length
        // The end of what is wanted may lie before the run's, and the run's before that.
        copy(bytes, from: start)
      }
    }
  }

  /// What to do for the first of `needed`.
  private func nextStep(_ needed: Range<UInt64>) -> Step {
    let block = needed.lowerBound
    return state.withLock { state in
      state.clock += 1
      if let bytes = state.blocks[block]?.bytes {
        state.blocks[block]?.lastUse = state.clock
        return .known(bytes)
      }
      guard let request = state.requests[block] else { return .ask(claim(needed, &state)) }
      guard let next = blockAhead(of: request, state) else { return .wait(request) }
      return .askAhead(claim(next..<next + 1, &state))
    }
  }

  /// Makes a request for a missing block, and for what ought to come with it.
  private func claim(_ needed: Range<UInt64>, _ state: inout State) -> BlockRequest {
    let previous = needed.lowerBound == 0 ? 0 : needed.lowerBound - 1
    let run = ReadAhead.run(
      for: needed, blockCount: blockCount,
      isKnown: { state.blocks[$0] != nil },
      isMissing: { state.blocks[$0] == nil && state.requests[$0] == nil },
      previousRun: state.blocks[previous]?.run ?? state.requests[previous].map { UInt64($0.blocks.count) } ?? 0,
      movedCount: state.movedCount)
    state.movedCount += UInt64(run.count)
    let request = BlockRequest(run)
    for block in run { state.requests[block] = request }
    return request
  }

  /// Where somebody who has to wait for `request` may read ahead meanwhile; `nil` when nobody reads on there for long,
  /// or enough is under way.
  private func blockAhead(of request: BlockRequest, _ state: State) -> UInt64? {
    guard UInt64(request.blocks.count) == ReadAhead.longestRun else { return nil }
    var next = request.blocks.upperBound
    while let following = state.requests[next] { next = following.blocks.upperBound }
    let isNear = next - request.blocks.lowerBound <= min(4 * ReadAhead.longestRun, UInt64(blockLimit / 4))
    return isNear && next < blockCount && state.blocks[next] == nil ? next : nil
  }

  private func ask(_ request: BlockRequest) throws(ImageError) -> [UInt8] {
    let length = UInt64(Self.blockByteCount)
    let blocks = request.blocks
    let result = Result { () throws(ImageError) in
      try fetch(blocks.lowerBound * length..<min(blocks.upperBound * length, byteCount))
    }
    state.withLock { state in
      for block in blocks { state.requests[block] = nil }
      if case .success(let bytes) = result { insert(bytes, blocks, &state) }
    }
    request.finish(result)
    return try result.get()
  }

  private func insert(_ bytes: [UInt8], _ blocks: Range<UInt64>, _ state: inout State) {
    state.clock += 1
    var start = 0
    for block in blocks {
      let end = min(start + Self.blockByteCount, bytes.count)
      state.blocks[block] = Block(bytes: Array(bytes[start..<end]), run: UInt64(blocks.count), lastUse: state.clock)
      start = end
    }
    evict(&state)
  }

  /// Drops what was not used for the longest time, several blocks at once because finding them costs.
  private func evict(_ state: inout State) {
    guard state.blocks.count > blockLimit else { return }
    let oldest = state.blocks.map { (use: $0.value.lastUse, block: $0.key) }.sorted { $0.use < $1.use }
    let dropped = state.blocks.count - blockLimit + blockLimit / 8
    for (_, block) in oldest.prefix(dropped) { state.blocks[block] = nil }
  }
}

/// Blocks that somebody has asked the source for, and others may wait for.
final class BlockRequest: Sendable {
  let blocks: Range<UInt64>
  private let group = DispatchGroup()
  private let failure = Mutex<ImageError?>(nil)

  init(_ blocks: Range<UInt64>) {
    self.blocks = blocks
    group.enter()
  }

  func finish(_ result: Result<[UInt8], ImageError>) {
    if case .failure(let error) = result { failure.withLock { $0 = error } }
    group.leave()
  }

  /// Waits until the blocks are there, or until they could not be had because of a fault of the source.
  ///
  /// When the one who asked was cancelled it just ends: others may want them still.
  func wait() throws(ImageError) {
    while group.wait(timeout: .now() + .milliseconds(50)) == .timedOut { try checkCancellation() }
    if let error = failure.withLock({ $0 }), error.code != .cancelled { throw error }
  }
}
