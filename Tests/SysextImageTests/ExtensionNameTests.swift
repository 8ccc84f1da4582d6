import GPT
import ImageCore
import SysextImage
import TestSupport
import Testing

@Suite("names of extensions")
struct ExtensionNameTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let file: String
    let full: String
    let name: String
    let version: String?
    let architecture: Architecture?
    let warnings: [String]
    var testDescription: String { file }

    init(
      _ file: String, full: String? = nil, _ name: String, _ version: String? = nil,
      _ architecture: Architecture? = nil, _ warnings: [String] = []
    ) {
      self.file = file
      self.full = full ?? String(file.dropLast(4))
      (self.name, self.version, self.architecture, self.warnings) = (name, version, architecture, warnings)
    }
  }

  static let cases = [
    Case("debug-4.2.x86-64.raw", "debug", "4.2", .x86_64),
    Case("k3s-1.31.5+k3s1-29.1.x86-64.raw", "k3s-1.31.5+k3s1", "29.1", .x86_64),
    Case("strace-29.1.arm64.raw", "strace", "29.1", .arm64),
    Case("debug-1.0.mips64-le.raw", "debug", "1.0", .mips64LE),
    Case("debug-20250329.ppc64-le.raw", "debug", "20250329", .ppc64LE),
    Case("debug.raw", "debug"),
    Case("git-lfs.raw", "git-lfs"),
    Case("git-lfs-3.0.x86-64.raw", "git-lfs", "3.0", .x86_64),
    Case("git-lfs.x86-64.raw", "git-lfs", nil, .x86_64),
    Case("debug-4.2.raw", "debug", "4.2"),
    Case("docker-compose-v2.33.raw", "docker-compose", "v2.33"),
    Case("v4l-utils.raw", "v4l-utils"),
    Case("x86-64.raw", "x86", "64"),
    Case("gcc-arm.raw", "gcc-arm"),
    Case("gcc-arm-13.raw", "gcc-arm", "13"),
    Case("-4.2.raw", "-4.2"),
    Case("debug-.raw", "debug-"),
    Case("debug-4.2-1.x86-64.raw", "debug-4.2", "1", .x86_64),
    // Other projects' forms.
    Case("debug-4.2.x86_64.raw", "debug", "4.2", .x86_64, ["name-architecture"]),
    Case("debug-4.2.aarch64.raw", "debug", "4.2", .arm64, ["name-architecture"]),
    Case("debug-4.2.noarch.raw", "debug", "4.2.noarch", nil, ["name-architecture"]),
    Case("docker-24.0.6-x86-64.raw", "docker", "24.0.6", .x86_64, ["name-form"]),
    Case("kubernetes-v1.31.2-arm64.raw", "kubernetes", "v1.31.2", .arm64, ["name-form"]),
    Case("debug_4.2_x86-64.raw", "debug", "4.2", .x86_64, ["name-form"]),
    Case("debug_4.2.raw", "debug", "4.2", nil, ["name-form"]),
    Case("qemu-x86_64.raw", "qemu-x86_64"),
    Case("x86_64-tools.raw", "x86_64-tools"),
    Case("my tool-1.x86-64.raw", "my tool", "1", .x86_64, ["name-characters"]),
    // Suffixes.
    Case("debug.sysext.raw", full: "debug", "debug"),
    Case("debug-4.2.x86-64.confext.raw", full: "debug-4.2.x86-64", "debug", "4.2", .x86_64),
    Case("debug-4.2.x86-64.img", full: "debug-4.2.x86-64", "debug", "4.2", .x86_64, ["file-name-suffix"]),
    Case("debug", full: "debug", "debug", nil, nil, ["file-name-suffix"]),
    Case("naïve-1.x86-64.raw", "naïve", "1", .x86_64, ["name-characters"]),
  ]

  @Test("file names are taken apart from the right", arguments: cases)
  func parses(_ sample: Case) throws {
    let name = try ExtensionName(fileName: sample.file)
    #expect(name.full == sample.full)
    #expect(name.name == sample.name)
    #expect(name.version == sample.version)
    #expect(name.architecture == sample.architecture)
    #expect(name.findings.filter { $0.severity > .note }.map(\.code) == sample.warnings)
    #expect(try ExtensionName.resolve(fileName: sample.file) == name)
  }

  @Test("a second suffix says the kind")
  func kinds() throws {
    #expect(try ExtensionName(fileName: "a.raw").kind == nil)
    #expect(try ExtensionName(fileName: "a.sysext.raw").kind == .sysext)
    #expect(try ExtensionName(fileName: "a.confext.raw").kind == .confext)
  }

  @Test(
    "names that systemd refuses or overlooks",
    arguments: [
      "", ".raw", ".debug.raw", ".#debug.raw", ".sysupdate.debug.raw", "..", "a/b.raw", "a\nb.raw", "a\u{7F}.raw",
      "a\u{FFFD}.raw", String(repeating: "x", count: 238) + ".raw",
    ])
  func refuses(_ file: String) {
    #expect(throws: ImageError(.invalidArgument, "")) { () throws(ImageError) in
      try ExtensionName(fileName: file)
    }
  }

  @Test("the longest name has a release file of 255 bytes")
  func longest() throws {
    let name = try ExtensionName(fileName: String(repeating: "x", count: 237) + ".raw")
    #expect("extension-release.\(name.full)".utf8.count == 255)
  }

  @Test("hostile names give a name or an error")
  func hostile() {
    var random = SplitMix64(seed: 4)
    let pieces = ["-", "_", ".", "x86-64", "x86_64", "arm", "4", "v", "a", "raw", "sysext", "\u{301}", "\n", "é", "+"]
    for _ in 0..<20_000 {
      let file = (0..<Int.random(in: 0..<8, using: &random)).compactMap { _ in pieces.randomElement(using: &random) }
        .joined()
      guard let name = try? ExtensionName(fileName: file) else { continue }
      #expect(!name.name.isEmpty && name.version?.isEmpty != true, "\(file)")
      let again = try? ExtensionName(fileName: name.fileName)
      #expect(
        again?.full.utf8.elementsEqual(name.full.utf8) == true || name.kind != nil || !file.hasSuffix(".raw"), "\(file)"
      )
    }
  }
}
