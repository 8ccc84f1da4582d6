import FileTree
import ImageCore
import SystemPackage
import TestPackages
import TestSupport
import Testing

@testable import SysextPackages

/// What a base already has.
@Suite(.tempFolder) struct BaseTests {
  private func base(_ nodes: [(String, FileTree.Node)]) throws -> BaseSystem {
    var tree = FileTree()
    for (path, node) in nodes { try tree.insert(node, at: FilePath(path)) }
    return BaseSystem(name: "base", tree: tree)
  }

  private func file(_ text: String, _ permissions: UInt16 = 0o644, uid: UInt32 = 0) -> FileTree.Node {
    FileTree.Node(
      .regular(MemoryContent(Array(text.utf8))), FileAttributes(permissions: permissions, uid: uid))
  }

  private func link(_ target: String) -> FileTree.Node {
    FileTree.Node(.symlink(target: Array(target.utf8)), FileAttributes(permissions: 0o777))
  }

  @Test func pathsFollowTheBasesLinks() async throws {
    let base = try base([
      ("usr/bin/sh", file("sh")), ("usr/sbin", link("bin")), ("usr/lib64", link("/usr/lib")), ("usr/lib/x", file("x")),
      ("usr/share/deep", link("../lib/deep/../deeper")),
    ])
    let package = MadePackage(
      "a",
      [
        File("/sbin/one", "1"), .directory("/usr/sbin", 0o755), File("/usr/lib64/two", "2"), File("/lib64/three", "3"),
        File("/usr/share/deep/four", "4"), .directory("/usr/share/deep"),
      ])
    let assembly = try await assemble([package]) { $0.base = base }
    #expect(
      try assembly.tree.files() == [
        "/usr/bin/one 644 1", "/usr/lib/deeper/four 644 4", "/usr/lib/three 644 3", "/usr/lib/two 644 2",
      ])
  }

  @Test func linksInACircle() async throws {
    let base = try base([("usr/a", link("b")), ("usr/b", link("a"))])
    let error = await #expect(throws: ImageError.self) {
      _ = try await assemble([MadePackage("a", [File("/usr/a/x", "1")])]) { $0.base = base }
    }
    #expect(error?.message.contains("circle") == true)
  }

  @Test func identicalFilesAreDroppedAndOthersReported() async throws {
    let base = try base([
      ("usr/share/same", file("same")), ("usr/share/content", file("old")), ("usr/share/mode", file("mode", 0o600)),
      ("usr/share/kind", link("x")), ("usr/share/link", link("there")), ("usr/share/owner", file("owner", uid: 5)),
      ("usr/share/all/same", file("s")),
    ])
    let package = MadePackage(
      "a",
      [
        File("/usr/share/same", "same"), File("/usr/share/content", "new"), File("/usr/share/mode", "mode"),
        File("/usr/share/kind", "kind"), .symlink("/usr/share/link", to: "there"), File("/usr/share/owner", "owner"),
        .directory("/usr/share/all"), File("/usr/share/all/same", "s"), File("/usr/share/only", "only"),
      ])
    let assembly = try await assemble([package]) { $0.base = base }
    #expect(
      try assembly.tree.files() == [
        "/usr/share/content 644 new", "/usr/share/kind 644 kind", "/usr/share/mode 644 mode",
        "/usr/share/only 644 only", "/usr/share/owner 644 owner",
      ])
    #expect(assembly.tree.lookup("usr/share/all") == nil)
    #expect(
      assembly.findings("shadow") == [
        "warning: /usr/share/content: hides the base's while merged: another content",
        "warning: /usr/share/kind: hides the base's while merged: another kind of file",
        "warning: /usr/share/mode: hides the base's while merged: mode 0644, there 0600",
        "warning: /usr/share/owner: hides the base's while merged: owner 0:0, there 5:0",
      ])
    #expect(assembly.findings("in-base") == ["note: 3 paths were left out, as the base has the same"])
    let kept = try await assemble([package]) {
      $0.base = base
      $0.keepsIdentical = true
    }
    #expect(try kept.tree.files().count == 8)
  }

  @Test func directoriesOnTheWayAreAsTheBaseHasThem() async throws {
    var tree = FileTree()
    try tree.insert(
      FileTree.Node(.directory, FileAttributes(permissions: 0o700, uid: 3, gid: 4)), at: "usr/share/secret")
    let assembly = try await assemble([MadePackage("a", [File("/usr/share/secret/x", "1")])]) { [tree] in
      $0.base = BaseSystem(name: "base", tree: tree)
    }
    let node = try #require(assembly.tree.lookup("usr/share/secret"))
    let attributes = assembly.tree.attributes(of: node)
    #expect((attributes.permissions, attributes.uid, attributes.gid) == (0o700, 3, 4))
  }

  @Test func manyShadowsAreCounted() async throws {
    let files = (0..<30).map { ("usr/share/\($0)", file("old")) }
    let base = try base(files)
    let package = MadePackage("a", (0..<30).map { File("/usr/share/\($0)", "new") })
    let assembly = try await assemble([package]) { $0.base = base }
    let shadows = assembly.findings.filter { $0.code == "shadow" }
    #expect(shadows.filter { $0.severity == .warning }.count == 21)
    #expect(shadows.filter { $0.severity == .note }.count == 10)
    #expect(shadows.last?.message == "and 10 more paths hide something of the base")
  }
}
