import GPT
import ImageCore
import SysextImage
import Testing

@Suite("release files")
struct ExtensionReleaseTests {
  static let base = OSRelease(
    "NAME=\"openSUSE Tumbleweed\"\nID=\"opensuse-tumbleweed\"\nVERSION_ID=\"20250329\"\nSYSEXT_LEVEL=glibc-2.41\n")

  static func text(_ release: ExtensionRelease) -> String { String(decoding: release.bytes, as: UTF8.self) }

  @Test("fields in mkosi's order")
  func order() throws {
    let name = try ExtensionName(fileName: "debug-4.2.x86-64.raw")
    let release = try ExtensionRelease.make(name: name, osRelease: Self.base)
    #expect(
      Self.text(release) == """
        ID=opensuse-tumbleweed
        SYSEXT_LEVEL=glibc-2.41
        VERSION_ID=20250329
        SYSEXT_ID=debug
        SYSEXT_VERSION_ID=4.2
        SYSEXT_SCOPE="initrd system portable"
        ARCHITECTURE=x86-64

        """)
    #expect(release.check(for: name).isEmpty)
  }

  @Test("without a base: any system")
  func any() throws {
    let release = try ExtensionRelease.make(name: try ExtensionName(fileName: "debug.raw"))
    #expect(Self.text(release) == "ID=_any\nSYSEXT_ID=debug\nSYSEXT_SCOPE=\"initrd system portable\"\n")
  }

  @Test("a configuration extension has its own prefix, and its own level in the base")
  func confext() throws {
    let name = try ExtensionName(fileName: "debug-4.2.arm64.raw")
    let release = try ExtensionRelease.make(
      name: name, kind: .confext, osRelease: Self.base, options: .init(level: "1", scope: "system"))
    #expect(
      Self.text(release) == """
        ID=opensuse-tumbleweed
        CONFEXT_LEVEL=1
        VERSION_ID=20250329
        CONFEXT_ID=debug
        CONFEXT_VERSION_ID=4.2
        CONFEXT_SCOPE=system
        ARCHITECTURE=arm64

        """)
    let plain = try ExtensionRelease.make(name: name, kind: .confext, osRelease: Self.base)
    #expect(plain["CONFEXT_LEVEL"] == nil && plain["SYSEXT_LEVEL"] == nil)
    #expect(ExtensionKind.confext.releasePath("a") == "etc/extension-release.d/extension-release.a")
    #expect(ExtensionKind.sysext.releasePath("a") == "usr/lib/extension-release.d/extension-release.a")
  }

  @Test(
    "the base's version and level are for its own ID, and for _any",
    arguments: [(nil, true), ("_any", true), ("opensuse-tumbleweed", true), ("fedora", false)] as [(String?, Bool)])
  func otherID(_ id: String?, _ keeps: Bool) throws {
    let release = try ExtensionRelease.make(
      name: try ExtensionName(fileName: "debug.raw"), osRelease: Self.base, options: .init(id: id))
    #expect(release["ID"] == id ?? "opensuse-tumbleweed")
    #expect(release["VERSION_ID"] == (keeps ? "20250329" : nil))
    #expect(release["SYSEXT_LEVEL"] == (keeps ? "glibc-2.41" : nil))
  }

  @Test("what the user asks for wins; further fields come last, in order")
  func options() throws {
    let options = ExtensionRelease.Options(
      id: "fedora", versionID: "43", level: "x y", scope: "system",
      additional: [try .init("EXTENSION_RELOAD_MANAGER", "1"), try .init("SYSEXT_ID", "other"), try .init("A", "z")])
    let release = try ExtensionRelease.make(
      name: try ExtensionName(fileName: "debug.raw"), osRelease: Self.base, options: options)
    #expect(
      Self.text(release) == """
        ID=fedora
        SYSEXT_LEVEL="x y"
        VERSION_ID=43
        SYSEXT_ID=other
        SYSEXT_SCOPE=system
        EXTENSION_RELOAD_MANAGER=1
        A=z

        """)
    #expect(throws: ImageError(.invalidArgument, "")) { () throws(ImageError) in
      try ExtensionRelease.make(name: try ExtensionName(fileName: "debug.raw"), options: .init(id: "a\nb"))
    }
  }

  struct Completion: Sendable, CustomTestStringConvertible {
    let old: String
    let new: String
    var testDescription: String { old.debugDescription }
  }

  static let rest = "SYSEXT_ID=d\nSYSEXT_VERSION_ID=1\nSYSEXT_SCOPE=\"initrd system portable\"\nARCHITECTURE=arm64\n"

  @Test(
    "an existing file keeps its lines",
    arguments: [
      Completion(old: "", new: "ID=opensuse-tumbleweed\nSYSEXT_LEVEL=glibc-2.41\nVERSION_ID=20250329\n" + rest),
      Completion(
        old: "# mine\nID = \"opensuse-tumbleweed\"",
        new: "# mine\nID = \"opensuse-tumbleweed\"\nSYSEXT_LEVEL=glibc-2.41\nVERSION_ID=20250329\n" + rest),
      Completion(old: "ID=_any\n", new: "ID=_any\n" + rest),
      Completion(
        old: "ID=fedora\nSYSEXT_SCOPE=\n",
        new: "ID=fedora\nSYSEXT_SCOPE=\n" + rest.replacing("SYSEXT_SCOPE=\"initrd system portable\"\n", with: "")),
      Completion(
        old: "ID=fedora\nVERSION_ID=1\nSYSEXT_LEVEL=2\n" + rest, new: "ID=fedora\nVERSION_ID=1\nSYSEXT_LEVEL=2\n" + rest
      ),
      Completion(old: "ID=fedora\n" + rest.dropLast(), new: "ID=fedora\n" + rest.dropLast()),
      Completion(old: "ID=fedora\n#x\\", new: "ID=fedora\n#x\\\n\n" + rest),
      Completion(old: "ID=fedora\n#x\\\n", new: "ID=fedora\n#x\\\n\n" + rest),
      Completion(old: "ID=fedora\n#x", new: "ID=fedora\n#x\n" + rest),
    ])
  func completes(_ sample: Completion) throws {
    let release = try ExtensionRelease.make(name: try ExtensionName(fileName: "d-1.arm64.raw"), osRelease: Self.base)
    let bytes = try release.completed(Array(sample.old.utf8))
    #expect(String(decoding: bytes, as: UTF8.self) == sample.new)
    #expect(try release.completed(bytes) == bytes)
  }

  @Test("nothing is appended to an open value", arguments: ["ID=\"a", "ID='a\n", "ID=a\\", "ID=\"a\\"])
  func open(_ old: String) throws {
    let release = try ExtensionRelease.make(name: try ExtensionName(fileName: "d-1.arm64.raw"))
    #expect(throws: ImageError(.mismatch, "")) { () throws(ImageError) in try release.completed(Array(old.utf8)) }
  }

  struct Check: Sendable, CustomTestStringConvertible {
    let text: String
    let findings: [String]
    var kind = ExtensionKind.sysext
    var testDescription: String { text.debugDescription }

    init(_ text: String, _ findings: [String], _ kind: ExtensionKind = .sysext) {
      (self.text, self.findings, self.kind) = (text, findings, kind)
    }
  }

  static let good = "ID=_any\nVERSION_ID=1\nSYSEXT_VERSION_ID=4.2\nARCHITECTURE=x86-64\n"

  static let checks = [
    Check(good, []),
    Check(good + "SYSEXT_SCOPE=system\n", []),
    Check(good + "SYSEXT_SCOPE=\"portable  system\"\n", []),
    Check("", ["error release-id", "warning release-architecture", "warning release-extension-version"]),
    Check(good + "ID=\n", ["warning repeated-key", "error release-id"]),
    Check(good + "ARCHITECTURE=x86_64\n", ["warning repeated-key", "error release-architecture"]),
    Check(good + "ARCHITECTURE=vax\n", ["warning repeated-key", "error release-architecture"]),
    Check(good + "ARCHITECTURE=arm64\n", ["warning repeated-key", "error release-architecture"]),
    Check(good + "ARCHITECTURE=_any\n", ["warning repeated-key", "note release-architecture"]),
    Check(good + "ARCHITECTURE=\n", ["warning repeated-key", "warning release-architecture"]),
    Check(good + "SYSEXT_SCOPE=\n", ["error release-scope"]),
    Check(good + "SYSEXT_SCOPE=\" \"\n", ["error release-scope"]),
    Check(good + "SYSEXT_SCOPE=sytsem\n", ["error release-scope"]),
    Check(good + "SYSEXT_SCOPE=system,initrd\n", ["error release-scope"]),
    Check(good + "SYSEXT_SCOPE=\"system host\"\n", ["warning release-scope"]),
    Check(good + "SYSEXT_SCOPE=initrd\n", ["warning release-scope"]),
    Check(good + "SYSEXT_VERSION_ID=4.3\n", ["warning repeated-key", "warning release-extension-version"]),
    Check(good + "VERSION_ID=\n", ["warning repeated-key", "warning release-version-id"]),
    Check(
      good + "ID=a\nVERSION_ID=\n", ["warning repeated-key", "warning repeated-key", "warning release-version-id"]),
    Check("ID=a\nCONFEXT_LEVEL=1\nARCHITECTURE=x86-64\n", [], .confext),
    Check(
      "ID=a\nCONFEXT_SCOPE=\nARCHITECTURE=x86-64\n", ["warning release-version-id", "error release-scope"], .confext),
    Check(good + "junk\n", ["warning no-assignment"]),
    Check(good + "A=\0\n", ["error nul-byte", "warning control-character"]),
  ]

  @Test("checks", arguments: checks)
  func check(_ sample: Check) throws {
    let name = try ExtensionName(fileName: "debug-4.2.x86-64.raw")
    let release = ExtensionRelease(Array(sample.text.utf8), kind: sample.kind)
    let findings = release.check(for: name, place: "the/file")
    #expect(findings.map { "\($0.severity) \($0.code)" } == sample.findings)
    #expect(findings.allSatisfy { $0.place?.hasPrefix("the/file") == true })
  }

  @Test("a wrong spelling is told the right one")
  func spelling() throws {
    let release = ExtensionRelease(Array("ID=_any\nARCHITECTURE=aarch64\n".utf8))
    let findings = release.check(for: try ExtensionName(fileName: "debug.raw"))
    #expect(findings.contains { $0.severity == .error && $0.message.contains("ARCHITECTURE=arm64") })
  }
}
