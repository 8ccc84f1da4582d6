import Foundation
import SysextImage
import SystemPackage
import TestSupport
import Testing

/// Whatever looks into a spoilt image names its file, the path in it and the byte.
@Suite(.tempFolder) struct SpoiltImageTests {
  private static let image = Program.image
  private static let path = "/usr/share/hello/text"

  /// Packs the usual tree, and spoils one place of the image; `good.raw` is what it was.
  private func packed(_ spoil: (inout Data, DiskImage) throws -> Void) async throws -> TempFolder {
    let folder = try await Program.packed()
    var bytes = try folder.bytes(Self.image)
    try bytes.write(to: URL(filePath: folder["good.raw"].string))
    let image = try SysextImage.open(folder[Self.image])
    // Without its checksum's feature the superblock goes by anything.
    bytes[Int(image.fileSystemRange.lowerBound) + 1032] &= ~1
    try spoil(&bytes, image)
    try bytes.write(to: URL(filePath: folder[Self.image].string))
    return folder
  }

  private func expectNamed(_ arguments: [String], _ words: [String], in folder: TempFolder) async throws {
    let result = try await Program.run(arguments, in: folder.path)
    let error = result.errorText.split(separator: "\n").last ?? ""
    #expect([1, 2].contains(result.status), "\(result)")
    #expect(error.hasPrefix("sysext-pack: error: \(Self.image): "), "\(arguments): \(error)")
    // Once is enough.
    #expect(error.ranges(of: Self.image).count == 1, "\(arguments): \(error)")
    for word in words { #expect(error.contains(word), "\(arguments): \(error)") }
  }

  private static let readers = [
    ["cat", image, path], ["extract", image, "x"], ["tar", image], ["tar", image, "x"], ["diff", image, "good.raw"],
    ["diff", "good.raw", image],
  ]

  @Test func dataThatDoesNotDecompress() async throws {
    let folder = try await packed { bytes, _ in
      // The distance of the match behind the literals: before the beginning of the file.
      let literals = try #require(bytes.range(of: Data("hello, world\n".utf8)))
      bytes.replaceSubrange(literals.upperBound..<literals.upperBound + 2, with: [0xFF, 0xFF])
    }
    for arguments in Self.readers {
      try await expectNamed(arguments, [": \(Self.path): ", "does not decompress", " (at byte "], in: folder)
    }
    #expect(try !folder.names(in: "").contains("x"))
  }

  @Test func inodes() async throws {
    let folder = try await packed { bytes, image in
      let nid = try #require(try image.fileSystem.lookup(FilePath(Self.path))).nid
      let start = Int(image.fileSystemRange.lowerBound)
      let metadata = bytes[start + 1064..<start + 1068].reversed().reduce(0) { $0 << 8 | Int($1) }
      let inode = start + metadata << 12 + Int(nid) * 32
      bytes.replaceSubrange(inode..<inode + 2, with: [0xFF, 0xFF])
    }
    let others = [["inspect", Self.image], ["ls", "-lR", Self.image], ["ls", "--json", "-R", Self.image]]
    for arguments in Self.readers + others {
      try await expectNamed(arguments, ["text: ", "i_format", " (at byte "], in: folder)
    }
    try await expectNamed(["ls", Self.image, "/missing"], [": /missing: no such file"], in: folder)
    try await expectNamed(["extract", Self.image, "x", "--path", "/missing"], [": /missing: no such file"], in: folder)
    try await expectNamed(["cat", Self.image, "/usr"], [": /usr: a directory"], in: folder)
  }

  @Test func superblocks() async throws {
    let folder = try await packed { bytes, image in bytes[Int(image.fileSystemRange.lowerBound) + 1024] ^= 0xFF }
    for arguments in Self.readers + [["inspect", Self.image], ["ls", Self.image]] {
      try await expectNamed(arguments, [": partition 1: ", " (at byte "], in: folder)
    }
    // A report is about one image, which its last line names.
    let verify = try await Program.run("verify", Self.image)
    #expect(verify.status == 1 && verify.outputText.hasPrefix("error: partition 1: "), "\(verify)")
    #expect(verify.outputText.ranges(of: Self.image).count == 1, "\(verify)")
  }

  /// What is wrong with the place to write to is not said of the image.
  @Test(.needs("bash")) func outputsAreNotBlamedOnTheImage() async throws {
    let folder = try await packed { _, _ in }
    for arguments in [["extract", Self.image, "no/such"], ["tar", Self.image, "no/such"]] {
      let result = try await Program.run(arguments, in: folder.path)
      #expect(result.errorText.hasPrefix("sysext-pack: error: no/such: "), "\(result)")
    }
    let program = try #require(Program.tool.location).string
    for verb in [
      "cat \(Self.image) \(Self.path)", "ls -R \(Self.image)", "ls -R --json \(Self.image)", "tar \(Self.image)",
    ] {
      let result = try await Tool("bash").run(["-c", "'\(program)' \(verb) >/dev/full"], in: folder.path)
      #expect(result.status == 2, "\(result)")
      #expect(result.errorText.hasPrefix("sysext-pack: error: standard output: "), "\(result)")
      #expect(result.errorText.contains("cannot write: No space left on device"), "\(result)")
    }
  }
}
