package import ImageCore

/// A hash tree that grows from its leaves, of which no more than a block of each level is in memory.
package struct VerityTree {
  private struct Level {
    /// The block that is being filled.
    var block: [UInt8] = []
    /// Which of the hash partition's blocks comes next.
    var next: UInt64
  }

  private let parameters: VerityParameters
  private let hasher: BlockHasher
  private var levels: [Level]
  private var leavesLeft: UInt64
  private var root: [UInt8] = []

  package init(_ layout: VerityLayout, _ parameters: VerityParameters) {
    self.parameters = parameters
    hasher = BlockHasher(parameters)
    levels = layout.levels.map { Level(next: $0.lowerBound) }
    leavesLeft = layout.dataBlockCount
  }

  /// Takes the digests of the next blocks of data.
  ///
  /// - Parameters:
  ///   - digests: As many as are not too many, one after the other.
  ///   - write: Takes a block of hashes, and where in the hash partition it goes.
  /// - Throws: What `write` throws.
  package mutating func append(
    _ digests: [UInt8], write: ([UInt8], UInt64) throws(ImageError) -> Void
  ) throws(ImageError) {
    let count = parameters.algorithm.byteCount
    precondition(UInt64(digests.count / count) <= leavesLeft && digests.count.isMultiple(of: count))
    leavesLeft -= UInt64(digests.count / count)
    try append(digests[...], to: 0, write)
  }

  private mutating func append(
    _ digests: ArraySlice<UInt8>, to level: Int, _ write: ([UInt8], UInt64) throws(ImageError) -> Void
  ) throws(ImageError) {
    guard level < levels.count else {
      root = Array(digests)
      return
    }
    var rest = digests
    while !rest.isEmpty {
      let part = rest.prefix(parameters.hashBlockByteCount - levels[level].block.count)
      levels[level].block += part
      rest = rest.dropFirst(part.count)
      if levels[level].block.count == parameters.hashBlockByteCount { try end(level, write) }
    }
  }

  /// Hands a level's block over, and its digest to the level above.
  private mutating func end(
    _ level: Int, _ write: ([UInt8], UInt64) throws(ImageError) -> Void
  ) throws(ImageError) {
    var block = levels[level].block
    block += [UInt8](repeating: 0, count: parameters.hashBlockByteCount - block.count)
    try write(block, levels[level].next * UInt64(parameters.hashBlockByteCount))
    levels[level].next += 1
    levels[level].block.removeAll(keepingCapacity: true)
    try append(hasher.digest(of: block)[...], to: level + 1, write)
  }

  /// Ends the tree: what is left of its levels is handed over, from the leaves to the top.
  ///
  /// - Returns: The root hash.
  package mutating func finish(
    write: ([UInt8], UInt64) throws(ImageError) -> Void
  ) throws(ImageError) -> [UInt8] {
    precondition(leavesLeft == 0)
    for level in levels.indices where !levels[level].block.isEmpty { try end(level, write) }
    return root
  }
}
