import Foundation
import SystemPackage
import TestSupport

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
