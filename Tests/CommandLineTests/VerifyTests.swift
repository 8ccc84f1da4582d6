import Foundation
import SystemPackage
import TestSupport
import Testing

/// `sysext-pack verify` and `repair`.
@Suite(.tempFolder) struct VerifyTests {
  private func spoil(_ offset: Int, _ folder: TempFolder) throws {
    var bytes = try folder.bytes(Program.image)
    bytes[offset < 0 ? bytes.count + offset : offset] ^= 0xFF
    try bytes.write(to: URL(filePath: folder[Program.image].string))
  }

  @Test func exitCodes() async throws {
    let folder = try await Program.packed()
    for arguments in [[], ["--quick"], ["--jobs", "1"]] {
      let result = try await Program.run(["verify", Program.image] + arguments, in: folder.path)
      #expect(result.status == 0 && result.outputText.contains("sound, 0 errors, 0 warnings"), "\(result)")
    }
    try spoil(520, folder)
    let result = try await Program.run("verify", Program.image)
    #expect(result.status == 1 && result.outputText.contains("damaged, 1 error, 1 warning\n"), "\(result)")
    #expect(result.outputText.contains("error: primary partition table"), "\(result)")
    let json = try await Program.run("verify", "--json", Program.image)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(json.output)) as? [String: Any])
    #expect(json.status == 1 && object["sound"] as? Bool == false && object["errors"] as? Int == 1)
    #expect(try await Program.run("verify", "missing.raw").status == 1)
    #expect(try await Program.run("verify", Program.image, "--jobs", "0").status == 64)
  }

  @Test func repairs() async throws {
    let folder = try await Program.packed()
    let good = try folder.bytes(Program.image)
    let nothing = try await Program.run("repair", Program.image)
    #expect(nothing.status == 0 && nothing.outputText.contains("nothing to repair"), "\(nothing)")
    try spoil(520, folder)
    let bad = try folder.bytes(Program.image)
    let dry = try await Program.run("repair", "--dry-run", Program.image)
    #expect(dry.outputText.contains("would write the primary header: 512 bytes at 512"), "\(dry)")
    let copied = try await Program.run("repair", Program.image, "--output", "out/copy.raw")
    #expect(copied.status == 0)
    #expect(try folder.bytes(Program.image) == bad && folder.bytes("out/copy.raw") == good)
    #expect(try await Program.run("repair", Program.image, "--output", "out/copy.raw").status == 1)
    let result = try await Program.run("repair", Program.image)
    #expect(result.status == 0 && result.outputText.contains("wrote the primary header"), "\(result)")
    #expect(
      result.outputText.hasPrefix("found: primary partition table: ") && !result.outputText.contains("error: "),
      "\(result)")
    #expect(try folder.bytes(Program.image) == good)
    try spoil(520, folder)
    try spoil(-500, folder)
    let refused = try await Program.run("repair", Program.image)
    #expect(refused.status == 1 && refused.errorText.contains("both copies"), "\(refused)")
  }

  @Test func inspectShowsRegions() async throws {
    _ = try await Program.packed()
    let full = try await Program.run("inspect", Program.image)
    for text in ["Regions:", "  T partition table", "Largest files:", "By folder:", "/usr/share/hello/text"] {
      #expect(full.outputText.contains(text), "\(text) in \(full)")
    }
    let survey = full.outputText.split(separator: "\n").drop { $0 != "Regions:" }
    #expect(survey.allSatisfy { $0.count <= 80 && $0.allSatisfy(\.isASCII) })
    let quick = try await Program.run("inspect", "--quick", Program.image)
    #expect(
      quick.status == 0 && !quick.outputText.contains("Regions:") && quick.outputText.contains("inodes; --full counts"))
  }
}
