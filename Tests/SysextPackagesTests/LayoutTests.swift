import FileTree
import ImageCore
import TestPackages
import TestSupport
import Testing

@testable import SysextPackages

/// What of packages goes into an extension, and where.
@Suite(.tempFolder) struct LayoutTests {
  private static let package = MadePackage(
    "a",
    [
      File("/etc/a.conf", "1"), File("/etc/a/b c%", "2", mode: 0o100600), .symlink("/etc/a/link", to: "b c%"),
      .directory("/etc/a/empty", 0o700), File("/usr/bin/a", "x"),
    ])

  @Test func etcIsDroppedAndReported() async throws {
    let assembly = try await assemble([Self.package])
    #expect(try assembly.tree.files() == ["/usr/bin/a 644 x"])
    #expect(assembly.confext == nil)
    #expect(
      assembly.findings("left-out") == [
        "warning: /etc: left out, as it cannot be merged: /etc/a/b c%, /etc/a/empty, /etc/a/link, /etc/a.conf"
          + " (of a-1-2.x86_64)"
      ])
  }

  @Test func etcGoesToUsr() async throws {
    let assembly = try await assemble([Self.package]) { $0.layout.etc.usual = .usr }
    #expect(
      try assembly.tree.lines().filter { $0.hasPrefix("/usr/etc") } == [
        "/usr/etc/ 755", "/usr/etc/a/ 755", "/usr/etc/a/b c% 600 2", "/usr/etc/a/empty/ 700",
        "/usr/etc/a/link -> b c%", "/usr/etc/a.conf 644 1",
      ])
    #expect(assembly.findings("left-out").isEmpty)
  }

  @Test func etcGoesToTheFactory() async throws {
    let assembly = try await assemble([Self.package]) { $0.layout.etc.usual = .factory }
    #expect(
      try assembly.tree.files() == [
        "/usr/bin/a 644 x",
        """
        /usr/lib/tmpfiles.d/a-etc.conf 644 C /etc/a/b\\x20c%%
        d /etc/a/empty 0700 root root -
        L /etc/a/link - - - - b\\x20c%%
        C /etc/a.conf

        """,
        "/usr/share/factory/etc/a/b c% 600 2", "/usr/share/factory/etc/a/link -> b c%",
        "/usr/share/factory/etc/a.conf 644 1",
      ])
  }

  @Test func etcGoesToAConfext() async throws {
    let assembly = try await assemble([Self.package]) {
      $0.layout.etc.choices = [.init("etc/a/**", .confext), .init("a.conf", .usr)]
    }
    #expect(try assembly.tree.files() == ["/usr/bin/a 644 x", "/usr/etc/a.conf 644 1"])
    let confext = try #require(assembly.confext)
    #expect(
      try confext.lines() == [
        "// 755", "/etc/ 755", "/etc/a/ 755", "/etc/a/b c% 600 2", "/etc/a/empty/ 700", "/etc/a/link -> b c%",
      ])
  }

  @Test func laterChoicesCount() async throws {
    let assembly = try await assemble([Self.package]) {
      $0.layout.etc.choices = [.init("etc/**", .usr), .init("etc/a/*", .drop)]
    }
    #expect(try assembly.tree.files() == ["/usr/bin/a 644 x", "/usr/etc/a.conf 644 1"])
  }

  @Test func whatCannotBeMerged() async throws {
    let package = MadePackage(
      "a",
      [
        File("/boot/vmlinuz", "k"), .directory("/var/lib/a", 0o750), .directory("/run/a"), File("/opt/a/b", "o"),
        File("/usr/lib/sysimage/rpm/rpmdb.sqlite", "db"), File("/usr/bin/a", "x"),
      ])
    let assembly = try await assemble([package])
    #expect(try assembly.tree.files() == ["/opt/a/b 644 o", "/usr/bin/a 644 x"])
    #expect(
      assembly.findings.filter { $0.code == "left-out" }.map(\.place) == [
        "/boot", "/run", "/usr/lib/sysimage/rpm", "/var",
      ])
    #expect(assembly.findings("tmpfiles").first?.contains("d /var/lib/a 0750 root root -") == true)
    let error = await #expect(throws: ImageError.self) {
      _ = try await assemble([package]) { $0.layout.isStrict = true }
    }
    #expect(error?.context == ["/boot"])
  }

  @Test func filters() async throws {
    let package = MadePackage(
      "a",
      [
        .directory("/usr/share/doc/a"), File("/usr/share/doc/a/README", "r"), File("/usr/share/doc/a/COPYING", "c"),
        File("/usr/lib/.build-id/12/34", "b"), File("/usr/bin/a", "x"), .directory("/usr/share/empty"),
      ])
    let assembly = try await assemble([package]) {
      $0.layout.filter.excluded = ["usr/share/doc/**", "usr/lib/.build-id"]
      $0.layout.filter.included = ["COPYING"]
    }
    #expect(
      try assembly.tree.lines() == [
        "// 755", "/usr/ 755", "/usr/bin/ 755", "/usr/bin/a 644 x", "/usr/share/ 755", "/usr/share/doc/ 755",
        "/usr/share/doc/a/ 755", "/usr/share/doc/a/COPYING 644 c", "/usr/share/empty/ 755",
      ])
    #expect(assembly.findings("excluded") == ["note: 2 paths were left out as asked for"])
    let none = try await assemble([package]) { $0.layout.filter.excluded = ["usr/share", ".build-id"] }
    #expect(try none.tree.lines() == ["// 755", "/usr/ 755", "/usr/bin/ 755", "/usr/bin/a 644 x"])
  }

  @Test func caches() async throws {
    let package = MadePackage(
      "a",
      [File("/usr/share/mime/globs2", "m"), File("/usr/lib64/gconv/gconv-modules.cache", "g"), File("/usr/x", "x")])
    let kept = try await assemble([package])
    #expect(try kept.tree.files().count == 3)
    #expect(
      kept.findings.filter { $0.code == "cache" && $0.severity == .warning }.map(\.place) == [
        "/usr/lib64/gconv/gconv-modules.cache", "/usr/share/mime/globs2",
      ])
    let dropped = try await assemble([package]) { $0.layout.dropsCaches = true }
    #expect(try dropped.tree.files() == ["/usr/x 644 x"])
    #expect(dropped.findings("cache").isEmpty)
  }
}
