import FileTree
import ImageCore
import RPM
import SystemPackage
import TestPackages
import TestSupport
import Testing

@testable import SysextPackages

/// Packages that become one tree.
@Suite(.tempFolder) struct MergeTests {
  @Test func directoriesThatNobodyHasAreMade() async throws {
    let assembly = try await assemble([
      MadePackage("a", [File("/usr/share/a/text", "hello"), .directory("/usr/share", 0o711)])
    ])
    #expect(
      try assembly.tree.lines() == [
        "// 755", "/usr/ 755", "/usr/share/ 711", "/usr/share/a/ 755", "/usr/share/a/text 644 hello",
      ])
  }

  @Test func mergedDirectoriesOfTheTopMoveIntoUsr() async throws {
    let assembly = try await assemble([
      MadePackage(
        "a",
        [File("/bin/a", "1", mode: 0o100755), File("/lib64/ld.so", "2"), .directory("/sbin"), File("/usr/bin/b", "3")])
    ])
    #expect(
      try assembly.tree.lines() == [
        "// 755", "/usr/ 755", "/usr/bin/ 755", "/usr/bin/a 755 1", "/usr/bin/b 644 3", "/usr/lib64/ 755",
        "/usr/lib64/ld.so 644 2", "/usr/sbin/ 755",
      ])
  }

  @Test func hardLinksAreOneNode() async throws {
    let assembly = try await assemble([
      MadePackage(
        "a",
        [
          File("/usr/bin/a", "same").with { $0.link = 7 }, File("/usr/bin/b", "same").with { $0.link = 7 },
          File("/usr/bin/c", "other"),
        ])
    ])
    let tree = assembly.tree
    #expect(tree.lookup("usr/bin/a") == tree.lookup("usr/bin/b"))
    #expect(tree.lookup("usr/bin/a") != tree.lookup("usr/bin/c"))
    #expect(try tree.files() == ["/usr/bin/a 644 same", "/usr/bin/b 644 same", "/usr/bin/c 644 other"])
  }

  @Test func ghostsAreLeftOut() async throws {
    let assembly = try await assemble([
      MadePackage("a", [File("/usr/ghost").with { $0.flags = 1 << 6 }, File("/usr/real", "x")])
    ])
    #expect(try assembly.tree.files() == ["/usr/real 644 x"])
  }

  @Test func capabilitiesAndModes() async throws {
    let assembly = try await assemble([
      MadePackage("a", [File("/usr/bin/ping", "x", mode: 0o104755).with { $0.capabilities = "cap_net_raw=ep" }])
    ])
    let node = try #require(assembly.tree.lookup("usr/bin/ping"))
    let attributes = assembly.tree.attributes(of: node)
    #expect(attributes.permissions == 0o4755)
    #expect(
      attributes.extendedAttribute("security.capability") == [
        1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
      ])
  }

  // MARK: conflicts

  private static let one = MadePackage("one", [File("/usr/share/text", "one")])
  private static let two = MadePackage("two", [File("/usr/share/text", "two")])

  @Test func conflictsNameBoth() async throws {
    let error = await #expect(throws: ImageError.self) { _ = try await assemble([Self.one, Self.two]) }
    #expect(
      error?.description
        == "two-1-2.x86_64: /usr/share/text: not the same as in one-1-2.x86_64;"
        + " --on-conflict first or last decides between them")
  }

  @Test(arguments: [(ConflictRule.first, "one"), (.last, "two")])
  func conflictsAreDecided(_ rule: ConflictRule, _ winner: String) async throws {
    let assembly = try await assemble([Self.one, Self.two]) { $0.conflictRule = rule }
    #expect(try assembly.tree.files() == ["/usr/share/text 644 \(winner)"])
    #expect(
      assembly.findings("conflict") == [
        "warning: /usr/share/text: not the same in one-1-2.x86_64 and in two-1-2.x86_64:"
          + " that of \(winner)-1-2.x86_64 is taken"
      ])
  }

  @Test func sameContentIsNoConflict() async throws {
    let again = MadePackage("again", [File("/usr/share/text", "one")])
    let assembly = try await assemble([Self.one, again])
    #expect(try assembly.tree.files() == ["/usr/share/text 644 one"])
    #expect(assembly.findings.isEmpty)
  }

  /// What rpm takes for different.
  @Test(arguments: [
    File("/usr/share/text", "one", mode: 0o100600), File("/usr/share/text", "one").with { $0.user = "daemon" },
    File("/usr/share/text", "one").with { $0.group = "tty" }, .symlink("/usr/share/text", to: "one"),
    File("/usr/share/text", "oneone"),
    File("/usr/share/text", "one").with { $0.capabilities = "cap_chown=p" },
  ])
  func attributesConflict(_ file: File) async throws {
    let error = await #expect(throws: ImageError.self) {
      _ = try await assemble([Self.one, MadePackage("two", [file])])
    }
    #expect(error?.code == .mismatch)
    #expect(error?.message.hasPrefix("not the same as in one-1-2") == true)
  }

  @Test func directoriesOfDifferentModesConflict() async throws {
    let packages = [
      MadePackage("one", [.directory("/usr/x", 0o755)]), MadePackage("two", [.directory("/usr/x", 0o700)]),
    ]
    await #expect(throws: ImageError.self) { _ = try await assemble(packages) }
    let assembly = try await assemble(packages) { $0.conflictRule = .last }
    #expect(try assembly.tree.lines() == ["// 755", "/usr/ 755", "/usr/x/ 700"])
  }

  /// As rpm's %_prefer_color: the 64-bit program, wherever it is named.
  @Test(arguments: [false, true]) func programsOf64BitsWin(_ isReversed: Bool) async throws {
    let packages = [
      MadePackage("small", [File("/usr/bin/x", "32").with { $0.color = 1 }]),
      MadePackage("large", [File("/usr/bin/x", "64").with { $0.color = 2 }]),
    ]
    let assembly = try await assemble(isReversed ? packages.reversed() : packages)
    #expect(try assembly.tree.files() == ["/usr/bin/x 644 64"])
    #expect(assembly.findings("conflict").isEmpty)
  }

  @Test func filesBelowLinksAndFilesAreRefused() async throws {
    for (kind, text) in [
      (File.symlink("/usr/a", to: "share"), "a link to share"), (File("/usr/a", "x"), "a file"),
    ] {
      let error = await #expect(throws: ImageError.self) {
        _ = try await assemble([MadePackage("one", [kind]), MadePackage("two", [File("/usr/a/b", "x")])])
      }
      #expect(
        error?.description
          == "two-1-2.x86_64: /usr/a/b: below /usr/a, which is no directory but \(text) of one-1-2.x86_64")
    }
  }

  @Test func aFileOverADirectoryIsRefused() async throws {
    for rule in ConflictRule.allCases {
      for packages in [
        [MadePackage("one", [.directory("/usr/a")]), MadePackage("two", [File("/usr/a", "x")])],
        [MadePackage("one", [File("/usr/a", "x")]), MadePackage("two", [.directory("/usr/a")])],
        [MadePackage("one", [File("/usr/a/b", "x")]), MadePackage("two", [File("/usr/a", "x")])],
      ] {
        await #expect(throws: ImageError.self) { _ = try await assemble(packages) { $0.conflictRule = rule } }
      }
    }
  }

  @Test func aPathTwiceInOnePackage() async throws {
    let error = await #expect(throws: ImageError.self) {
      _ = try await assemble([MadePackage("one", [File("/usr/a", "x"), File("/usr/a", "x")])])
    }
    #expect(error?.code == .corrupt || error?.code == .mismatch)
  }

  @Test func samePackageTwiceIsTakenOnce() async throws {
    let assembly = try await assemble([Self.one, Self.one])
    #expect(assembly.packages.count == 1)
    #expect(assembly.findings("package-twice").count == 1)
  }

  @Test func sourcePackagesAreRefused() async throws {
    let source = MadePackage("source", [File("/usr/a", "x")], tags: [(1106, .int32([1]))])
    let error = await #expect(throws: ImageError.self) { _ = try await assemble([source]) }
    #expect(error?.message.contains("source package") == true)
  }

  @Test func mainPackage() async throws {
    #expect(try await assemble([Self.one, Self.two]) { $0.conflictRule = .last }.mainPackage?.identity.name == "one")
    let assembly = try await assemble([Self.one, Self.two]) {
      $0.conflictRule = .last
      $0.mainPackage = "two"
    }
    #expect(assembly.mainPackage?.identity.name == "two")
    let error = await #expect(throws: ImageError.self) {
      _ = try await assemble([Self.one]) { $0.mainPackage = "three" }
    }
    #expect(error?.code == .notFound)
  }
}
