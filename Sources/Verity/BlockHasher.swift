import Crypto

/// Hashes blocks behind a salt.
package struct BlockHasher: Sendable {
  private enum State {
    case sha256(SHA256)
    case sha512(SHA512)
  }

  private let salted: State

  /// Hashes the salt, once for all blocks.
  package init(_ parameters: VerityParameters) {
    switch parameters.algorithm {
    case .sha256: salted = .sha256(Self.started(parameters.salt))
    case .sha512: salted = .sha512(Self.started(parameters.salt))
    }
  }

  private static func started<Hash: HashFunction>(_ salt: [UInt8]) -> Hash {
    var hash = Hash()
    hash.update(data: salt)
    return hash
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
    unsafe bytes.withUnsafeBytes { buffer in
      for start in stride(from: range.lowerBound, to: range.upperBound, by: blockByteCount) {
        let block = unsafe UnsafeRawBufferPointer(rebasing: buffer[start..<start + blockByteCount])
        switch salted {
        case .sha256(var hash):
          unsafe hash.update(bufferPointer: block)
          output.append(contentsOf: hash.finalize())
        case .sha512(var hash):
          unsafe hash.update(bufferPointer: block)
          output.append(contentsOf: hash.finalize())
        }
      }
    }
  }
}
