import ImageCore
import RPM
import SysextImage
import SysextPackages
import TestPackages
import Testing

/// Packages with scriptlets and triggers, and what is said of them.
@Suite struct ScriptletReportTests {
  private func report(_ tags: [(UInt32, HeaderCraft.Value)], _ options: ScriptletOptions = .init()) throws
    -> ScriptletReport
  {
    let made = MadePackage("made", [MadePackage.File("/usr/bin/a", mode: 0o100755)], tags: tags)
    return try ScriptletReport([RPMPackage(ByteStore(made.bytes), fileName: made.fileName)], options)
  }

  private func kinds(_ report: ScriptletReport) -> [String] {
    report.entries.map { "\($0.kind) \($0.verdict.rawValue)" }
  }

  @Test func scriptlets() throws {
    let report = try report([
      (1023, .string("wipe\nchmod 755 /usr/bin/a")),
      (1024, .string("chmod 755 /usr/bin/a\nsetcap cap_chown=p /usr/bin/a")),
      (1025, .string("wipe")), (1026, .string("wipe")), (1079, .string("wipe")),
      (1151, .string("echo \u{1B}[2J;wipe \u{1B}")),
      (1152, .string("exit 0")),
    ])
    #expect(
      kinds(report) == [
        "pretrans unhandled", "prein unhandled", "postin applied", "preun harmless", "postun harmless",
        "posttrans harmless", "verify harmless",
      ])
    #expect(report.hasUnhandled)
    #expect(report.entries[1].commands.map(\.verdict) == [.unhandled, .unhandled])
    #expect(report.actions.packages.map(\.name) == ["made"])
    #expect(report.actions.packages.first?.actions.count == 2)
    let text = report.text
    #expect(
      text.hasPrefix("made-1-2.x86_64\n  pretrans (/bin/sh): unhandled\n    line 1: unhandled: not known\n      "))
    #expect(!text.utf8.contains(0x1B) && text.contains("\\x1b"))
    #expect(text.contains("preun (/bin/sh): harmless: an extension is never uninstalled by rpm"))
    guard case .array(let entries) = report.json, case .object(let members) = entries[2] else {
      Issue.record("no array of objects")
      return
    }
    #expect(
      members.map(\.name) == [
        "package", "kind", "interpreter", "conditions", "verdict", "reason", "commands", "script",
      ])
    #expect(members[4].value == .string("applied"))
  }

  @Test func interpreters() throws {
    func verdict(_ program: [String], _ script: String?, flags: UInt32 = 0) throws -> ScriptletVerdict? {
      var tags: [(UInt32, HeaderCraft.Value)] = [(1086, .strings(program)), (5021, .int32([flags]))]
      if let script { tags.append((1024, .string(script))) }
      return try report(tags).entries.first?.verdict
    }
    #expect(try verdict(["/sbin/ldconfig"], nil) == .harmless)
    #expect(try verdict(["/sbin/wipe"], nil) == .unhandled)
    #expect(try verdict(["<lua>"], "-- nothing\n\n  -- more") == .harmless)
    #expect(try verdict(["<lua>"], "--[[\n]] os.remove('/a')") == .unhandled)
    #expect(try verdict(["<lua>"], "os.remove('/a')") == .unhandled)
    #expect(try verdict(["/usr/bin/python3"], "echo") == .unhandled)
    #expect(try verdict(["/usr/bin/python3"], "# echo") == .harmless)
    #expect(try verdict(["/sbin/ldconfig"], "echo") == .unhandled)
    #expect(try verdict(["/bin/sh", "-e"], "echo") == .harmless)
    #expect(try verdict(["/bin/sh", "-c", "wipe"], "echo") == .unhandled)
    #expect(try verdict(["/bin/bash"], "echo %{a}") == .harmless)
    #expect(try verdict(["/bin/bash"], "echo %{a}", flags: 1) == .unhandled)
    #expect(try verdict(["/bin/bash"], "echo %{a}", flags: 2) == .unhandled)
  }

  @Test func triggers() throws {
    let report = try report([
      (1065, .strings(["wipe", "echo", "wipe"])), (1092, .strings(["/bin/sh", "/bin/sh", "<lua>"])),
      (1066, .strings(["bash", "zsh", "fish"])), (1067, .strings(["5", "", ""])),
      (1068, .int32([1 << 16 | 1 << 3, 1 << 16, 1 << 17])), (1069, .int32([0, 1, 2])),
      (5076, .strings(["[ $1 -gt 1 ] && wipe"])), (5077, .strings(["/bin/sh"])), (5079, .strings(["/usr/lib/a"])),
      (5080, .int32([0])), (5081, .strings([""])), (5082, .int32([1 << 16])),
    ])
    #expect(
      kinds(report) == [
        "triggerin unhandled", "triggerin harmless", "triggerun harmless", "transfiletriggerin unhandled",
      ])
    #expect(report.entries.first?.conditions == ["bash = 5"])
    #expect(report.entries.last?.conditions == ["/usr/lib/a"])
    #expect(report.entries.last?.commands.last?.isConditional == true)
    #expect(report.text.contains("triggerin (/bin/sh) on bash = 5: unhandled\n"))
  }
}
