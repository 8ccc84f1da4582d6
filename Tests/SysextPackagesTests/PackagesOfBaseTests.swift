import FileTree
import Foundation
import ImageCore
import RPM
import SystemPackage
import TestPackages
import TestSupport
import Testing

@testable import SysextPackages

/// A base of which packages are known.
@Suite(.tempFolder) struct PackagesOfBaseTests {
  private func folder(_ packages: [MadePackage]) throws -> FilePath {
    let folder = try TempFolder.current["base"]
    try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
    for package in packages {
      try Data(package.bytes).write(to: URL(filePath: folder.appending(package.fileName).string))
    }
    return folder
  }

  private static let shared = MadePackage("shared", [File("/usr/lib/libshared.so", "1")])
  private static let own = MadePackage("own", [File("/usr/bin/own", "2")])

  @Test func packagesOfTheBaseAreLeftOut() async throws {
    let base = try await BaseSystem.read(try folder([Self.shared]))
    let assembly = try await assemble([Self.shared, Self.own]) { $0.base = base }
    #expect(assembly.packages.map(\.identity.name) == ["own"])
    #expect(try assembly.tree.files() == ["/usr/bin/own 644 2"])
    #expect(assembly.findings("package-in-base") == ["note: shared-1-2.x86_64: left out: the base has it"])
  }

  @Test func otherVersionsAreNamed() async throws {
    var older = Self.shared
    older.version = "0.9"
    let base = try await BaseSystem.read(try folder([older]))
    let assembly = try await assemble([Self.shared, Self.own]) { $0.base = base }
    #expect(try assembly.tree.files() == ["/usr/bin/own 644 2"])
    #expect(
      assembly.findings("package-in-base") == [
        "warning: shared-1-2.x86_64: left out: the base has shared 0.9-2, not 1-2"
      ])
  }

  @Test func otherArchitecturesStay() async throws {
    var other = Self.shared
    other.architecture = "i686"
    let base = try await BaseSystem.read(try folder([other]))
    let assembly = try await assemble([Self.shared]) { $0.base = base }
    #expect(assembly.packages.count == 1)
  }

  @Test func nothingLeft() async throws {
    let base = try await BaseSystem.read(try folder([Self.shared]))
    let error = await #expect(throws: ImageError.self) { _ = try await assemble([Self.shared]) { $0.base = base } }
    #expect(error?.message == "nothing to pack: the base has all of the packages")
  }

  @Test func aListOfNames() async throws {
    let path = try TempFolder.current["list"]
    try Data("shared-1-2.x86_64\n".utf8).write(to: URL(filePath: path.string))
    let base = try await BaseSystem.read(path)
    #expect(base.tree == nil)
    let assembly = try await assemble([Self.shared, Self.own]) { $0.base = base }
    #expect(assembly.packages.map(\.identity.name) == ["own"])
  }

  /// Digests and links of headers are enough to follow paths, and to know equal files.
  @Test func headersSayWhatTheBaseHas() async throws {
    let one = String(repeating: "1", count: 64)
    let digests: [(UInt32, HeaderCraft.Value)] = [(5011, .int32([8]))]
    let system = MadePackage(
      "system",
      [
        File("/usr/share/same", "abc"), File("/usr/share/other", "abc"), .symlink("/usr/sbin", to: "bin"),
        File("/usr/share/mode", "abc"),
      ],
      tags: digests + [(1035, .strings([sha256("abc"), one, "", sha256("abc")]))])
    let base = try await BaseSystem.read(try folder([system]))
    let package = MadePackage(
      "a",
      [
        File("/usr/share/same", "abc"), File("/usr/share/other", "abc"), File("/usr/sbin/a", "a"),
        File("/usr/share/mode", "abc", mode: 0o100600),
      ],
      tags: digests + [(1035, .strings([sha256("abc"), sha256("abc"), sha256("a"), sha256("abc")]))])
    let assembly = try await assemble([package]) { $0.base = base }
    #expect(
      try assembly.tree.files() == ["/usr/bin/a 644 a", "/usr/share/mode 600 abc", "/usr/share/other 644 abc"])
    #expect(
      assembly.findings("shadow") == [
        "warning: /usr/share/mode: hides the base's while merged: mode 0600, there 0644",
        "warning: /usr/share/other: hides the base's while merged: another content",
      ])
  }

  private func sha256(_ text: String) -> String {
    var hash = RunningHash(.sha256)
    hash?.update(Array(text.utf8))
    return hash?.value.hex ?? ""
  }
}
