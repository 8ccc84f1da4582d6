package import Crypto

/// A digest that is computed piece by piece.
package enum RunningHash: Sendable {
  case md5(Insecure.MD5)
  case sha1(Insecure.SHA1)
  case sha256(SHA256)
  case sha384(SHA384)
  case sha512(SHA512)
  case sha3_256(SHA3_256)
  case sha3_512(SHA3_512)

  /// Starts a digest; `nil` for an algorithm that there is no implementation of.
  package init?(_ algorithm: RPMDigestAlgorithm) {
    switch algorithm {
    case .md5: self = .md5(Insecure.MD5())
    case .sha1: self = .sha1(Insecure.SHA1())
    case .sha256: self = .sha256(SHA256())
    case .sha384: self = .sha384(SHA384())
    case .sha512: self = .sha512(SHA512())
    case .sha3_256: self = .sha3_256(SHA3_256())
    case .sha3_512: self = .sha3_512(SHA3_512())
    default: return nil
    }
  }

  /// Takes the next bytes.
  package mutating func update(_ bytes: [UInt8]) {
    switch self {
    case .md5(var hash):
      hash.update(data: bytes)
      self = .md5(hash)
    case .sha1(var hash):
      hash.update(data: bytes)
      self = .sha1(hash)
    case .sha256(var hash):
      hash.update(data: bytes)
      self = .sha256(hash)
    case .sha384(var hash):
      hash.update(data: bytes)
      self = .sha384(hash)
    case .sha512(var hash):
      hash.update(data: bytes)
      self = .sha512(hash)
    case .sha3_256(var hash):
      hash.update(data: bytes)
      self = .sha3_256(hash)
    case .sha3_512(var hash):
      hash.update(data: bytes)
      self = .sha3_512(hash)
    }
  }

  /// The digest of what has been taken.
  package var value: [UInt8] {
    switch self {
    case .md5(let hash): Array(hash.finalize())
    case .sha1(let hash): Array(hash.finalize())
    case .sha256(let hash): Array(hash.finalize())
    case .sha384(let hash): Array(hash.finalize())
    case .sha512(let hash): Array(hash.finalize())
    case .sha3_256(let hash): Array(hash.finalize())
    case .sha3_512(let hash): Array(hash.finalize())
    }
  }
}
