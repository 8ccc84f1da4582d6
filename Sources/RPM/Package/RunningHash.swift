import Crypto

/// A digest that is computed piece by piece.
package struct RunningHash {
  private var hash: any HashFunction

  /// Starts a digest; `nil` for an algorithm that there is no implementation of.
  package init?(_ algorithm: RPMDigestAlgorithm) {
    switch algorithm {
    case .md5: hash = Insecure.MD5()
    case .sha1: hash = Insecure.SHA1()
    case .sha256: hash = SHA256()
    case .sha384: hash = SHA384()
    case .sha512: hash = SHA512()
    case .sha3_256: hash = SHA3_256()
    case .sha3_512: hash = SHA3_512()
    default: return nil
    }
  }

  /// Takes the bytes of a range.
  package mutating func update(_ bytes: borrowing [UInt8], _ range: Range<Int>) {
    unsafe bytes.withUnsafeBytes { buffer in
      unsafe hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[range]))
    }
  }

  /// Takes the next bytes.
  package mutating func update(_ bytes: borrowing [UInt8]) { update(bytes, 0..<bytes.count) }

  /// The digest of what has been taken.
  package var value: [UInt8] {
    func value(_ hash: some HashFunction) -> [UInt8] { Array(hash.finalize()) }
    return value(hash)
  }
}
