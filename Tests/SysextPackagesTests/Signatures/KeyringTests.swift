import Foundation
import ImageCore
import RPM
import SystemPackage
import TestPackages
import TestSupport
import Testing

@testable import SysextPackages

/// Files of keys, and signatures, right and wrong.
@Suite(.tempFolder, .needs("gpg", "gpgv", "gpgconf"))
struct KeyringTests {
  @Test func armor() async throws {
    try await Signer.with(.rsa2048, .ed25519) { signer in
      let binary = try await signer.exported(.rsa2048, .ed25519)
      let first = String(decoding: try await signer.exported(.rsa2048, isArmored: true), as: UTF8.self)
      let second = String(decoding: try await signer.exported(.ed25519, isArmored: true), as: UTF8.self)
      func keys(_ text: String) throws(ImageError) -> [UInt8] {
        var keyring = Keyring()
        try keyring.add(Array(text.utf8))
        return Array(keyring.parts.joined())
      }
      let isChecksum = { (line: Substring) in line.count == 5 && line.hasPrefix("=") }
      let lines = (first + second).split(separator: "\n", omittingEmptySubsequences: false)
      let texts = [
        first + second, "Keys of example.org:\n\n" + first + "\nand\n" + second + "end\n",
        (first + second).replacing("\n", with: "\r\n"),
        lines.filter { !isChecksum($0) }.joined(separator: "\n"),
        first.replacing("BLOCK-----\n\n", with: "BLOCK-----\nVersion: 1\nComment: a: b\n\n") + second,
      ]
      for text in texts { #expect(try keys(text) == binary) }
      var keyring = Keyring()
      try keyring.add(binary)
      #expect(keyring.parts[0] == binary)
      let fingerprints = [try await signer.fingerprint(.rsa2048), try await signer.fingerprint(.ed25519)]
      #expect(Set(keyring.fingerprints.map { $0.hex.uppercased() }) == Set(fingerprints))

      let sum = try #require(lines.first(where: isChecksum))
      #expect(throws: ImageError(.mismatch, "")) { try keys(first.replacing(sum, with: "=AAAA")) }
      #expect(throws: ImageError(.truncated, "")) { try keys(String(first.dropLast(60))) }
      #expect(throws: ImageError(.corrupt, "")) { try keys(first.replacing("\n\n", with: "\n\n!")) }
      #expect(throws: ImageError(.corrupt, "")) { try keys(first.replacing("PUBLIC KEY BLOCK", with: "SIGNATURE")) }
      #expect(throws: ImageError(.corrupt, "")) { try keys("no key\n") }
      #expect(throws: ImageError(.truncated, "")) { try keys("") }

      // Cut anywhere: an error, or fewer keys, and nothing worse.
      for count in stride(from: 0, to: binary.count, by: 3) {
        var keyring = Keyring()
        do { try keyring.add(Array(binary[..<count])) } catch { continue }
        #expect(binary.starts(with: keyring.parts[0]))
      }
    }
  }

  /// A key of a version that gpgv may not know, in front of others, keeps it from none of them.
  @Test func newerKey() async throws {
    try await Signer.with(.ed25519) { signer in
      // The key of RFC 9580, appendix A.3, less its subkey.
      let newer = try base64Bytes(
        Array(
          """
          xioGY4d/4xsAAAAg+U2nu0jWCmHlZ3BqZYfQMxmZu52JGggkLq2EVD34laPCsQYfGwoAAABCBYJjh3/jAwsJBwUVCg4IDAIWAAKbAwIeCSIh
          BssYbE8GCaaX5NUt+mxyKwwfHifBilZwj2Ul7Ce62azJBScJAgcCAAAAAK0oIBA+LX0ifsDm185Ecds2v8lwgyU2kCcUmKfvBXbAf6rhRYWz
          uQOwEn7E/aLwIwRaLsdry0+VcallHhSu4RN6HWaEQsiPlR4zxP/TP7mhfVEe7XWPxtnMUMtf15OyA51YBA==
          """.utf8)[...])
      let path = try TempFolder.current["both.gpg"]
      try Data(newer + (try await signer.exported(.ed25519))).write(to: URL(filePath: path.string))
      var keyring = Keyring()
      try keyring.add(newer)
      #expect(
        keyring.fingerprints.map(\.hex) == ["cb186c4f0609a697e4d52dfa6c722b0c1f1e27c18a56708f6525ec27bad9acc9"])
      var package = SignedPackage()
      package.add(SignedPackage.rsa, try await signer.signature(package.header.bytes, .ed25519))
      #expect(try await SignatureVerifier(path).verify(package.opened()).isSigned)
    }
  }

  /// What people give by mistake.
  @Test func wrongFiles() async throws {
    try await Signer.with(.ed25519) { signer in
      let secret = try await Tool("gpg").check(
        "--homedir", signer.home.string, "--batch", "--pinentry-mode", "loopback", "--passphrase", "",
        "--export-secret-keys"
      ).output
      let path = try TempFolder.current["keys"]
      let signature = try await signer.signature([1], .ed25519)
      for (content, code, word) in [
        (secret, ImageError.Code.corrupt, "secret key"), (signature, .corrupt, "no public key at its beginning"),
        ([UInt8](repeating: 0, count: 8) + Array("KBXf".utf8), .unsupported, "gpg --export"),
        ([], .truncated, "empty"),
      ] {
        try Data(content).write(to: URL(filePath: path.string))
        let error = #expect(throws: ImageError.self) { try SignatureVerifier(path) }
        #expect(error?.code == code)
        #expect(error?.context == [path.string])
        #expect(error?.message.contains(word) == true)
      }
      try FileManager.default.removeItem(atPath: path.string)
      #expect(throws: ImageError(.notFound, "")) { try SignatureVerifier(path) }
      try await Tool("truncate").check("--size", "65M", path.string)
      #expect(throws: ImageError(.limit, "")) { try SignatureVerifier(path) }
      #expect(throws: ImageError(.invalidArgument, "")) { try SignatureVerifier() }
    }
  }

  /// Signatures cut and changed anywhere are read or refused; more than one packet is refused.
  @Test func packets() async throws {
    try await Signer.with(.ed25519) { signer in
      let signature = try await signer.signature([1, 2, 3], .ed25519)
      let whole = try RPMSignature(.header, .signatureRSA, index: 0, signature)
      #expect(whole.algorithm == "EdDSA")
      for count in 0..<signature.count {
        #expect(throws: ImageError(.truncated, ""), "\(count)") {
          try RPMSignature(.header, .signatureRSA, index: 0, Array(signature[..<count]))
        }
      }
      for index in signature.indices {
        for value in [0, 1, 0x7F, 0x80, 0xC0, 0xFF] as [UInt8] {
          var changed = signature
          changed[index] = value
          _ = try? RPMSignature(.header, .signatureRSA, index: 0, changed)
        }
      }
      var random = SplitMix64(seed: 5)
      for _ in 0..<20_000 {
        let count = Int(random.next() % 64)
        let bytes = [0xC2, UInt8(count)] + (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        _ = try? RPMSignature(.header, .signatureRSA, index: 0, bytes)
        var versioned = bytes
        if count > 0 { versioned[2] = 3 + UInt8(random.next() % 4) }
        _ = try? RPMSignature(.header, .signatureRSA, index: 0, versioned)
      }
      func code(_ bytes: [UInt8]) -> ImageError.Code? {
        do throws(ImageError) { _ = try RPMSignature(.header, .signatureRSA, index: 0, bytes) } catch {
          return error.code
        }
        return nil
      }
      #expect(code(signature + signature) == .corrupt)
      #expect(code(signature + [0]) == .corrupt)
      // Of a text, not of bytes; a packet of literal data; a length that is not known.
      #expect(code(signature.with(3, 1)) == .corrupt)
      #expect(code([0xCB, 1, 0]) == .corrupt)
      #expect(code([0x8B, 4, 0]) == .corrupt)
      #expect(code([0xC2, 0xE1, 4, 0]) == .corrupt)
      #expect(code([0xC2, 1, 9]) == .unsupported)

      var package = SignedPackage()
      package.tags = [(SignedPackage.openPGP, .strings(["", "wl8E*"]))]
      let error = #expect(throws: ImageError.self) { try package.opened().signatures() }
      #expect(error?.context == ["made.rpm", "OPENPGP"])
      #expect(error?.offset != nil)
      let text = Data(signature).base64EncodedString()
      package.tags = [(SignedPackage.openPGP, .strings([String](repeating: text, count: 65)))]
      #expect(throws: ImageError(.limit, "")) { try package.opened().signatures() }
      package.tags = [(SignedPackage.openPGP, .strings([String](repeating: text, count: 64)))]
      #expect(try package.opened().signatures().count == 64)
      package.tags = [(SignedPackage.rsa, .bin(signature.with(3, 1)))]
      let other = #expect(throws: ImageError.self) { try package.opened().signatures() }
      #expect(other?.context == ["made.rpm", "RSA"])
    }
  }

  @Test func base64() throws {
    for count in 0..<50 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 91 &+ 7) }
      let text = Data(bytes).base64EncodedString()
      #expect(try base64Bytes(Array(text.utf8)[...]) == bytes)
      #expect(try base64Bytes(Array(text.filter { $0 != "=" }.utf8)[...]) == bytes)
    }
    for text in ["A", "AAAAA", "A=AA", "AA===", "A A*A", "AA==AA"] {
      #expect(throws: ImageError(.corrupt, "")) { try base64Bytes(Array(text.utf8)[...]) }
    }
  }
}

extension [UInt8] {
  fileprivate func with(_ index: Int, _ value: UInt8) -> [UInt8] {
    var copy = self
    copy[index] = value
    return copy
  }
}
