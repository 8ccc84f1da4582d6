import Foundation
import Testing

/// The README shows what compiles.
struct ReadmeTests {
  private static func lines(_ path: String) throws -> [String] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.trimmingCharacters(in: .whitespaces) }
  }

  /// The lines between two marks.
  private static func blocks(_ lines: [String], from begin: String, to end: String) -> [[String]] {
    var result: [[String]] = []
    var block: [String]?
    for line in lines {
      if line.hasPrefix(begin) {
        block = []
      } else if line == end, let done = block {
        result.append(done)
        block = nil
      } else {
        block?.append(line)
      }
    }
    return result
  }

  @Test func examplesAreTheCompiledOnes() throws {
    let compiled = Self.blocks(
      try Self.lines("Tests/SysextImageTests/ReadmeExamples.swift"), from: "// begin", to: "// end")
    let shown = Self.blocks(try Self.lines("README.md"), from: "```swift", to: "```").map { block in
      block.filter { !$0.hasPrefix("import ") && !$0.isEmpty }
    }
    #expect(compiled.count == 3)
    #expect(shown == compiled)
  }
}
