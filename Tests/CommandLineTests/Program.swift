import Foundation
import SystemPackage
import TestSupport
import Testing

/// The program that this package builds.
enum Program {
  static let tool = Tool.built("sysext-pack")

  static func run(
    _ arguments: [String], environment: [String: String] = [:], in folder: FilePath? = nil
  ) async throws -> ToolResult {
    try await tool.run(arguments, environment: environment, in: folder)
  }

  /// Runs it in the test's own folder, where the tree is `tree` and the usual image goes to `out`.
  static func run(_ arguments: String...) async throws -> ToolResult {
    try await run(arguments, in: try TempFolder.current.path)
  }

  /// Runs it as nobody, from a copy in the test's folder that nobody may read; `out` is nobody's.
  static func runAsNobody(_ arguments: [String]) async throws -> ToolResult {
    let folder = try TempFolder.current
    let program = folder["sysext-pack"]
    let built = try #require(tool.location)
    try await Tool("cp").check(built.string, program.string)
    try await Tool("chmod").check("755", folder.path.string, program.string)
    try await Tool("chown").check("65534:65534", folder["out"].string)
    return try await Tool("setpriv").run(
      ["--reuid=65534", "--regid=65534", "--clear-groups", program.string] + arguments, in: folder.path)
  }

  static func runAsNobody(_ arguments: String...) async throws -> ToolResult { try await runAsNobody(arguments) }

  /// Packs the usual tree to the usual image.
  static func packed() async throws -> TempFolder {
    let folder = try TempFolder.current
    try folder.makeTree()
    let result = try await run("tree", image, "--quiet", "--version-id", "1", "--id", "opensuse")
    guard result.succeeded else { throw ToolFailure(result: result) }
    return folder
  }

  /// The usual image, relative to the test's folder.
  static let image = "out/hello-1.2.x86-64.raw"
}

extension TempFolder {
  /// Makes a small extension in `tree`, and an empty `out`.
  func makeTree() throws {
    try makeFolder("out")
    for (path, text) in [
      ("tree/usr/bin/hello", "#!/bin/sh\necho hello\n"), ("tree/opt/hello/data", "data\n"),
      ("tree/usr/share/hello/text", String(repeating: "hello, world\n", count: 3000)),
    ] {
      try makeFile(path, text)
    }
  }

  /// Makes a file with the folders above it.
  func makeFile(_ path: String, _ text: String) throws {
    try makeFolder(FilePath(path).removingLastComponent().string)
    try text.write(toFile: self[path].string, atomically: false, encoding: .utf8)
  }

  func makeFolder(_ path: String) throws {
    try FileManager.default.createDirectory(atPath: self[path].string, withIntermediateDirectories: true)
  }

  /// Everything in a folder, hidden files too.
  func names(in path: String = "out") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: self[path].string).sorted()
  }

  func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: self[path].string)) }
}
