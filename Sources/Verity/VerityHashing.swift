package import ImageCore

/// Hashes blocks of data by many at a time, on several threads.
package struct VerityHashing: Sendable {
  /// Fills a range of a buffer with the data from an offset on.
  package typealias Reader = @Sendable (UInt64, inout [UInt8], Range<Int>) throws(ImageError) -> Void

  /// How much one thread hashes at one time: so little that it stays in the cache.
  private static let runByteCount = 256 << 10

  package let parameters: VerityParameters
  package let threadCount: Int

  package init(_ parameters: VerityParameters, threadCount: Int) {
    self.parameters = parameters
    self.threadCount = threadCount
  }

  /// Hashes all blocks, and hands their digests over in order.
  ///
  /// - Parameters:
  ///   - blockCount: How many blocks of data there are.
  ///   - read: Reads them; called on several threads.
  ///   - commit: Takes the first block's number, and the digests of that and the next ones.
  /// - Throws: What reading and `commit` throw; `.cancelled`.
  package func digests(
    of blockCount: UInt64, read: @escaping Reader,
    commit: (UInt64, [UInt8]) throws(ImageError) -> Void
  ) async throws(ImageError) {
    let (blockByteCount, hasher) = (parameters.dataBlockByteCount, BlockHasher(parameters))
    let runLength = UInt64(max(1, Self.runByteCount / blockByteCount))
    let digestByteCount = parameters.algorithm.byteCount
    let pool = BufferPool(limit: 2 * threadCount)
    try await forEachOrdered(
      stride(from: 0, to: blockCount, by: Int(runLength)), width: threadCount, window: 4 * threadCount,
      transform: { (first: UInt64) throws(ImageError) -> (UInt64, [UInt8]) in
        let count = Int(min(runLength, blockCount - first))
        var buffer = pool.take(Int(runLength) * blockByteCount)
        defer { pool.give(buffer) }
        let range = 0..<count * blockByteCount
        try read(first * UInt64(blockByteCount), &buffer, range)
        var digests: [UInt8] = []
        digests.reserveCapacity(count * digestByteCount)
        hasher.digests(of: buffer, range, blockByteCount: blockByteCount, into: &digests)
        return (first, digests)
      },
      commit: { (result: (UInt64, [UInt8])) throws(ImageError) in try commit(result.0, result.1) })
  }

  /// Makes the content of a hash partition: superblock and tree.
  ///
  /// - Parameters:
  ///   - blockCount: How many blocks of data there are.
  ///   - uuid: What the superblock says of itself.
  ///   - read: Reads them; called on several threads.
  ///   - write: Takes bytes, and where in the hash partition they go.
  /// - Returns: The root hash.
  /// - Throws: `.invalidArgument` for no data; what reading and writing throw; `.cancelled`.
  package func format(
    _ blockCount: UInt64, uuid: GUID, read: @escaping Reader,
    write: ([UInt8], UInt64) throws(ImageError) -> Void
  ) async throws(ImageError) -> [UInt8] {
    let layout = try VerityLayout(dataBlockCount: blockCount, parameters)
    var tree = VerityTree(layout, parameters)
    try await digests(of: blockCount, read: read) { (_, digests) throws(ImageError) in
      try tree.append(digests, write: write)
    }
    let superblock = VeritySuperblock(parameters, uuid: uuid, dataBlockCount: blockCount).encoded
    try write(superblock + [UInt8](repeating: 0, count: parameters.hashBlockByteCount - superblock.count), 0)
    return try tree.finish(write: write)
  }
}
