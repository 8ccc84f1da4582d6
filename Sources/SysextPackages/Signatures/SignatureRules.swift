import FileTree
import ImageCore
import RPM

/// What verdicts mean for a package; `SignatureVerifier` says the rules.
struct SignatureRules {
  let package: RPMPackage
  let isRequired: Bool

  func judge(_ verdicts: [SignatureVerdict]) throws(ImageError) -> PackageSignatures {
    if let bad = verdicts.first(where: { $0.outcome == .bad }) {
      throw ImageError(
        .mismatch, Self.text(bad), offset: package.signature.valueOffset(bad.signature.tag, index: bad.signature.index),
        context: [package.fileName])
    }
    var findings: [Finding] = []
    let texts = verdicts.filter { !$0.isGood }.map(Self.text)
    if verdicts.isEmpty {
      try report("unsigned", "the package has no signature", &findings)
    } else if texts.count == verdicts.count {
      try report(
        "unknown-signer", "no signature by a valid key of the keyrings: " + texts.joined(separator: "; "), &findings)
    } else {
      findings += texts.map { Finding(.note, "other-signature", place: package.fileName, $0) }
      let coversPayload = verdicts.contains { $0.isGood && $0.signature.kind == .headerAndPayload }
      if !coversPayload, !package.headerCoversPayload {
        findings.append(
          Finding(
            .warning, "payload-not-signed", place: package.fileName,
            "only the header is signed, and it has no digest of the payload: of the files, only their digests are"))
      }
    }
    return PackageSignatures(package: package.fileName, verdicts: verdicts, findings: findings)
  }

  private func report(_ code: String, _ message: String, _ findings: inout [Finding]) throws(ImageError) {
    if isRequired { throw ImageError(.notFound, message + "; one is required", context: [package.fileName]) }
    findings.append(Finding(.warning, code, place: package.fileName, message))
  }

  /// Such as `header signature RSA (RSA, SHA256) by key …: BAD`.
  private static func text(_ verdict: SignatureVerdict) -> String {
    let outcome =
      switch verdict.outcome {
      case .good: "good"
      case .bad: "bad: the package is not what was signed"
      case .keyMissing: "no keyring has the key"
      case .keyExpired: "the key has expired"
      case .keyRevoked: "the key was revoked"
      case .signatureExpired: "the signature has expired"
      case .unusable: "cannot be verified"
      }
    let user = verdict.userID.map { " (\($0))" } ?? ""
    let reason = verdict.reason.map { " (\($0))" } ?? ""
    return "\(verdict.signature)\(user): \(outcome)\(reason)"
  }
}
