import Foundation
import ImageCore
import RPM
import SystemPackage
import TestSupport
import Testing

/// A committed package of Fixtures/rpm.
struct Fixture: Sendable, CustomTestStringConvertible {
  let path: FilePath
  var testDescription: String { path.lastComponent?.string ?? "" }

  static let folder = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
    .appending("Fixtures/rpm")

  static let all: [Fixture] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.string)) ?? []
    return names.filter { $0.hasSuffix(".rpm") }.sorted().map { Fixture(path: folder.appending($0)) }
  }()

  static func named(_ name: String) -> Fixture { Fixture(path: folder.appending(name)) }

  func package() throws -> RPMPackage {
    try RPMPackage(ByteStore(contentsOf: path), fileName: testDescription)
  }

  func bytes() throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path.string))) }
}

extension Peer {
  /// What a tree's rpm says of a package, without a database or keys.
  func query(_ path: FilePath, _ arguments: [String]) async throws -> ToolResult {
    guard let folder else { throw MissingTool(tool: Tool("rpm", in: self)) }
    let database = try TempFolder.current["database"]
    return try await Tool("rpm", in: self).run(
      ["--dbpath", database.string, "-qp", "--nosignature", "--nodigest"] + arguments + [path.string],
      environment: ["RPM_CONFIGDIR": folder.appending("usr/lib/rpm").string])
  }

  /// The values of a query format, each ended by a bell, in groups ended by a backspace.
  func values(_ path: FilePath, _ groups: [String]) async throws -> [[String]] {
    let format = groups.map { $0 + "\\b" }.joined()
    let result = try await query(path, ["--qf", format])
    guard result.succeeded else { throw ToolFailure(result: result) }
    return result.outputText.split(separator: "\u{8}", omittingEmptySubsequences: false).dropLast().map { group in
      group.split(separator: "\u{7}", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
  }

  /// The tags that a tree's rpm has names for.
  func tags() async throws -> Set<String> {
    guard let folder else { throw MissingTool(tool: Tool("rpm", in: self)) }
    let result = try await Tool("rpm", in: self).check(
      ["--querytags"], environment: ["RPM_CONFIGDIR": folder.appending("usr/lib/rpm").string])
    return Set(result.outputText.split(separator: "\n").map(String.init))
  }
}
