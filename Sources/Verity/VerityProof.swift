public import ImageCore

/// What it takes to compare one block of data with a root hash: the blocks of hashes on the way to the top.
public struct VerityProof: Sendable, Hashable {
  /// How blocks are hashed.
  public let parameters: VerityParameters
  /// Which block of data it is for.
  public let block: UInt64
  /// One of each level, the leaves first; none for data of one block.
  public let hashBlocks: [[UInt8]]

  /// Takes the blocks as somebody says they are.
  ///
  /// - Throws: `.invalidArgument` for blocks of another length.
  public init(_ parameters: VerityParameters, block: UInt64, hashBlocks: [[UInt8]]) throws(ImageError) {
    guard hashBlocks.allSatisfy({ $0.count == parameters.hashBlockByteCount }) else {
      throw ImageError(.invalidArgument, "a block of hashes has \(parameters.hashBlockByteCount) bytes")
    }
    self.parameters = parameters
    self.block = block
    self.hashBlocks = hashBlocks
  }

  /// Whether a root hash stands for these bytes of the block.
  public func proves(_ data: [UInt8], rootHash: [UInt8]) -> Bool {
    guard data.count == parameters.dataBlockByteCount else { return false }
    let (hasher, width) = (BlockHasher(parameters), UInt64(parameters.digestsPerBlock))
    var (current, number) = (data, block)
    for parent in hashBlocks {
      let digest = hasher.digest(of: current)
      let place = Int(number % width) * digest.count
      guard parent[place..<place + digest.count].elementsEqual(digest) else { return false }
      (current, number) = (parent, number / width)
    }
    return number == 0 && hasher.digest(of: current) == rootHash
  }
}

extension VerityCheck {
  /// What it takes to compare one block of data with the root hash.
  ///
  /// - Throws: `.invalidArgument` for a block that is not there; what reading throws.
  public func proof(of number: UInt64) throws(ImageError) -> VerityProof {
    guard number < layout.dataBlockCount else {
      throw ImageError(.invalidArgument, "block \(number) of \(layout.dataBlockCount)")
    }
    var (blocks, place): ([[UInt8]], UInt64) = ([], number)
    for level in layout.levels {
      place /= UInt64(parameters.digestsPerBlock)
      blocks.append(try block(level.lowerBound + place))
    }
    return try VerityProof(parameters, block: number, hashBlocks: blocks)
  }
}
