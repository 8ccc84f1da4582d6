import Foundation
import SystemPackage
import TestSupport
import Testing

/// `sysext-pack inspect`, and what all verbs have in common.
@Suite(.tempFolder) struct InspectTests {
  @Test func showsTableFileSystemAndRelease() async throws {
    _ = try await Program.packed()
    let result = try await Program.run("inspect", Program.image)
    #expect(result.status == 0 && result.errorText.isEmpty, "\(result)")
    for text in [
      "Partition table: GPT", "primary good, backup good", "1: root-x86-64", "File system: EROFS",
      "features sb_csum mtime",
      "/usr/lib/extension-release.d/extension-release.hello:", "extension-release.hello-1.2.x86-64:", "ID=opensuse",
      "VERSION_ID=1", "SYSEXT_VERSION_ID=1.2",
    ] { #expect(result.outputText.contains(text), "\(text) in \(result)") }
  }

  @Test func jsonAgreesWithTheReport() async throws {
    let folder = try await Program.packed()
    let built = try await Program.run("tree", "out/hello-1.2.x86-64.raw", "--force", "--json", "--version-id", "1")
    let shown = try await Program.run("inspect", "--json", Program.image)
    func object(_ result: ToolResult) throws -> [String: Any] {
      try #require(try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
    }
    let (report, image) = (try object(built), try object(shown))
    #expect(report["byteCount"] as? Int == (try folder.bytes(Program.image).count))
    #expect(image["byteCount"] as? Int == report["byteCount"] as? Int)
    let (made, read) = (report["fileSystem"] as? [String: Any], image["fileSystem"] as? [String: Any])
    #expect(made?["uuid"] as? String != nil && made?["uuid"] as? String == read?["uuid"] as? String)
    #expect(made?["inodeCount"] as? Int == read?["inodeCount"] as? Int)
    #expect(report["extensionRelease"] as? [String: String] == image["extensionRelease"] as? [String: String])
  }

  @Test func whatCannotBeInspectedIsAnError() async throws {
    let folder = try await Program.packed()
    try folder.makeFile("text.raw", "no image at all\n")
    for (path, text) in [("missing.raw", "No such file"), ("text.raw", "text.raw"), ("tree", "neither a file")] {
      let result = try await Program.run("inspect", path)
      #expect(result.status == 1, "\(result)")
      #expect(result.errorText.contains("sysext-pack: error: \(path)") && result.errorText.contains(text), "\(result)")
      #expect(result.output.isEmpty)
    }
  }

  @Test func damageIsReported() async throws {
    let folder = try await Program.packed()
    var bytes = try folder.bytes(Program.image)
    bytes[512 + 20] ^= 1
    try bytes.write(to: URL(filePath: folder["hello-1.2.x86-64.raw"].string))
    let result = try await Program.run("inspect", "hello-1.2.x86-64.raw")
    #expect(result.status == 0, "\(result)")
    #expect(result.outputText.contains("primary damaged") && result.outputText.contains("backup good"), "\(result)")
    #expect(result.errorText.contains("error: "), "\(result)")
  }

  @Test func verbsAreHelped() async throws {
    let version = try await Program.run("version")
    #expect(version.outputText.hasPrefix("sysext-pack "))
    let help = try await Program.run("help", "pack")
    #expect(help.status == 0 && help.outputText.contains("--pcluster-size"))
  }

  @Test func resultsThatCannotBeWrittenAreAnError() async throws {
    _ = try await Program.packed()
    let program = try #require(Program.tool.location).string
    let folder = try TempFolder.current
    let result = try await Tool("sh").run(
      ["-c", "exec \"$1\" inspect \"$2\" >/dev/full", "sh", program, Program.image], in: folder.path)
    #expect(result.status == 2 && result.errorText.contains("standard output"), "\(result)")
  }
}
