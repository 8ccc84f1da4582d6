import Foundation
import ImageCore
import RPM
import SystemPackage
import TestPackages
import TestSupport
import Testing

@testable import SysextPackages

/// How the program that verifies is run, mostly with one that only pretends.
@Suite(.tempFolder, .needs("gpg", "gpgconf"))
struct ProgramTests {
  /// A program of a few lines of shell.
  private func program(_ script: String, name: String = "gpgv") async throws -> FilePath {
    let folder = try TempFolder.current["bin"]
    try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
    let path = folder.appending(name)
    // Written by another process: one that is started at the same time must not have it open for writing.
    try await Tool("install").check(
      ["-m", "755", "/dev/stdin", path.string], input: Array("#!/bin/sh\nPATH=/usr/bin:/bin\n\(script)\n".utf8))
    return path
  }

  /// A package with one signature, and the keyring for it.
  private func signed(
    _ tag: UInt32 = SignedPackage.rsa, payload: [UInt8]? = nil,
    _ body: (RPMPackage, FilePath, Signer) async throws -> Void
  ) async throws {
    try await Signer.with(.ed25519, .stranger) { signer in
      var package = SignedPackage()
      if let payload { package.payload = payload }
      package.add(tag, try await signer.signature(package.covered(tag), .ed25519))
      try await body(try package.opened(), try await signer.keyring(.ed25519), signer)
    }
  }

  @Test func missing() async throws {
    try await signed { _, keyring, _ in
      let folder = try TempFolder.current.path
      for searchPath in [nil, "", folder.string, "bin:.", "\(folder)/keys.gpg"] {
        let error = #expect(throws: ImageError.self) {
          try SignatureVerifier(keyrings: [keyring], scratchFolder: folder, searchPath: searchPath)
        }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("install the package gpgv") == true)
      }
    }
  }

  /// Nothing of the user's own settings comes through.
  @Test func environment() async throws {
    try await signed { package, keyring, _ in
      let script = "echo \"$GNUPGHOME $HOME $LC_ALL $(ls -A $GNUPGHOME | wc -l) $(env | wc -l)\" >&2; exit 3"
      let verifier = try SignatureVerifier(keyring, program: try await program(script))
      let verdicts = try await verifier.verdicts(package)
      #expect(verdicts.map(\.outcome) == [.unusable])
      // And PWD, PATH and _, which are the shell's own.
      let reason = try #require(verdicts[0].reason)
      #expect(reason.hasPrefix("/dev/fd/4 /dev/fd/4 C 0 "))
    }
  }

  /// What the program gets is what was signed, however long it is.
  @Test func input() async throws {
    let payload = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    try await signed(SignedPackage.pgp, payload: payload) { package, keyring, _ in
      let verifier = try SignatureVerifier(keyring, program: try await program("sleep 0.2; sha256sum >&2"))
      let reason = try await verifier.verdicts(package)[0].reason
      var made = SignedPackage()
      made.payload = payload
      let expected = try await Tool("sha256sum").check([], input: made.covered(SignedPackage.pgp)).outputText
      #expect(reason == expected.dropLast().description)
    }
  }

  /// A program that reads nothing is no reason to die of a broken pipe.
  @Test func deafProgram() async throws {
    try await signed(SignedPackage.pgp, payload: [UInt8](repeating: 1, count: 5_000_000)) { package, keyring, _ in
      let verifier = try SignatureVerifier(keyring, program: try await program("echo nothing >&2; exit 2"))
      let verdicts = try await verifier.verdicts(package)
      #expect(verdicts.map(\.outcome) == [.unusable])
      #expect(verdicts[0].reason == "nothing")
    }
  }

  @Test func killedProgram() async throws {
    try await signed { package, keyring, _ in
      let verifier = try SignatureVerifier(keyring, program: try await program("kill -9 $$"))
      await #expect(throws: ImageError(.io, "")) { try await verifier.verdicts(package) }
    }
  }

  /// Whoever does not want to wait any more need not: the program is killed.
  @Test(.timeLimit(.minutes(30)), arguments: [SignedPackage.rsa, SignedPackage.pgp])
  func cancelled(_ tag: UInt32) async throws {
    try await signed(tag, payload: [UInt8](repeating: 1, count: 5_000_000)) { package, keyring, _ in
      let number = try TempFolder.current["number"]
      let verifier = try SignatureVerifier(keyring, program: try await program("echo $$ > \(number); exec sleep 3600"))
      let task = Task { try await verifier.verify([package, package, package]) }
      while (try? String(contentsOfFile: number.string, encoding: .utf8))?.hasSuffix("\n") != true {
        try await Task.sleep(for: .milliseconds(10))
      }
      task.cancel()
      await #expect(throws: ImageError(.cancelled, "")) { try await task.value }
      let text = try String(contentsOfFile: number.string, encoding: .utf8).dropLast()
      #expect(kill(try #require(pid_t(text)), 0) == -1)
    }
  }

  /// A lying program: words of one verdict are not enough, and two verdicts are none.
  @Test(arguments: [
    ("echo '[GNUPG:] GOODSIG 00 me'", SignatureVerdict.Outcome.unusable),
    ("echo '[GNUPG:] GOODSIG 00 me'; echo '[GNUPG:] VALIDSIG abcd'; exit 1", .unusable),
    ("echo '[GNUPG:] GOODSIG 00 me'; echo '[GNUPG:] BADSIG 00 me'; echo '[GNUPG:] VALIDSIG abcd'", .unusable),
    ("echo '[GNUPG:] ERRSIG 00 1 8 00 1 4 abcd'; exit 2", .unusable),
    ("echo '[GNUPG:] GOODSIG 00 me'; echo '[GNUPG:] VALIDSIG abcd'", .good),
    ("echo '[GNUPG:] EXPSIG 00 me'; echo '[GNUPG:] VALIDSIG abcd'", .signatureExpired),
  ]) func answers(_ script: String, _ outcome: SignatureVerdict.Outcome) async throws {
    try await signed { package, keyring, _ in
      let verifier = try SignatureVerifier(keyring, program: try await program("cat > /dev/null; " + script))
      #expect(try await verifier.verdicts(package).map(\.outcome) == [outcome])
    }
  }

  /// sqv's way to say the same.
  @Test func sqv() async throws {
    try await signed { package, keyring, signer in
      let stranger = try await signer.keyring(.stranger, name: "stranger.gpg")
      for (script, ring, outcome) in [
        ("echo 0123456789abcdef0123456789ABCDEF01234567", keyring, SignatureVerdict.Outcome.good),
        ("exit 1", keyring, .bad), ("exit 1", stranger, .keyMissing), ("true", keyring, .unusable),
      ] {
        let verifier = try SignatureVerifier(
          ring, program: try await program("cat > /dev/null; " + script, name: "sqv"))
        #expect(try await verifier.verdicts(package).map(\.outcome) == [outcome])
      }
    }
  }

  /// The real one, where there is one.
  @Test(.enabled(if: Tool("sqv").isAvailable)) func realSqv() async throws {
    let location = try #require(Tool("sqv").location)
    try await signed { _, keyring, signer in
      let stranger = try await signer.keyring(.stranger, name: "stranger.gpg")
      let program = try TempFolder.current["sqv"]
      try FileManager.default.createSymbolicLink(atPath: program.string, withDestinationPath: location.string)
      let (verifier, other) = (
        try SignatureVerifier(keyring, program: program), try SignatureVerifier(stranger, program: program)
      )
      let fingerprint = try await signer.fingerprint(.ed25519)
      for tag in [SignedPackage.rsa, SignedPackage.pgp] {
        var package = SignedPackage()
        let signature = try await signer.signature(package.covered(tag), .ed25519)
        package.add(tag, signature)
        let verdicts = try await verifier.verdicts(package.opened())
        #expect(verdicts.map(\.outcome) == [.good])
        #expect(verdicts[0].fingerprint?.hex.uppercased() == fingerprint)
        #expect(try await other.verdicts(package.opened()).map(\.outcome) == [.keyMissing])
        package.header.data[10] ^= 1
        #expect(try await verifier.verdicts(package.opened()).map(\.outcome) == [.bad])
      }
    }
  }
}
