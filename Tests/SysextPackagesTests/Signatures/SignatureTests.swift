import Foundation
import ImageCore
import RPM
import SysextImage
import SystemPackage
import TestPackages
import TestSupport
import Testing

@testable import SysextPackages

/// Packages signed by hand with GnuPG's keys.
@Suite(.tempFolder, .needs("gpg", "gpgv", "gpgconf"))
struct SignatureTests {
  /// Each algorithm, under each tag.
  @Test(arguments: [Signer.Key.rsa2048, .ed25519, .nistp256]) func good(_ key: Signer.Key) async throws {
    try await Signer.with(key) { signer in
      let verifier = try SignatureVerifier(try await signer.keyring(key))
      for tag in [SignedPackage.openPGP, SignedPackage.rsa, SignedPackage.pgp] {
        var package = SignedPackage()
        package.add(tag, try await signer.signature(package.covered(tag), key))
        let result = try await verifier.verify(package.opened())
        let verdict = try #require(result.verdicts.first)
        #expect(result.verdicts.count == 1)
        #expect(result.findings.isEmpty)
        #expect(result.isSigned)
        #expect(verdict.outcome == .good)
        #expect(verdict.userID == "\(key) <\(key)@example.org>")
        let fingerprint = try await signer.fingerprint(key)
        #expect(verdict.fingerprint?.hex.uppercased() == fingerprint)
        let signature = verdict.signature
        #expect(signature.issuer == fingerprint)
        #expect(signature.issuerKeyID?.hex.uppercased() == String(fingerprint.suffix(16)))
        #expect(signature.kind == (tag == SignedPackage.pgp ? .headerAndPayload : .header))
        #expect(signature.tag.rawValue == tag)
        #expect(signature.version == 4)
        #expect(signature.algorithm == [.rsa2048: "RSA", .ed25519: "EdDSA", .nistp256: "ECDSA"][key])
        #expect(["SHA256", "SHA512"].contains(signature.hash))
        #expect(signature.creationTime ?? 0 > 1_700_000_000)
        for word in ["\"outcome\": \"good\"", "\"keyID\": \"\(fingerprint.suffix(16))\"", "\"isSigned\": true"] {
          #expect(result.json.line.contains(word))
        }
      }
    }
  }

  /// One bit of what is covered, or of the signature.
  @Test func bad() async throws {
    try await Signer.with(.rsa2048) { signer in
      let verifier = try SignatureVerifier(try await signer.keyring(.rsa2048))
      let fingerprint = try await signer.fingerprint(.rsa2048)
      for tag in [SignedPackage.openPGP, SignedPackage.rsa, SignedPackage.pgp] {
        var whole = SignedPackage()
        let signature = try await signer.signature(whole.covered(tag), .rsa2048)
        var changed = whole
        changed.add(tag, signature.flipped(at: signature.count - 20))
        try await expectBad(changed, verifier, fingerprint)
        whole.add(tag, signature)
        changed = whole
        changed.header.data[10] ^= 1
        try await expectBad(changed, verifier, fingerprint)
        changed = whole
        changed.payload[299_999] ^= 0x80
        if tag == SignedPackage.pgp {
          try await expectBad(changed, verifier, fingerprint)
        } else {
          // It is for the digests in the header to tell.
          #expect(try await verifier.verify(changed.opened()).isSigned)
        }
      }
    }
  }

  private func expectBad(_ package: SignedPackage, _ verifier: SignatureVerifier, _ fingerprint: String) async throws {
    let error = await #expect(throws: ImageError.self) { try await verifier.verify(package.opened("other.rpm")) }
    #expect(error?.code == .mismatch)
    #expect(error?.context == ["other.rpm"])
    #expect(error?.offset != nil)
    #expect(error?.message.contains("signature") == true)
    #expect(error?.message.contains(fingerprint) == true)
  }

  /// A bad one is an error beside a good one; unknown ones are not.
  @Test func several() async throws {
    try await Signer.with(.rsa2048, .ed25519, .stranger) { signer in
      let verifier = try SignatureVerifier(
        try await signer.keyring(.rsa2048), try await signer.keyring(.ed25519, name: "more.gpg"))
      var package = SignedPackage.version6
      let first = try await signer.signature(package.header.bytes, .rsa2048)
      let second = try await signer.signature(package.header.bytes, .ed25519)
      let unknown = try await signer.signature(package.header.bytes, .stranger)
      // Format 6 has no other tag, whatever is in it.
      package.add(SignedPackage.rsa, [1, 2, 3])
      package.add(SignedPackage.openPGP, unknown, second, first)
      let result = try await verifier.verify(package.opened())
      #expect(result.verdicts.map(\.outcome) == [.keyMissing, .good, .good])
      #expect(result.verdicts.map(\.signature.index) == [0, 1, 2])
      #expect(result.verdicts.map(\.signature.algorithm) == ["EdDSA", "EdDSA", "RSA"])
      #expect(result.findings.map(\.code) == ["other-signature", "payload-not-signed"])
      #expect(result.findings[0].severity == .note)

      package.tags = []
      package.add(SignedPackage.openPGP, second, first.flipped(at: first.count - 20))
      await #expect(throws: ImageError(.mismatch, "")) { try await verifier.verify(package.opened()) }
    }
  }

  /// Nothing good and nothing bad: a warning, or an error where a signature is required.
  @Test func notGood() async throws {
    try await Signer.with(.ed25519, .expired, .revoked, .stranger) { signer in
      let content = SignedPackage().header.bytes
      let revoked = try await signer.signature(content, .revoked)
      try await signer.revoke(.revoked)
      var verifier = try SignatureVerifier(try await signer.keyring(.ed25519, .expired, .revoked))
      let cases: [(Signer.Key?, [SignatureVerdict.Outcome], String, String)] = [
        (nil, [], "unsigned", "no signature"),
        (.stranger, [.keyMissing], "unknown-signer", "no keyring has the key"),
        (.expired, [.keyExpired], "unknown-signer", "has expired"),
        (.revoked, [.keyRevoked], "unknown-signer", "was revoked"),
      ]
      for (key, outcomes, code, word) in cases {
        var package = SignedPackage()
        if let key {
          package.add(SignedPackage.openPGP, key == .revoked ? revoked : try await signer.signature(content, key))
        }
        verifier.requiresSignature = false
        let result = try await verifier.verify(package.opened())
        #expect(result.verdicts.map(\.outcome) == outcomes)
        #expect(!result.isSigned)
        let finding = try #require(result.findings.first)
        #expect(finding.severity == .warning)
        #expect(finding.code == code)
        #expect(finding.place == "made.rpm")
        #expect(finding.message.contains(word))
        verifier.requiresSignature = true
        await #expect(throws: ImageError(.notFound, "")) { try await verifier.verify(package.opened()) }
      }
    }
  }

  /// MD5 proves nothing.
  @Test func weakDigest() async throws {
    try await Signer.with(.rsa2048) { signer in
      let verifier = try SignatureVerifier(try await signer.keyring(.rsa2048))
      var package = SignedPackage()
      let arguments = ["--digest-algo", "MD5", "--allow-weak-digest-algos"]
      package.add(SignedPackage.rsa, try await signer.signature(package.header.bytes, .rsa2048, arguments))
      let result = try await verifier.verify(package.opened())
      #expect(result.verdicts.map(\.outcome) == [.unusable])
      #expect(result.verdicts[0].signature.hash == "MD5")
      #expect(result.findings.map(\.code) == ["unknown-signer"])
    }
  }

  /// Many at one time: in their order, and of several errors the first.
  @Test func manyPackages() async throws {
    try await Signer.with(.ed25519) { signer in
      let verifier = try SignatureVerifier(try await signer.keyring(.ed25519))
      var package = SignedPackage()
      let unsigned = try package.opened("unsigned.rpm")
      let signature = try await signer.signature(package.header.bytes, .ed25519)
      package.add(SignedPackage.rsa, signature)
      var packages = try (0..<20).map { $0 == 7 ? unsigned : try package.opened("\($0).rpm") }
      let results = try await verifier.verify(packages)
      #expect(results.map(\.package) == packages.map(\.fileName))
      #expect(results.map(\.isSigned) == (0..<20).map { $0 != 7 })
      package.tags = []
      package.add(SignedPackage.rsa, signature.flipped(at: signature.count - 2))
      for index in [6, 5, 19] { packages[index] = try package.opened("bad-\(index).rpm") }
      let error = await #expect(throws: ImageError.self) { try await verifier.verify(packages) }
      #expect(error?.code == .mismatch)
      #expect(error?.context == ["bad-5.rpm"])
    }
  }
}

extension [UInt8] {
  fileprivate func flipped(at index: Int) -> [UInt8] {
    var copy = self
    copy[index] ^= 4
    return copy
  }
}
