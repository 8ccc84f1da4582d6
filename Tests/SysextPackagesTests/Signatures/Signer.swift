import Foundation
import ImageCore
import RPM
import SystemPackage
import TestPackages
import TestSupport
import Testing

@testable import SysextPackages

/// Keys made for one test, and what is signed with them.
struct Signer: Sendable {
  /// A key by its name, which is its algorithm's or that of another kind.
  enum Key: String, Sendable, CaseIterable {
    case rsa2048, ed25519, nistp256
    /// Expired on 2 January 2020.
    case expired
    /// To be revoked when it has signed.
    case revoked
    /// In no keyring.
    case stranger

    fileprivate var algorithm: String {
      switch self {
      case .rsa2048, .ed25519, .nistp256: rawValue
      default: "ed25519"
      }
    }
  }

  let home: FilePath

  /// Runs `body` with keys; the agent that guards them is gone afterwards.
  static func with(_ keys: Key..., body: (Signer) async throws -> Void) async throws {
    let signer = Signer(home: try TempFolder.current["gnupg"])
    try FileManager.default.createDirectory(
      atPath: signer.home.string, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    do {
      for key in keys { try await signer.make(key) }
      try await body(signer)
    } catch {
      try? await signer.stop()
      throw error
    }
    try await signer.stop()
  }

  private func stop() async throws {
    try await Tool("gpgconf").check("--homedir", home.string, "--kill", "gpg-agent")
  }

  @discardableResult
  private func gpg(_ arguments: [String], input: [UInt8] = []) async throws -> [UInt8] {
    try await Tool("gpg").check(
      ["--homedir", home.string, "--batch", "--quiet", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", ""]
        + arguments, input: input
    ).output
  }

  private func make(_ key: Key) async throws {
    let (time, lifetime) = key == .expired ? (["--faked-system-time", "20200101T000000"], "1d") : ([], "never")
    try await gpg(time + ["--quick-generate-key", "\(key) <\(key)@example.org>", key.algorithm, "sign", lifetime])
  }

  func revoke(_ key: Key) async throws {
    let path = home.appending("openpgp-revocs.d/\(try await fingerprint(key)).rev")
    // GnuPG guards it with a colon against use by mistake.
    let text = try String(contentsOfFile: path.string, encoding: .utf8)
    try await gpg(["--import"], input: Array(text.replacing(":-----BEGIN", with: "-----BEGIN").utf8))
  }

  func fingerprint(_ key: Key) async throws -> String {
    let text = String(decoding: try await gpg(["--with-colons", "--list-keys", "\(key)@example.org"]), as: UTF8.self)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("fpr:") })
    return String(try #require(line.split(separator: ":").last))
  }

  func exported(_ keys: Key..., isArmored: Bool = false) async throws -> [UInt8] {
    try await gpg((isArmored ? ["--armor"] : []) + ["--export"] + keys.map { "\($0)@example.org" })
  }

  func keyring(_ keys: Key..., name: String = "keys.gpg") async throws -> FilePath {
    let path = try TempFolder.current[name]
    try Data(try await gpg(["--export"] + keys.map { "\($0)@example.org" })).write(to: URL(filePath: path.string))
    return path
  }

  func signature(
    _ data: [UInt8], _ key: Key, _ arguments: [String] = []
  ) async throws -> [UInt8] {
    let time = key == .expired ? ["--faked-system-time", "20200101T010000"] : []
    return try await gpg(
      time + arguments + ["--local-user", "\(key)@example.org", "--detach-sign", "--output", "-"], input: data)
  }

  /// Signs a package with a tree's own rpmsign.
  func rpmsign(_ path: FilePath, _ key: Key, _ peer: Peer, _ arguments: [String] = []) async throws {
    let folder = try #require(peer.folder)
    let gpg = try #require(Tool("gpg").location)
    try await Tool("rpmsign", in: peer).check(
      [
        "--define", "_gpg_name \(key)@example.org", "--define", "_gpg_path \(home)", "--define", "__gpg \(gpg)",
        "--addsign",
      ] + arguments + [path.string],
      environment: ["RPM_CONFIGDIR": folder.appending("usr/lib/rpm").string, "GNUPGHOME": home.string])
  }
}

/// A package whose signature header is made by hand.
struct SignedPackage: Sendable {
  var header = HeaderCraft(
    PackageCraft.identity + [
      (1004, .string("summary")), (5092, .strings([String(repeating: "ab", count: 32)])), (5093, .int32([8])),
    ])
  var payload: [UInt8] = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
  var tags: [(UInt32, HeaderCraft.Value)] = []

  static let openPGP: UInt32 = 278
  static let rsa: UInt32 = 268
  static let pgp: UInt32 = 1002

  /// A header of format 6.
  static var version6: SignedPackage {
    SignedPackage(header: HeaderCraft(PackageCraft.identity + [(5114, .int32([6]))]))
  }

  mutating func add(_ tag: UInt32, _ signatures: [UInt8]...) {
    tags.append(
      (tag, tag == Self.openPGP ? .strings(signatures.map { Data($0).base64EncodedString() }) : .bin(signatures[0])))
  }

  /// What a signature under a tag covers.
  func covered(_ tag: UInt32) -> [UInt8] { tag == Self.pgp ? header.bytes + payload : header.bytes }

  var bytes: [UInt8] {
    var bytes = PackageCraft.lead("made-1-2") + HeaderCraft(tags.sorted { $0.0 < $1.0 }, region: 62).bytes
    bytes.pad(to: 8)
    return bytes + header.bytes + payload
  }

  func opened(_ name: String = "made.rpm") throws -> RPMPackage { try RPMPackage(ByteStore(bytes), fileName: name) }
}

extension SignatureVerifier {
  init(_ keyring: FilePath..., program: FilePath? = nil) throws {
    try self.init(
      keyrings: keyring, scratchFolder: TempFolder.current.path,
      searchPath: program?.removingLastComponent().string ?? "/usr/bin:/bin")
  }
}
