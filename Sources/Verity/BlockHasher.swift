import Crypto

/// Hashes blocks behind a salt.
package struct BlockHasher: Sendable {
  private let algorithm: VerityAlgorithm
  private let salt: [UInt8]

  package init(_ parameters: VerityParameters) {
    algorithm = parameters.algorithm
    salt = parameters.salt
  }

  /// The digest of one block.
  package func digest(of block: [UInt8]) -> [UInt8] {
    var digest: [UInt8] = []
    digests(of: block, 0..<block.count, blockByteCount: block.count, into: &digest)
    return digest
  }

  /// Appends the digest of each block of `bytes[range]`, which are whole ones.
  package func digests(
    of bytes: borrowing [UInt8], _ range: Range<Int>, blockByteCount: Int, into output: inout [UInt8]
  ) {
    for start in stride(from: range.lowerBound, to: range.upperBound, by: blockByteCount) {
      let block = start..<start + blockByteCount
      switch algorithm {
      case .sha256: output += digest(SHA256(), bytes, block)
      case .sha512: output += digest(SHA512(), bytes, block)
      }
    }
  }

  private func digest(_ start: some HashFunction, _ bytes: borrowing [UInt8], _ block: Range<Int>) -> [UInt8] {
    var hash = start
    hash.update(data: salt)
    unsafe bytes.withUnsafeBytes { buffer in
      unsafe hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[block]))
    }
    return Array(hash.finalize())
  }
}
