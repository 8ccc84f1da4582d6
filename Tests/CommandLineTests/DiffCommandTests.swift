import Foundation
import TestSupport
import Testing

/// `sysext-pack diff`.
@Suite(.tempFolder) struct DiffCommandTests {
  @Test func exitCodesAreThoseOfDiff() async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    for (name, arguments) in [("a", []), ("b", ["--compression", "none"]), ("c", ["--version-id", "7"])] {
      let result = try await Program.run(
        ["tree", "out/\(name).raw", "--quiet", "--name", "hello", "--id", "x"] + arguments, in: folder.path)
      try #require(result.status == 0, "\(result)")
    }
    let same = try await Program.run("diff", "out/a.raw", "out/b.raw")
    #expect(same.status == 0 && same.outputText.hasPrefix("0 added, 0 removed, 0 changed, "), "\(same)")
    let identity = try await Program.run("diff", "--verbose", "out/a.raw", "out/b.raw")
    #expect(identity.status == 0 && identity.outputText.contains("file system uuid"), "\(identity)")
    let other = try await Program.run("diff", "out/a.raw", "out/c.raw")
    #expect(other.status == 1 && other.outputText.contains("VERSION_ID: none -> 7"), "\(other)")
    let json = try await Program.run("diff", "--json", "out/a.raw", "out/c.raw")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(json.output)) as? [String: Any])
    #expect(json.status == 1 && object["same"] as? Bool == false)
    let trouble = try await Program.run("diff", "out/a.raw", "missing.raw")
    #expect(trouble.status == 2 && trouble.errorText.contains("missing.raw"), "\(trouble)")
    #expect(try await Program.run("diff", "out/a.raw", "out/c.raw", "--ignore", "colour").status == 64)
  }
}
