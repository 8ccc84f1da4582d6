import Foundation
import ImageCore
import RPM
import SystemPackage
import TestSupport
import Testing

@testable import SysextPackages

/// Packages signed by rpm's own rpmsign.
@Suite(.tempFolder, .needs("gpg", "gpgv", "gpgconf"), .needs("rpmsign", in: .bookworm), .needs("rpmsign", in: .sid))
struct RPMSignTests {
  private static let folder = FilePath(#filePath).removingLastComponent().removingLastComponent()
    .removingLastComponent().removingLastComponent().appending("Fixtures/rpm")

  /// One way to sign a package, and what is in it then.
  struct Case: Sendable, CustomTestStringConvertible {
    let fixture: String
    let peer: Peer
    let keys: [Signer.Key]
    var arguments: [String] = []
    /// Tags and kinds.
    let signatures: [String]
    var testDescription: String { "\(fixture) \(peer) \(keys) \(arguments)" }
  }

  static let cases = [
    Case(
      fixture: "trixie-plain-gzip-v4", peer: .bookworm, keys: [.rsa2048], signatures: ["RSA header rsa2048"]),
    Case(
      fixture: "trixie-plain-zstd-v4", peer: .bookworm, keys: [.rsa2048], arguments: ["--rpmv3"],
      signatures: ["RSA header rsa2048", "PGP headerAndPayload rsa2048"]),
    Case(
      fixture: "bookworm-everything-v4", peer: .bookworm, keys: [.ed25519], arguments: ["--rpmv3"],
      signatures: ["DSA header ed25519", "GPG headerAndPayload ed25519"]),
    Case(fixture: "sid-everything-v4", peer: .sid, keys: [.nistp256], signatures: ["DSA header nistp256"]),
    Case(
      fixture: "sid-everything-v4", peer: .sid, keys: [.ed25519], arguments: ["--rpmv6", "--rpmv3"],
      signatures: ["OPENPGP header ed25519", "DSA header ed25519", "GPG headerAndPayload ed25519"]),
    Case(
      fixture: "sid-plain-none-v6", peer: .sid, keys: [.rsa2048, .ed25519],
      signatures: ["OPENPGP header rsa2048", "OPENPGP header ed25519"]),
    Case(
      fixture: "sid-everything-v6", peer: .sid, keys: [.nistp256], arguments: ["--rpmv4"],
      signatures: ["OPENPGP header nistp256"]),
  ]

  @Test(arguments: cases) func signed(_ example: Case) async throws {
    try await Signer.with(.rsa2048, .ed25519, .nistp256) { signer in
      let path = try TempFolder.current["signed.rpm"]
      try FileManager.default.copyItem(
        atPath: Self.folder.appending(example.fixture + ".rpm").string, toPath: path.string)
      for key in example.keys { try await signer.rpmsign(path, key, example.peer, example.arguments) }
      let package = try RPMPackage(ByteStore(contentsOf: path), fileName: "signed.rpm")
      var verifier = try SignatureVerifier(try await signer.keyring(.rsa2048, .ed25519, .nistp256))
      verifier.requiresSignature = true
      let result = try await verifier.verify(package)
      let found = result.verdicts.map { verdict in
        let user = verdict.userID?.split(separator: " ").first ?? "nobody"
        return "\(verdict.signature.tag.name(in: .signature)) \(verdict.signature.kind) \(user)"
      }
      #expect(found == example.signatures)
      #expect(result.verdicts.allSatisfy { $0.isGood })
      #expect(result.findings.isEmpty)
      // And the rest of the package is still what it was.
      try package.verifyFile()

      // A byte of the header's end, where names of files or the like are: no signature is good then.
      var bytes = Array(try Data(contentsOf: URL(filePath: path.string)))
      bytes[Int(package.payloadRange.lowerBound) - 60] ^= 1
      if let changed = try? RPMPackage(ByteStore(bytes), fileName: "changed.rpm") {
        await #expect(throws: ImageError(.mismatch, "")) { try await verifier.verify(changed) }
      }
    }
  }
}
