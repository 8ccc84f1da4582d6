import SystemPackage
import TestSupport
import Testing

/// Images whose data is on another device.
@Suite(.tempFolder, .needs("mkfs.erofs", in: .sid), .needs("diff")) struct DeviceTests {
  /// `old.erofs` with `old.blob`, and `new.erofs` with `new.blob`, which differ in a byte.
  private func makeImages() async throws -> TempFolder {
    let folder = try TempFolder.current
    for (name, text) in [("old", "one"), ("new", "two")] {
      try folder.makeTree()
      try folder.makeFile("tree/usr/bin/hello", text)
      try await Tool("mkfs.erofs", in: .sid).check(
        "--quiet", "-T0", "--all-root", "--chunksize=4096", "--blobdev=\(folder["\(name).blob"])",
        folder["\(name).erofs"].string, folder["tree"].string)
    }
    return folder
  }

  /// Where one is missing, the error says which, for what, and how to give it.
  @Test func missingDevicesAreNamed() async throws {
    let folder = try await makeImages()
    let missing = "the data is on device 1 of 1, which was not given"
    let cases: [(arguments: [String], status: Int, text: String)] = [
      (
        ["cat", "old.erofs", "/usr/bin/../bin/hello"], 1,
        "error: old.erofs: /usr/bin/../bin/hello: \(missing); --device FILE gives it\n"
      ),
      (["extract", "old.erofs", "x"], 1, "error: old.erofs: /opt/hello/data: \(missing); --device FILE gives it\n"),
      (["tar", "old.erofs", "x"], 1, "error: old.erofs: /opt/hello/data: \(missing); --device FILE gives it\n"),
      (
        ["diff", "old.erofs", "new.erofs", "--new-device", "new.blob"], 2,
        "error: old.erofs: old image: /opt/hello/data: \(missing); --old-device or --new-device FILE gives it\n"
      ),
      (["diff", "old.erofs", "new.erofs", "--old-device", "old.blob"], 2, "new image: /opt/hello/data: \(missing)"),
      (["cat", "old.erofs", "usr/bin/hello", "--device", "nothing"], 1, "error: nothing: cannot open"),
      (
        ["verify", "old.erofs", "--device", "old.blob", "--device", "new.blob"], 1,
        "error: old.erofs: too many devices: 2 given, the image has 1\n"
      ),
    ]
    for test in cases {
      let result = try await Program.run(test.arguments, in: folder.path)
      #expect(result.status == test.status && result.errorText.contains(test.text), "\(result)")
      #expect(try !folder.names(in: "").contains("x"))
    }
    let verify = try await Program.run("verify", "old.erofs")
    #expect(verify.status == 1 && verify.outputText.contains("error: device 1: was not given"), "\(verify)")
    #expect(verify.outputText.contains("--device FILE gives a device"))
    #expect(try await Program.run("ls", "-lR", "old.erofs").status == 0)
  }

  /// Though the extension's release is on it, too.
  @Test func missingDevicesAreOneError() async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    try folder.makeFile("tree/usr/lib/extension-release.d/extension-release.x", "ID=_any\n")
    try await Tool("mkfs.erofs", in: .sid).check(
      "--quiet", "-T0", "--chunksize=4096", "--blobdev=\(folder["blob"])", folder["x.raw"].string,
      folder["tree"].string)
    let advice = "--device FILE gives a device; once for each, in the order of the image's table"
    for arguments in [[], ["--quick"]] {
      let result = try await Program.run(["verify", "x.raw"] + arguments, in: folder.path)
      let lines = result.outputText.split(separator: "\n").map(String.init)
      let errors = lines.filter { $0.hasPrefix("error: ") }
      #expect(result.status == 1 && errors.count == 1 && errors[0].contains("device 1"), "\(result)")
      #expect(lines.contains(advice) && lines.contains { $0.contains("x.raw: damaged, 1 error, ") }, "\(result)")
    }
    let sound = try await Program.run("verify", "x.raw", "--device", "blob")
    #expect(sound.status == 0, "\(sound)")
  }

  @Test func devicesAreRead() async throws {
    let folder = try await makeImages()
    let verify = try await Program.run("verify", "old.erofs", "--device", "old.blob")
    #expect(!verify.outputText.contains("device"), "\(verify)")
    #expect(try await Program.run("cat", "old.erofs", "usr/bin/hello", "--device", "old.blob").outputText == "one")
    #expect(try await Program.run("extract", "new.erofs", "new", "--device", "new.blob").status == 0)
    try await Tool("diff").check("-r", folder["tree"].string, folder["new"].string)
    let diff = try await Program.run(
      "diff", "old.erofs", "new.erofs", "--old-device", "old.blob", "--new-device", "new.blob")
    #expect(diff.status == 1, "\(diff)")
    #expect(
      diff.outputText.hasPrefix("~ /usr/bin/hello: content differs from byte 0 on\n0 added, 0 removed, 1 changed"))
    let same = try await Program.run(
      "diff", "old.erofs", "old.erofs", "--old-device", "old.blob", "--new-device", "old.blob")
    #expect(same.status == 0, "\(same)")
  }
}
