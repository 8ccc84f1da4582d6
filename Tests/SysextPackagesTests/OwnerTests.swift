import FileTree
import ImageCore
import SystemPackage
import TestPackages
import TestSupport
import Testing

@testable import SysextPackages

/// Owners, of which packages have only the names.
@Suite(.tempFolder) struct OwnerTests {
  private func base(_ files: [(String, String)]) throws -> BaseSystem {
    var tree = FileTree()
    for (path, text) in files {
      try tree.insert(
        FileTree.Node(.regular(MemoryContent(Array(text.utf8))), FileAttributes(permissions: 0o644)),
        at: FilePath(path))
    }
    return BaseSystem(name: "base", tree: tree)
  }

  private func attributes(_ assembly: Assembly, _ path: String) throws -> FileAttributes {
    assembly.tree.attributes(of: try #require(assembly.tree.lookup(FilePath(path))))
  }

  @Test func numbersOfTheBaseThenOfSysusers() async throws {
    let base = try base([
      ("etc/passwd", "root:x:0:0::/root:/bin/sh\nmail:x:8:12::/:/bin/false\n"), ("etc/group", "mail:x:12:\n"),
    ])
    let package = MadePackage(
      "a",
      [
        File("/usr/bin/mail", "m", mode: 0o102755).with { $0.group = "mail" },
        File("/usr/bin/own", "o", mode: 0o104755).with {
          $0.user = "own"
          $0.group = "own"
        },
        File("/usr/lib/sysusers.d/a.conf", "u own 471 \"Own\"\nu mail 99\n"),
      ])
    let assembly = try await assemble([package]) { $0.base = base }
    let mail = try attributes(assembly, "usr/bin/mail")
    #expect((mail.uid, mail.gid, mail.permissions) == (0, 12, 0o2755))
    let own = try attributes(assembly, "usr/bin/own")
    #expect((own.uid, own.gid, own.permissions) == (471, 471, 0o4755))
    #expect(assembly.findings("unknown-owner").isEmpty)
  }

  /// A file must not become set-user-ID root because nobody knows its owner.
  @Test func unknownOwnersAreRootWithoutTheirBits() async throws {
    let package = MadePackage(
      "a",
      [
        File("/usr/bin/a", "a", mode: 0o106755).with { $0.user = "nobody-knows" },
        File("/usr/bin/b", "b", mode: 0o106755).with { $0.group = "nobody-knows" },
        File("/usr/bin/c", "c", mode: 0o106755),
      ])
    let assembly = try await assemble([package])
    let modes = try ["a", "b", "c"].map { try attributes(assembly, "usr/bin/\($0)") }
    #expect(modes.map(\.permissions) == [0o2755, 0o4755, 0o6755])
    #expect(modes.allSatisfy { $0.uid == 0 && $0.gid == 0 })
    #expect(
      assembly.findings("unknown-owner") == [
        "warning: /usr/bin/b: the group nobody-knows has no number in the base or in sysusers.d: root's instead, without"
          + " the bit that would run it as another: /usr/bin/b",
        "warning: /usr/bin/a: the user nobody-knows has no number in the base or in sysusers.d: root's instead, without"
          + " the bit that would run it as another: /usr/bin/a",
      ])
  }

  @Test func ownersOfTheBaseAreCompared() async throws {
    var tree = FileTree()
    try tree.insert(
      FileTree.Node(
        .regular(MemoryContent(Array("m".utf8))), FileAttributes(permissions: 0o644, uid: 8, gid: 0)),
      at: "usr/share/m")
    try tree.insert(
      FileTree.Node(
        .regular(MemoryContent(Array("mail:x:8:12::/:/bin/false\n".utf8))), FileAttributes(permissions: 0o644)),
      at: "usr/lib/passwd")
    let package = MadePackage(
      "a", [File("/usr/share/m", "m").with { $0.user = "mail" }, File("/usr/share/n", "n")])
    let assembly = try await assemble([package]) { [tree] in $0.base = BaseSystem(name: "base", tree: tree) }
    #expect(try assembly.tree.files() == ["/usr/share/n 644 n"])
  }

  @Test func filesOfPackagesHideTheBasesSysusers() async throws {
    let base = try base([("usr/lib/sysusers.d/a.conf", "u one 1001\n"), ("usr/lib/sysusers.d/b.conf", "u two 1002\n")])
    let package = MadePackage(
      "a",
      [
        File("/usr/lib/sysusers.d/a.conf", "u one 2001\n"), File("/usr/1", "1").with { $0.user = "one" },
        File("/usr/2", "2").with { $0.user = "two" },
      ])
    let assembly = try await assemble([package]) { $0.base = base }
    #expect(try attributes(assembly, "usr/1").uid == 2001)
    #expect(try attributes(assembly, "usr/2").uid == 1002)
  }
}
