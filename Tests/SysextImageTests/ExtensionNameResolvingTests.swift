import GPT
import ImageCore
import SysextImage
import Testing

@Suite("names from options and file names")
struct ExtensionNameResolvingTests {
  struct Asked: Sendable, CustomTestStringConvertible {
    var file: String?
    var name: String?
    var version: String?
    var architecture: Architecture?
    var testDescription: String { "\(file ?? "-") \(name ?? "-") \(version ?? "-") \(architecture?.rawValue ?? "-")" }

    init(_ file: String?, _ name: String? = nil, _ version: String? = nil, _ architecture: Architecture? = nil) {
      (self.file, self.name, self.version, self.architecture) = (file, name, version, architecture)
    }

    func resolve() throws(ImageError) -> ExtensionName {
      try ExtensionName.resolve(fileName: file, name: name, version: version, architecture: architecture)
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let asked: Asked
    let full: String
    let parts: Asked
    let warnings: [String]
    var testDescription: String { asked.testDescription }

    init(
      _ asked: Asked, _ full: String, _ name: String, _ version: String? = nil,
      _ architecture: Architecture? = nil, _ warnings: [String] = []
    ) {
      self.asked = asked
      self.full = full
      parts = Asked(nil, name, version, architecture)
      self.warnings = warnings
    }
  }

  static let cases = [
    // No file name yet.
    Case(Asked(nil, "debug"), "debug", "debug"),
    Case(Asked(nil, "debug", nil, .x86_64), "debug", "debug", nil, .x86_64),
    Case(Asked(nil, "debug", "4.2"), "debug-4.2", "debug", "4.2"),
    Case(Asked(nil, "debug", "4.2", .arm64), "debug-4.2.arm64", "debug", "4.2", .arm64),
    // Both agree.
    Case(Asked("debug-4.2.x86-64.raw", "debug", "4.2", .x86_64), "debug-4.2.x86-64", "debug", "4.2", .x86_64),
    Case(Asked("debug-4.2.x86-64.raw", nil, nil, .x86_64), "debug-4.2.x86-64", "debug", "4.2", .x86_64),
    Case(Asked("debug-4.2.x86-64.raw", "debug"), "debug-4.2.x86-64", "debug", "4.2", .x86_64),
    Case(
      Asked("debug-4.2.x86_64.raw", "debug", "4.2", .x86_64), "debug-4.2.x86_64", "debug", "4.2", .x86_64,
      ["name-architecture"]),
    // The file name has less.
    Case(Asked("debug.raw", nil, nil, .arm64), "debug", "debug", nil, .arm64),
    Case(Asked("debug.raw", "debug", "4.2", .arm64), "debug-4.2.arm64", "debug", "4.2", .arm64),
    Case(Asked("debug.raw", nil, "4.2", .arm64), "debug-4.2.arm64", "debug", "4.2", .arm64),
    Case(Asked("debug-4.2.raw", "debug", "4.2", .arm64), "debug-4.2", "debug", "4.2", .arm64),
    Case(Asked("debug.arm64.raw", nil, "4.2"), "debug.arm64", "debug", "4.2", .arm64),
    Case(Asked("git-lfs.raw", nil, "3.0"), "git-lfs-3.0", "git-lfs", "3.0"),
    // What was said tells where to cut.
    Case(Asked("debug-4.2.raw", "debug-4.2"), "debug-4.2", "debug-4.2"),
    Case(
      Asked("htop-3.4.1-1-43-x86-64.raw", nil, "3.4.1-1-43"), "htop-3.4.1-1-43-x86-64", "htop", "3.4.1-1-43", .x86_64,
      ["name-form", "name-version"]),
    Case(Asked("htop-3.4.1-1.x86-64.raw", "htop"), "htop-3.4.1-1.x86-64", "htop", "3.4.1-1", .x86_64, ["name-version"]),
    Case(Asked("git-lfs-git123.x86-64.raw", nil, "git123"), "git-lfs-git123.x86-64", "git-lfs", "git123", .x86_64),
    Case(Asked("git-lfs.raw", "git"), "git-lfs", "git", "lfs", nil, ["name-version"]),
    Case(Asked("debug-1.0.alpha.raw", "debug", "1.0.alpha"), "debug-1.0.alpha", "debug", "1.0.alpha"),
    Case(Asked("debug-1.0.alpha.raw", nil, "1.0.alpha"), "debug-1.0.alpha", "debug", "1.0.alpha"),
    Case(Asked("gcc-arm.raw", "gcc"), "gcc-arm", "gcc", nil, .arm, ["name-form"]),
    // A plain file name for something else: the image must be renamed.
    Case(Asked("out.raw", "debug", "4.2", .x86_64), "debug-4.2.x86-64", "debug", "4.2", .x86_64, ["file-name"]),
    Case(Asked("out.raw", "debug"), "debug", "debug", nil, nil, ["file-name"]),
    Case(Asked("image.tmp", "debug", "4.2"), "debug-4.2", "debug", "4.2", nil, ["file-name"]),
  ]

  @Test("resolves", arguments: cases)
  func resolves(_ sample: Case) throws {
    let name = try sample.asked.resolve()
    #expect(name.full == sample.full)
    #expect(name.name == sample.parts.name)
    #expect(name.version == sample.parts.version)
    #expect(name.architecture == sample.parts.architecture)
    #expect(name.findings.filter { $0.severity > .note }.map(\.code) == sample.warnings)
  }

  @Test(
    "contradictions are errors that name a file name",
    arguments: [
      Asked("debug-4.1.x86-64.raw", nil, "4.2"), Asked("debug-4.1.x86-64.raw", "debug", "4.2"),
      Asked("debug-4.2.x86-64.raw", "debugger", "4.2"), Asked("debug-4.2.x86-64.raw", nil, nil, .arm64),
      Asked("debug.x86-64.raw", "debug", nil, .arm64), Asked("debug-4.2.x86_64.raw", nil, nil, .x86),
      Asked("debug-4.2.x86-64.raw", "out"),
    ])
  func contradictions(_ asked: Asked) {
    do {
      _ = try asked.resolve()
      Issue.record("accepted")
    } catch {
      #expect(error.code == .mismatch)
      #expect(error.message.contains(".raw"))
    }
  }

  @Test(
    "impossible names are refused",
    arguments: [
      Asked(nil), Asked(nil, ""), Asked("a.raw", "a/b"), Asked("a.raw", nil, ""), Asked("a.raw", nil, "1/2"),
      Asked("a.raw", nil, "1\n"), Asked("a.raw", "debug.raw"), Asked(nil, ".a"),
      Asked("a.raw", String(repeating: "n", count: 200), String(repeating: "1", count: 100)),
      Asked(nil, nil, "4.2", .x86_64),
    ])
  func refusals(_ asked: Asked) {
    #expect(throws: ImageError(.invalidArgument, "")) { () throws(ImageError) in try asked.resolve() }
  }

  @Test("release files under the whole and the short name")
  func suffixes() throws {
    #expect(try ExtensionName(fileName: "debug-4.2.x86-64.raw").releaseSuffixes == ["debug-4.2.x86-64", "debug"])
    #expect(try ExtensionName(fileName: "debug.raw").releaseSuffixes == ["debug"])
  }
}
