import ImageCore
import RPM
public import SysextImage

extension RPMSignature {
  /// What it says of itself; docs/command-line.md describes it.
  public var json: JSON { .object(members) }

  fileprivate var members: [JSON.Member] {
    [
      .init("of", .string(kind.rawValue)), .init("tag", .string(tag.name(in: .signature))),
      .init("version", .count(version)), .init("algorithm", .string(algorithm)), .init("hash", .string(hash)),
      .init("time", creationTime.map(JSON.count) ?? .null),
      .init("fingerprint", .optional(issuerFingerprint?.hexUppercased)),
      .init("keyID", .optional(issuerKeyID?.hexUppercased)),
    ]
  }
}

extension SignatureVerdict {
  /// The signature's members, and how it came out.
  public var json: JSON {
    .object(
      signature.members + [
        .init("outcome", .string(outcome.rawValue)), .init("signer", .optional(fingerprint?.hexUppercased)),
        .init("signerPrimary", .optional(primaryFingerprint?.hexUppercased)), .init("userID", .optional(userID)),
        .init("reason", .optional(reason)),
      ])
  }
}

extension PackageSignatures {
  /// The package, whether it is signed, and its verdicts.
  public var json: JSON {
    .object([
      .init("file", .string(package)), .init("isSigned", .bool(isSigned)),
      .init("signatures", .array(verdicts.map(\.json))),
    ])
  }
}

extension [UInt8] {
  /// As keys are written.
  fileprivate var hexUppercased: String { hex.uppercased() }
}
