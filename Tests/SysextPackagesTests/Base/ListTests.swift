import FileTree
import Foundation
import ImageCore
import RPM
import SystemPackage
import TestPackages
import TestSupport
import Testing

@testable import SysextPackages

/// Lists of packages in text.
@Suite(.tempFolder) struct ListTests {
  private func packages(_ text: String) throws -> [BasePackage] {
    try NEVRAList.packages(Array(text.utf8), BaseLimits())
  }

  @Test func lines() throws {
    let list = try packages(
      """
      # what rpm -qa printed

      bash-5.2.37-1.1.x86_64\r
        everything-7:1.2.3~rc1-4^git.x86_64
      python3-foo-bar-1.0-1.noarch
      gpg-pubkey-29b700a4-62b07e22
      gpg-pubkey-29b700a4-62b07e22.(none)
      kernel-source-6.1-1.src
      glibc-2.41-1.i686.rpm
      libstdc++6-15.1-1.x86_64\t
      zero-0:1-1.noarch
      """)
    #expect(
      list.map(\.description) == [
        "bash-5.2.37-1.1.x86_64", "everything-7:1.2.3~rc1-4^git.x86_64", "python3-foo-bar-1.0-1.noarch",
        "glibc-2.41-1.i686", "libstdc++6-15.1-1.x86_64", "zero-0:1-1.noarch",
      ])
    #expect(list[1].epoch == 7 && list[1].version == "1.2.3~rc1" && list[1].release == "4^git")
    #expect(list[2].name == "python3-foo-bar" && list[3].architecture == "i686")
  }

  @Test(arguments: [
    "bash", "bash-5", "bash-5-1", "bash-5.x86_64", "-5-1.x86_64", "bash--1.x86_64", "bash-5-.x86_64", "bash-5-1.",
    "a:bash-5-1.x86_64", "bash-x:5-1.x86_64", "bash-:5-1.x86_64", "bash-99999999999:5-1.x86_64", "ba sh-5-1.x86_64",
    "bash-5-1.x86/64", "bäsh-5-1.x86_64", "ba/sh-5-1.x86_64", "bash-1:2:5-1.x86_64", "\u{0}", "bash-5-1.x86_64 Mon",
    String(repeating: "a", count: 300) + "-5-1.x86_64", ".", "-", "-.", ".-", "--.", ".rpm", "bash-5-1.x86-64",
  ])
  func noPackage(_ line: String) throws {
    let error = #expect(throws: ImageError.self) { try packages("good-1-1.x86_64\n\n\(line)\nbad") }
    #expect(error?.code == .corrupt && error?.context == ["line 3"] && error?.offset == 17)
  }

  @Test func lookup() throws {
    let path = try TempFolder.current["list"]
    try path.write(
      Array("b-1-1.x86_64\na-1-1.noarch\nb-1-1.i586\nb-2-1.x86_64\nbb-1-1.x86_64\nb-1-1.x86_64\n".utf8))
    let list = try BasePackageList(contentsOf: path)
    #expect(list.form == .list && !list.hasFileLists && list.packages.count == 5)
    #expect(list.packages(name: "b", architecture: "x86_64").map(\.version) == ["1", "2"])
    #expect(list.packages(name: "b", architecture: "i586").count == 1)
    #expect(list.packages(name: "b", architecture: "noarch").isEmpty)
    #expect(list.packages(name: "a", architecture: "noarch").count == 1)
    #expect(list.packages(name: "a", architecture: "x86_64").isEmpty)
    #expect(list.packages(name: "bb", architecture: "x86_64").count == 1)
    #expect(list.packages(name: "zz", architecture: "x86_64").isEmpty)
    var count = 0
    try list.forEachPackage { _ in count += 1 }
    #expect(count == 0)
  }

  @Test(arguments: ["gzip", "xz", "bzip2", "zstd"]) func compressed(_ program: String) async throws {
    let path = try TempFolder.current["list"]
    try path.write((0..<20_000).flatMap { Array("package-\($0)-1-1.noarch\n".utf8) })
    let result = try await Tool(program).check("-c", path.string)
    try path.write(result.output)
    #expect(try BasePackageList(contentsOf: path).packages.count == 20_000)
    try path.write(Array(result.output.dropLast(9)))
    let error = #expect(throws: ImageError.self) { try BasePackageList(contentsOf: path) }
    #expect(error?.context.first == path.string)
  }

  @Test func limits() throws {
    let path = try TempFolder.current["list"]
    try path.write(Array("a-1-1.noarch\nb-1-1.noarch\n".utf8))
    var limits = BaseLimits()
    limits.packageCount = 1
    #expect(throws: ImageError(.limit, "")) { try BasePackageList(contentsOf: path, limits) }
    limits = BaseLimits()
    limits.textByteCount = 25
    #expect(throws: ImageError(.limit, "")) { try BasePackageList(contentsOf: path, limits) }
  }

  @Test func nothing() throws {
    let folder = try TempFolder.current
    try folder.makeFolder("empty")
    #expect(throws: ImageError(.unsupported, "")) { try BasePackageList(contentsOf: folder["empty"]) }
    #expect(throws: ImageError(.notFound, "")) { try BasePackageList(contentsOf: folder["missing"]) }
    try folder["binary"].write([0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0])
    #expect(throws: ImageError(.corrupt, "")) { try BasePackageList(contentsOf: folder["binary"]) }
    try folder["none"].write([])
    #expect(try BasePackageList(contentsOf: folder["none"]).packages.isEmpty)
  }

  /// A folder of packages with folders of architectures, and a package alone.
  @Test func packages() throws {
    let folder = try TempFolder.current
    try folder.makeFolder("all/noarch")
    try folder.makeFolder("all/noarch/deeper")
    let fixtures = PeerDatabase.fixtures
    for (name, place) in [
      ("trixie-everything-v4", "all"), ("sid-plain-none-v6", "all/noarch"), ("trixie-source-v4", "all"),
      ("trixie-plain-xz-v4", "all/noarch/deeper"),
    ] {
      try folder[place].appending(name + ".rpm").write(try Array(contentsOf: fixtures.appending(name + ".rpm")))
    }
    try folder["all/README"].write([1])
    let list = try BasePackageList(contentsOf: folder["all"])
    #expect(list.form == .packages && list.packages.map(\.name) == ["everything", "plain-none"])
    var files = 0
    try list.forEachPackage { package throws(ImageError) in files += try package.files().count }
    #expect(files > 20)
    let one = try BasePackageList(contentsOf: folder["all/trixie-everything-v4.rpm"])
    #expect(one.packages.map(\.description) == ["everything-7:1.2.3~rc1-4^git.x86_64"])
    try folder["all/bad.rpm"].write([1, 2, 3])
    let error = #expect(throws: ImageError.self) { try BasePackageList(contentsOf: folder["all"]) }
    #expect(error?.description.contains("bad.rpm") == true)
  }
}
