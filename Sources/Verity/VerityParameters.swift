public import ImageCore

/// What blocks are hashed by.
public enum VerityAlgorithm: String, Sendable, Hashable, CaseIterable {
  case sha256
  case sha512

  /// The length of a digest, in bytes: a power of two.
  public var byteCount: Int { self == .sha256 ? 32 : 64 }
}

/// How the blocks of data and hashes are hashed.
public struct VerityParameters: Sendable, Hashable {
  /// What blocks are hashed by.
  public let algorithm: VerityAlgorithm
  /// What is hashed in front of each block.
  public let salt: [UInt8]
  /// The blocks of data, in bytes.
  public let dataBlockByteCount: Int
  /// The blocks of hashes, in bytes.
  public let hashBlockByteCount: Int

  /// Takes parameters.
  ///
  /// - Parameters:
  ///   - algorithm: What blocks are hashed by.
  ///   - salt: Up to 256 bytes.
  ///   - dataBlockByteCount: A power of two, 512 to 65,536.
  ///   - hashBlockByteCount: The same.
  /// - Throws: `.invalidArgument` for impossible ones.
  public init(
    algorithm: VerityAlgorithm = .sha256, salt: [UInt8], dataBlockByteCount: Int = 4096, hashBlockByteCount: Int = 4096
  ) throws(ImageError) {
    for count in [dataBlockByteCount, hashBlockByteCount] {
      guard (512...65536).contains(count), count.nonzeroBitCount == 1 else {
        throw ImageError(
          .invalidArgument, "dm-verity blocks of \(count) bytes: a power of two, 512 to 65536, is needed")
      }
    }
    guard salt.count <= VeritySuperblock.maxSaltByteCount else {
      throw ImageError(.invalidArgument, "a salt of \(salt.count) bytes: 256 fit")
    }
    self.algorithm = algorithm
    self.salt = salt
    self.dataBlockByteCount = dataBlockByteCount
    self.hashBlockByteCount = hashBlockByteCount
  }

  /// How many digests a block of hashes holds.
  var digestsPerBlock: Int { hashBlockByteCount / algorithm.byteCount }
}
