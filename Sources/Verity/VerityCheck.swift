public import ImageCore

/// Compares data with its hash tree.
///
/// From the root down: a block of hashes counts only once its own digest is in one that counts.
public struct VerityCheck: Sendable {
  /// What does not agree.
  public enum Fault: Sendable, Hashable {
    /// A block of data, by its number.
    case data(UInt64)
    /// A block of the hash partition, by its number: what is below it cannot be told.
    case hash(UInt64)
    /// The root hash is another one.
    case root
  }

  /// What a comparison found.
  public struct Result: Sendable, Hashable {
    /// The root hash of the tree as it is.
    public let rootHash: [UInt8]
    /// The first faults: the root, hashes from the top down, data in order.
    public internal(set) var faults: [Fault] = []
    /// How many blocks of data and hashes do not agree.
    public internal(set) var faultCount: UInt64 = 0
  }

  /// How many faults are named.
  public static let namedCount = 100

  /// How blocks are hashed.
  public let parameters: VerityParameters
  /// Where the tree is.
  public let layout: VerityLayout
  private let hashes: ByteStore
  private let hasher: BlockHasher

  /// Reads the superblock of a hash partition.
  ///
  /// - Parameters:
  ///   - hashes: The partition.
  ///   - dataByteCount: The length of the data's partition.
  /// - Throws: `.corrupt`, `.unsupported`; `.truncated` where the tree or the data it is of do not fit.
  public init(hashes: ByteStore, dataByteCount: UInt64) throws(ImageError) {
    let head = try hashes.bytes(at: 0, count: VeritySuperblock.byteCount)
    let superblock = try VeritySuperblock(head.rawSpan)
    parameters = try superblock.parameters
    guard superblock.dataBlockCount > 0 else { throw ImageError(.corrupt, "a tree of no data", offset: 72) }
    guard superblock.dataBlockCount <= dataByteCount / UInt64(parameters.dataBlockByteCount) else {
      throw ImageError(
        .truncated, "a tree of \(superblock.dataBlockCount) blocks; the data have \(dataByteCount) bytes", offset: 72)
    }
    layout = try VerityLayout(dataBlockCount: superblock.dataBlockCount, parameters)
    // It fits into 64 bits: the data do, and they are longer but for a block or two.
    guard layout.byteCount(parameters) <= hashes.byteCount else {
      throw ImageError(
        .truncated, "a tree of \(layout.byteCount(parameters)) bytes in a partition of \(hashes.byteCount)")
    }
    self.hashes = hashes
    hasher = BlockHasher(parameters)
  }

  /// One of the hash partition's blocks.
  func block(_ number: UInt64) throws(ImageError) -> [UInt8] {
    let count = parameters.hashBlockByteCount
    return try hashes.bytes(at: number * UInt64(count), count: count)
  }

  /// The digest of a tree's top.
  ///
  /// - Parameter data: Where there is no tree, the data's only block is what counts.
  /// - Returns: The digest.
  /// - Throws: What reading throws.
  public func rootHash(data: ByteStore) throws(ImageError) -> [UInt8] {
    guard let top = layout.levels.last else {
      return hasher.digest(of: try data.bytes(at: 0, count: parameters.dataBlockByteCount))
    }
    return hasher.digest(of: try block(top.lowerBound))
  }

  // MARK: comparing

  /// A run of one level's blocks that have their digests in one block of the level above.
  private struct Run: Sendable {
    let blocks: Range<UInt64>
    /// Of the hash partition.
    let parent: UInt64
    /// Where the first digest is in it.
    let offset: Int
  }

  /// Compares all blocks, on several threads.
  ///
  /// - Parameters:
  ///   - data: The data's partition.
  ///   - expected: What the root hash has to be; `nil` where nobody says so.
  ///   - threadCount: How many threads.
  /// - Returns: What does not agree.
  /// - Throws: What reading throws; `.cancelled`.
  public func verify(
    data: ByteStore, rootHash expected: [UInt8]?, threadCount: Int
  ) async throws(ImageError) -> Result {
    var result = Result(rootHash: try rootHash(data: data))
    if let expected, expected != result.rootHash { result.add(.root) }
    // Blocks of the level above that do not agree: nothing can be said of what is below them.
    var bad: Set<UInt64> = []
    for level in layout.levels.indices.dropLast().reversed() {
      let blocks = layout.levels[level]
      let found = try await compare(
        blocks, with: layout.levels[level + 1].lowerBound, store: hashes, parameters.hashBlockByteCount, bad,
        threadCount)
      for block in found { result.add(.hash(block)) }
      bad = Set(found)
    }
    guard let leaves = layout.levels.first else { return result }
    let found = try await compare(
      0..<layout.dataBlockCount, with: leaves.lowerBound, store: data, parameters.dataBlockByteCount, bad, threadCount)
    for block in found { result.add(.data(block)) }
    return result
  }

  /// The blocks that do not agree with their digests.
  private func compare(
    _ blocks: Range<UInt64>, with parents: UInt64, store: ByteStore, _ blockByteCount: Int, _ bad: Set<UInt64>,
    _ threadCount: Int
  ) async throws(ImageError) -> [UInt64] {
    let (digestByteCount, hasher) = (parameters.algorithm.byteCount, hasher)
    // A part of a block of digests: of data, half a megabyte at most.
    let length = UInt64(max(1, min(parameters.digestsPerBlock, (512 << 10) / blockByteCount)))
    let width = UInt64(parameters.digestsPerBlock)
    var found: [UInt64] = []
    let pool = BufferPool(limit: 2 * threadCount)
    try await forEachOrdered(
      stride(from: 0, to: UInt64(blocks.count), by: Int(length)), width: threadCount, window: 4 * threadCount,
      transform: { (first: UInt64) throws(ImageError) -> [UInt64] in
        let run = Run(
          blocks: blocks.lowerBound + first..<min(blocks.lowerBound + first + length, blocks.upperBound),
          parent: parents + first / width, offset: Int(first % width) * digestByteCount)
        if bad.contains(run.parent) { return [] }
        var buffer = pool.take(Int(length) * blockByteCount)
        defer { pool.give(buffer) }
        let range = 0..<run.blocks.count * blockByteCount
        try store.read(at: run.blocks.lowerBound * UInt64(blockByteCount), into: &buffer, range)
        var digests: [UInt8] = []
        digests.reserveCapacity(run.blocks.count * digestByteCount)
        hasher.digests(of: buffer, range, blockByteCount: blockByteCount, into: &digests)
        let expected = try block(run.parent)[run.offset..<run.offset + digests.count]
        if expected.elementsEqual(digests) { return [] }
        return run.blocks.filter { number in
          let place = Int(number - run.blocks.lowerBound) * digestByteCount
          return !digests[place..<place + digestByteCount].elementsEqual(
            expected[(expected.startIndex + place)..<(expected.startIndex + place + digestByteCount)])
        }
      },
      commit: { (bad: [UInt64]) throws(ImageError) in found += bad })
    return found
  }
}

extension VerityCheck.Result {
  fileprivate mutating func add(_ fault: VerityCheck.Fault) {
    if faults.count < VerityCheck.namedCount { faults.append(fault) }
    faultCount += 1
  }
}
