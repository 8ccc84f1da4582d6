public import ImageCore

/// What the program that verifies says of one signature.
public struct SignatureVerdict: Sendable, Hashable {
  /// How it came out.
  public enum Outcome: String, Sendable, Hashable {
    /// A key of the keyrings made it, and it covers these bytes.
    case good
    /// A key of the keyrings is said to have made it, and it does not cover these bytes.
    case bad
    /// No keyring has the key.
    case keyMissing
    /// It covers these bytes, but its key has expired.
    case keyExpired
    /// It covers these bytes, but its key was revoked.
    case keyRevoked
    /// It covers these bytes, but has itself expired.
    case signatureExpired
    /// The program cannot or will not verify it: an unknown or a weak algorithm, or a key that may not sign.
    case unusable
  }

  /// The signature.
  public let signature: RPMSignature
  /// How it came out.
  public let outcome: Outcome
  /// The fingerprint of the key that made it, or of the subkey, where the outcome names one.
  public let fingerprint: [UInt8]?
  /// The fingerprint of the key that a subkey belongs to, or of the key itself.
  public let primaryFingerprint: [UInt8]?
  /// Whose key it is, as the key says; `nil` where the program does not tell.
  public let userID: String?
  /// The program's own words, where it could not verify it.
  public let reason: String?

  init(
    _ signature: RPMSignature, _ outcome: Outcome, fingerprint: [UInt8]? = nil, primaryFingerprint: [UInt8]? = nil,
    userID: String? = nil, reason: String? = nil
  ) {
    self.signature = signature
    self.outcome = outcome
    self.fingerprint = fingerprint
    self.primaryFingerprint = primaryFingerprint ?? fingerprint
    self.userID = userID
    self.reason = reason
  }

  /// Whether the bytes are those that were signed by a key that the user trusts.
  public var isGood: Bool { outcome == .good }
}

/// What is known of a package's signatures.
public struct PackageSignatures: Sendable {
  /// The package, as errors call it.
  public let package: String
  /// One for each signature, in the order of `RPMPackage.signatures()`.
  public let verdicts: [SignatureVerdict]
  /// What the user should know.
  public let findings: [Finding]

  /// Whether a key of the keyrings vouches for the package.
  public var isSigned: Bool { verdicts.contains(where: \.isGood) }
}
