/// A digest's algorithm, by the numbers of OpenPGP: an open set.
public struct RPMDigestAlgorithm: RawRepresentable, Hashable, Sendable {
  /// The number.
  public let rawValue: UInt32
  /// Takes any number.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// MD5: what files have where nothing is said.
  public static let md5 = RPMDigestAlgorithm(rawValue: 1)
  /// SHA-1.
  public static let sha1 = RPMDigestAlgorithm(rawValue: 2)
  /// RIPEMD-160.
  public static let ripemd160 = RPMDigestAlgorithm(rawValue: 3)
  /// SHA-256.
  public static let sha256 = RPMDigestAlgorithm(rawValue: 8)
  /// SHA-384.
  public static let sha384 = RPMDigestAlgorithm(rawValue: 9)
  /// SHA-512.
  public static let sha512 = RPMDigestAlgorithm(rawValue: 10)
  /// SHA-224.
  public static let sha224 = RPMDigestAlgorithm(rawValue: 11)
  /// SHA3-256.
  public static let sha3_256 = RPMDigestAlgorithm(rawValue: 12)
  /// SHA3-512.
  public static let sha3_512 = RPMDigestAlgorithm(rawValue: 14)

  private static let known: [RPMDigestAlgorithm: (name: String, byteCount: Int)] = [
    .md5: ("MD5", 16), .sha1: ("SHA-1", 20), .ripemd160: ("RIPEMD-160", 20), .sha256: ("SHA-256", 32),
    .sha384: ("SHA-384", 48), .sha512: ("SHA-512", 64), .sha224: ("SHA-224", 28), .sha3_256: ("SHA3-256", 32),
    .sha3_512: ("SHA3-512", 64),
  ]

  /// The length of a digest; `nil` for an algorithm that is not known.
  public var byteCount: Int? { Self.known[self]?.byteCount }
}

extension RPMDigestAlgorithm: CustomStringConvertible {
  /// Such as `SHA-256`.
  public var description: String { Self.known[self]?.name ?? "algorithm \(rawValue)" }
}
