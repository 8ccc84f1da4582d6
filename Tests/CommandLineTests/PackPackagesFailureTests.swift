import Foundation
import SystemPackage
import TestPackages
import TestSupport
import Testing

private typealias File = MadePackage.File

/// Bad packages, and machines that fail: nothing of the image, its companions and temporary files is left, and the message
/// says which package it was.
@Suite(.tempFolder, .needsRoot)
struct PackPackagesFailureTests {
  private static let image = "out/e-1.x86-64.raw"
  /// With everything that may be written beside an image.
  private static let options = ["--id", "_any", "--etc", "confext", "--sbom", "spdx3", "--sbom", "cyclonedx"]
  private static let outputs = [
    "e-1.x86-64.cdx.json", "e-1.x86-64.confext.raw", "e-1.x86-64.manifest", "e-1.x86-64.raw", "e-1.x86-64.spdx.json",
  ]

  private func prepare() throws -> TempFolder {
    let folder = try TempFolder.current
    for name in ["out", "tmp", "packages"] { try folder.makeFolder(name) }
    return folder
  }

  private func pack(_ arguments: String..., temporary: String? = nil) async throws -> ToolResult {
    let folder = try TempFolder.current
    return try await Program.run(
      arguments + [Self.image] + Self.options, environment: ["TMPDIR": temporary ?? folder["tmp"].string],
      in: folder.path)
  }

  /// A package of the fixtures with something changed.
  private func write(_ fixture: String, as name: String, _ change: (inout [UInt8]) -> Void) throws {
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: RPMRoot.fixture(fixture).string)))
    change(&bytes)
    try Disk.write(bytes, to: try TempFolder.current["packages"].appending(name))
  }

  // MARK: packages

  static let faults: [(what: String, status: Int, words: String)] = [
    ("cut", 1, "bad.rpm"), ("cut in the header", 1, "bad.rpm"), ("flipped at the end", 1, "bad.rpm"),
    ("flipped in the header", 1, "bad.rpm"), ("empty", 1, "bad.rpm"), ("longer", 1, "bad.rpm"),
  ]

  /// The good package comes first, so that the image has been begun.
  @Test(arguments: faults.indices, ["trixie-everything-v4", "trixie-plain-xz-v4", "trixie-plain-gzip-v4"])
  func badPackages(_ index: Int, _ fixture: String) async throws {
    let fault = Self.faults[index]
    let folder = try prepare()
    try write("trixie-plain-zstd-v4", as: "good.rpm") { _ in }
    try write(fixture, as: "bad.rpm") { bytes in
      switch fault.what {
      case "cut": bytes.removeLast(40)
      case "cut in the header": bytes.removeLast(bytes.count - 700)
      case "flipped at the end": bytes[bytes.count - 20] ^= 0x40
      case "flipped in the header":
        // The second header: of the first one, part is reserved space.
        let magic: [UInt8] = [0x8E, 0xAD, 0xE8, 1]
        let place = bytes.indices.dropLast(4).last { bytes[$0..<$0 + 4].elementsEqual(magic) } ?? 0
        bytes[place + 1500] ^= 1
      case "empty": bytes = []
      default: bytes += [UInt8](repeating: 0, count: 100)
      }
    }
    let result = try await pack(
      "packages/good.rpm", "packages/bad.rpm", "--on-conflict", "first")
    #expect(result.status == fault.status, "\(result)")
    #expect(result.errorText.contains("error:") && result.errorText.contains(fault.words), "\(result)")
    #expect(!result.errorText.contains("good.rpm"), "\(result)")
    #expect(result.output.isEmpty)
    #expect(try folder.names() == [] && folder.names(in: "tmp") == [])
  }

  /// What is wrong with a file counts, though nothing of it goes in, and all else has been read by then.
  @Test func badFilesThatAreLeftOut() async throws {
    let folder = try prepare()
    var package = MadePackage("tail", [File("/usr/share/large"), File("/usr/share/doc/tail", "tail\n")])
    package.files[0].content = Content.random(2 << 20, seed: 1).bytes
    package.tags = [(1035, .strings(["", String(repeating: "0", count: 32)]))]
    try folder.write(package)
    let result = try await pack("packages", "--exclude", "usr/share/doc/**")
    #expect(result.status == 1 && result.errorText.contains("/usr/share/doc/tail: MD5 is"), "\(result)")
    #expect(try folder.names() == [] && folder.names(in: "tmp") == [])
  }

  /// What was there stays as it was.
  @Test func badPackagesDoNotReplace() async throws {
    let folder = try prepare()
    try write("trixie-everything-v4", as: "good.rpm") { _ in }
    try write("trixie-everything-v4", as: "bad.rpm") { $0[$0.count - 20] ^= 0x40 }
    let first = try await pack("packages/good.rpm")
    #expect(first.status == 0, "\(first)")
    #expect(try folder.names() == Self.outputs)
    let before = try Self.outputs.map { try folder.bytes("out/\($0)") }
    let second = try await pack("packages/bad.rpm", "--force")
    #expect(second.status == 1, "\(second)")
    #expect(try folder.names() == Self.outputs && folder.names(in: "tmp") == [])
    #expect(try Self.outputs.map { try folder.bytes("out/\($0)") } == before)
    let third = try await pack("packages/good.rpm", "--force")
    #expect(third.status == 0, "\(third)")
    #expect(try Self.outputs.map { try folder.bytes("out/\($0)") } == before)
  }

  /// Any of the files that are there already is a reason to stop, before the work.
  @Test(arguments: outputs) func takenNames(_ name: String) async throws {
    let folder = try prepare()
    try write("trixie-everything-v4", as: "good.rpm") { _ in }
    try folder.makeFile("out/\(name)", "mine\n")
    let result = try await pack("packages/good.rpm")
    #expect(result.status == 1 && result.errorText.contains("\(name): exists already"), "\(result)")
    #expect(try folder.names() == [name] && folder.names(in: "tmp") == [])
    #expect(try folder.bytes("out/\(name)") == Data("mine\n".utf8))
  }

  @Test func conflicts() async throws {
    let folder = try prepare()
    try folder.write(MadePackage("one", [File("/usr/bin/tool", "one\n")]))
    try folder.write(MadePackage("two", [File("/usr/bin/tool", "two\n")]))
    let result = try await pack("packages")
    #expect(result.status == 1, "\(result)")
    for words in ["one-1-2.x86_64", "two-1-2.x86_64", "/usr/bin/tool", "--on-conflict"] {
      #expect(result.errorText.contains(words), "\(result)")
    }
    #expect(try folder.names() == [] && folder.names(in: "tmp") == [])
  }

  /// Files that are much longer than their payload are a decision of the user's.
  @Test func bombs() async throws {
    let folder = try prepare()
    var bomb = MadePackage("bomb", [File("/usr/share/bomb", "no gigabytes\n")])
    bomb.tags = [(1028, .int32([2_000_000_000]))]
    try folder.write(bomb)
    let refused = try await pack("packages")
    #expect(refused.status == 1, "\(refused)")
    for words in ["bomb-1-2.x86_64.rpm", "2000000000", "--max-ratio"] {
      #expect(refused.errorText.contains(words), "\(refused)")
    }
    #expect(try folder.names() == [] && folder.names(in: "tmp") == [])
    // Whoever wants to see it gets to what is wrong with it.
    let allowed = try await pack("packages", "--max-ratio", "100000000")
    #expect(allowed.status == 1 && allowed.errorText.contains("13 bytes in the payload"), "\(allowed)")
    #expect(try folder.names() == [] && folder.names(in: "tmp") == [])
  }

  // MARK: machines

  @Test func noTemporaryFolder() async throws {
    let folder = try prepare()
    try write("trixie-everything-v4", as: "good.rpm") { _ in }
    let result = try await pack("packages/good.rpm", temporary: "/nowhere")
    #expect(result.status == 2 && result.errorText.contains("/nowhere: "), "\(result)")
    #expect(try folder.names() == [])
  }

  /// A package with two megabytes that cannot be compressed.
  private func writeLarge() throws {
    var large = MadePackage("large", [File("/usr/share/large"), File("/etc/large.conf", "a\n")])
    large.files[0].content = Content.random(2 << 20, seed: 1).bytes
    try TempFolder.current.write(large)
  }

  @Test func fullTemporaryFolder() async throws {
    let folder = try prepare()
    try writeLarge()
    try await TempFolder.withSmallDisk(byteCount: 1 << 20) { disk in
      let result = try await pack("packages", temporary: disk.path.string)
      #expect(result.status == 2, "\(result)")
      #expect(
        result.errorText.contains(disk.path.string) && result.errorText.contains("No space left on device"), "\(result)"
      )
      #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path.string) == [])
    }
    #expect(try folder.names() == [])
  }

  @Test func fullDisk() async throws {
    let folder = try prepare()
    try writeLarge()
    try await TempFolder.withSmallDisk(byteCount: 1 << 20) { disk in
      let result = try await Program.run(
        ["packages", disk["e-1.x86-64.raw"].string] + Self.options,
        environment: ["TMPDIR": folder["tmp"].string], in: folder.path)
      #expect(result.status == 2, "\(result)")
      #expect(
        result.errorText.contains("e-1.x86-64.raw: cannot write: No space left on device"), "\(result)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path.string) == [])
    }
    #expect(try folder.names(in: "tmp") == [])
  }

  /// In the middle of the work: the image has no name yet, but the program has it open.
  @Test(.needs("bash", "find"), arguments: [("INT", 130), ("TERM", 143), ("KILL", 137)])
  func signals(_ signal: String, _ status: Int) async throws {
    let folder = try prepare()
    var slow = MadePackage("slow", [File("/usr/share/slow"), File("/etc/slow.conf", "a\n")])
    let part = Content.text(1 << 20, seed: 1).bytes
    for _ in 0..<40 { slow.files[0].content += part }
    try folder.write(slow)
    let program = try #require(Program.tool.location)
    let result = try await Tool("bash").run(
      [
        "-c",
        """
        set -m
        "$program" packages \(Self.image) \(Self.options.joined(separator: " ")) --compression lz4hc,12 2>stderr &
        pid=$!
        until find -L "/proc/$pid/fd" -maxdepth 1 -type f -size +2000k -links 0 2>/dev/null | grep -q .; do
          kill -0 $pid || break
          sleep 0.01
        done
        kill -\(signal) $pid
        status=0
        wait $pid 2>/dev/null || status=$?
        echo $status
        """,
      ], environment: ["program": program.string, "TMPDIR": folder["tmp"].string], in: folder.path)
    #expect(result.outputText == "\(status)\n", "\(result)")
    if signal != "KILL" { #expect(try folder.bytes("stderr") == Data("sysext-pack: cancelled\n".utf8)) }
    #expect(try folder.names() == [] && folder.names(in: "tmp") == [])
  }
}
