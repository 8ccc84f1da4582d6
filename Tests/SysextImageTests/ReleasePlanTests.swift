import GPT
import ImageCore
import SysextImage
import Testing

@Suite("which release files an image gets")
struct ReleasePlanTests {
  typealias Existing = ReleasePlan.Existing

  static func plan(
    _ existing: [Existing], _ file: String = "debug-4.2.x86-64.raw", kind: ExtensionKind = .sysext
  ) throws(ImageError) -> ReleasePlan {
    let name = try ExtensionName(fileName: file)
    let release = try ExtensionRelease.make(name: name, kind: kind, options: .init(versionID: "1"))
    return try ReleasePlan(existing: existing, name: name, release: release)
  }

  static func file(_ suffix: String, _ text: String, strict: Bool? = nil) -> Existing {
    Existing(suffix: suffix, bytes: Array(text.utf8), isStrict: strict)
  }

  static func summary(_ plan: ReleasePlan) -> [String] {
    plan.files.map { "\($0.suffix): \(OSRelease($0.bytes)["ID"] ?? "-") \(OSRelease($0.bytes)["ARCHITECTURE"] ?? "-")" }
  }

  @Test("none: the whole and the short name, same content")
  func none() throws {
    let plan = try Self.plan([])
    #expect(Self.summary(plan) == ["debug-4.2.x86-64: _any x86-64", "debug: _any x86-64"])
    #expect(plan.files[0].bytes == plan.files[1].bytes)
    #expect(plan.release.bytes == plan.files[0].bytes)
    #expect(plan.findings.isEmpty)
  }

  @Test("none, and the short name is the whole one: one file")
  func noneShort() throws {
    let plan = try Self.plan([], "debug.raw")
    #expect(Self.summary(plan) == ["debug: _any -"])
  }

  @Test("one of the two: completed, and the other one added", arguments: ["debug", "debug-4.2.x86-64"])
  func one(_ suffix: String) throws {
    let plan = try Self.plan([Self.file(suffix, "# mine\nID=fedora\nVERSION_ID=43\n")])
    #expect(Self.summary(plan) == ["debug-4.2.x86-64: fedora x86-64", "debug: fedora x86-64"])
    #expect(plan.files[0].bytes == plan.files[1].bytes)
    #expect(plan.files[0].bytes.starts(with: "# mine\nID=fedora\nVERSION_ID=43\n".utf8))
    #expect(plan.findings.isEmpty)
  }

  static let full = """
    ID=a
    VERSION_ID=1
    SYSEXT_ID=debug
    SYSEXT_VERSION_ID=4.2
    SYSEXT_SCOPE=system
    ARCHITECTURE=x86-64

    """

  @Test("complete ones are left alone")
  func complete() throws {
    let both = [Self.file("debug", Self.full), Self.file("debug-4.2.x86-64", Self.full)]
    #expect(try Self.plan(both).files.isEmpty)
    #expect(try Self.plan(both).findings.isEmpty)
    #expect(try Self.plan(both).release["ID"] == "a")
    #expect(Self.summary(try Self.plan([both[0]])) == ["debug-4.2.x86-64: a x86-64"])
  }

  @Test("two that say different things are warned of")
  func differing() throws {
    let plan = try Self.plan([
      Self.file("debug", Self.full), Self.file("debug-4.2.x86-64", Self.full.replacing("ID=a\n", with: "ID=b\n")),
    ])
    #expect(plan.files.isEmpty)
    #expect(plan.findings.map(\.code) == ["release-files-differ"])
    #expect(plan.findings.first?.message.contains("in ID:") == true)
  }

  @Test("another one beside the right one has no effect")
  func beside() throws {
    let plan = try Self.plan([
      Self.file("other", "ID=x\n", strict: false), Self.file("debug", Self.full), Self.file("more", "ID=y\n"),
    ])
    #expect(Self.summary(plan) == ["debug-4.2.x86-64: a x86-64"])
    #expect(plan.findings.map(\.code) == ["release-file-unused", "release-file-unused"])
  }

  @Test("only one with another name is an error that says what to rename", arguments: [nil, true] as [Bool?])
  func otherName(_ strict: Bool?) {
    do {
      _ = try Self.plan([Self.file("gdb", Self.full, strict: strict)])
      Issue.record("accepted")
    } catch {
      #expect(error.code == .mismatch)
      #expect(error.message.contains("usr/lib/extension-release.d/extension-release.gdb"))
      #expect(error.message.contains("usr/lib/extension-release.d/extension-release.debug-4.2.x86-64"))
    }
  }

  @Test("one that need not fit is taken, and copied to the exact names")
  func loose() throws {
    let plan = try Self.plan([Self.file("gdb", "ID=a\nVERSION_ID=1\n", strict: false), Self.file("x", "ID=b\n")])
    #expect(Self.summary(plan) == ["debug-4.2.x86-64: a x86-64", "debug: a x86-64", "gdb: a x86-64"])
    #expect(plan.findings.map(\.code) == ["release-file-loose"])
    #expect(plan.findings.first?.severity == .note)
  }

  @Test("systemd 257 takes the part before the first plus or underscore: warned of")
  func cut() throws {
    let file = "k3s-1.31.5+k3s1-29.1.x86-64.raw"
    let text = Self.full.replacing("4.2", with: "29.1")
    let plan = try Self.plan([Self.file("k3s-1.31.5", text)], file)
    #expect(Self.summary(plan) == ["k3s-1.31.5+k3s1-29.1.x86-64: a x86-64", "k3s-1.31.5+k3s1: a x86-64"])
    #expect(plan.findings.map(\.code) == ["release-file-loose"])
    #expect(plan.findings.first?.severity == .warning)
    #expect(throws: ImageError(.mismatch, "")) { () throws(ImageError) in
      try Self.plan([Self.file("k3s", text)], file)
    }
  }

  @Test(
    "several that would fit are not unique",
    arguments: [
      [file("a", full, strict: false), file("b", full, strict: false)],
      [file("a", full, strict: false), file("k3s-1.31.5", full)],
    ])
  func notUnique(_ existing: [Existing]) {
    do {
      _ = try Self.plan(existing, "k3s-1.31.5+k3s1-29.1.x86-64.raw")
      Issue.record("accepted")
    } catch {
      #expect(error.code == .mismatch)
      #expect(error.message.contains("extension-release.a"))
      #expect(error.message.contains("not unique"))
    }
  }

  @Test("the order of the tree's files does not matter")
  func order() throws {
    let files = [
      Self.file("gdb", "ID=a\n", strict: false), Self.file("b", "ID=b\n"), Self.file("a", "ID=c\n"),
    ]
    #expect(try Self.plan(files) == Self.plan(files.reversed()))
  }

  @Test("faults of existing files come out as findings")
  func faults() throws {
    let plan = try Self.plan([Self.file("debug", Self.full.replacing("=x86-64", with: "=x86_64"))])
    #expect(plan.findings.map(\.code) == ["release-architecture"])
    #expect(plan.findings.first?.severity == .error)
    #expect(plan.findings.first?.place == "usr/lib/extension-release.d/extension-release.debug")
    do {
      _ = try Self.plan([Self.file("debug", "ID=\"a")])
      Issue.record("accepted")
    } catch {
      #expect(error.context == ["usr/lib/extension-release.d/extension-release.debug"])
    }
  }

  @Test("a configuration extension's files lie in etc")
  func confext() throws {
    let plan = try Self.plan([Self.file("debug", "ID=\n")], kind: .confext)
    #expect(plan.findings.first?.place == "etc/extension-release.d/extension-release.debug")
    #expect(plan.release["CONFEXT_ID"] == "debug")
  }

  @Test(
    "the xattr's truth values",
    arguments: [
      (nil, nil), ("0", false), ("no", false), ("False", false), ("off", false), ("n", false), ("f", false),
      ("1", true), ("yes", true), ("", true), ("maybe", true),
    ] as [(String?, Bool?)])
  func strictness(_ value: String?, _ expected: Bool?) {
    let file = Existing(suffix: "a", bytes: [], strictAttribute: value.map { Array($0.utf8) })
    #expect(file.isStrict == expected)
  }
}
