import Foundation
import RPM
import SystemPackage
import TestSupport

/// A database that a peer's rpm makes and reads.
struct PeerDatabase {
  let peer: Peer
  let backend: RPMDatabase.Backend
  let folder: FilePath

  static let fixtures = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
    .removingLastComponent().appending("Fixtures/rpm")

  var file: FilePath { folder.appending(backend == .sqlite ? "rpmdb.sqlite" : "Packages.db") }

  func rpm(_ arguments: [String]) async throws -> String {
    guard let tree = peer.folder else { throw MissingTool(tool: Tool("rpm", in: peer)) }
    let result = try await Tool("rpm", in: peer).check(
      ["--dbpath", folder.string, "--define", "_db_backend \(backend.rawValue)"] + arguments,
      environment: ["RPM_CONFIGDIR": tree.appending("usr/lib/rpm").string])
    return result.outputText
  }

  /// Puts packages into the database, without their files.
  func install(_ packages: [FilePath]) async throws {
    _ = try await rpm(
      [
        "-i", "--justdb", "--nodeps", "--noscripts", "--notriggers", "--ignorearch", "--ignoreos", "--nosignature",
        "--nodigest", "--replacefiles",
      ] + packages.map(\.string))
  }

  func install(_ names: String...) async throws {
    try await install(names.map { Self.fixtures.appending($0 + ".rpm") })
  }

  func remove(_ name: String) async throws {
    _ = try await rpm(["-e", "--justdb", "--nodeps", "--noscripts", "--notriggers", name])
  }

  /// What rpm says of all packages, in lines.
  func query(_ format: String) async throws -> [String] {
    try await rpm(["-qa", "--nosignature", "--nodigest", "--qf", format]).split(separator: "\n").map(String.init)
  }
}
