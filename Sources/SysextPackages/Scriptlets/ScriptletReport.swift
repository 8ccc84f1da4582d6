public import ImageCore
public import RPM

/// What becomes of the scriptlets and triggers of packages, none of which is ever run.
public struct ScriptletReport: Sendable {
  /// A scriptlet or a trigger.
  public struct Entry: Sendable, Hashable {
    /// The package as NEVRA.
    public let package: String
    /// The package's name.
    public let packageName: String
    /// Such as `postin` or `transfiletriggerin`.
    public let kind: String
    /// What would run it.
    public let interpreter: [String]
    /// Of triggers, what they wait for.
    public let conditions: [String]
    /// The worst of its commands'.
    public let verdict: ScriptletVerdict
    /// Its commands; none where the whole of it is harmless.
    public let commands: [ScriptletCommand]
    /// Why, where it is not for its commands.
    public let reason: String?
    /// The script, not safe to print; `nil` where the interpreter alone is run.
    public let text: String?
  }

  /// Of each package, in their order: scriptlets, then triggers.
  public let entries: [Entry]

  /// Reads the scriptlets and triggers of packages that become one image.
  ///
  /// - Throws: `.corrupt` for values of a wrong type, or that do not fit together.
  public init(_ packages: [RPMPackage], _ options: ScriptletOptions = ScriptletOptions()) throws(ImageError) {
    var rules = ScriptletRules()
    rules.options = options
    var found: [(package: RPMPackage, scriptlets: [RPMScriptlet], triggers: [RPMTrigger])] = []
    for package in packages {
      let (scriptlets, triggers) = (try package.scriptlets(), try package.triggers())
      if !scriptlets.isEmpty || !triggers.isEmpty { found.append((package, scriptlets, triggers)) }
    }
    if !found.isEmpty {
      for package in packages {
        for path in try package.paths() { rules.files.insert(ShellText(path)) }
      }
    }
    entries = found.flatMap { package, scriptlets, triggers in
      let judge = ScriptletJudge(identity: package.identity, rules: rules)
      return scriptlets.map(judge.entry) + triggers.map(judge.entry)
    }
  }

  /// Whether somebody has to look at one of them.
  public var hasUnhandled: Bool { entries.contains { $0.verdict == .unhandled } }

  /// What can be done to a tree, by package.
  public var actions: ScriptletActions {
    var packages: [(package: String, name: String, actions: [ScriptletAction])] = []
    for entry in entries {
      let actions = entry.commands.flatMap(\.actions)
      if packages.last?.package == entry.package {
        packages[packages.count - 1].actions += actions
      } else {
        packages.append((entry.package, entry.packageName, actions))
      }
    }
    return ScriptletActions(packages.map { ScriptletActions.Package(name: $0.name, actions: $0.actions) })
  }
}

/// Judges the scriptlets of one package.
struct ScriptletJudge {
  let identity: RPMIdentity
  let rules: ScriptletRules

  func entry(_ scriptlet: RPMScriptlet) -> ScriptletReport.Entry {
    let whole: String? =
      switch scriptlet.kind {
      case .preun, .postun, .preuntrans, .postuntrans: "an extension is never uninstalled by rpm"
      case .verify: "verifies only"
      default: nil
      }
    return entry(
      kind: scriptlet.kind.rawValue, interpreter: scriptlet.interpreter, conditions: [], script: scriptlet.script,
      flags: scriptlet.flags, whole: whole, argument: 1,
      isBeforeFiles: scriptlet.kind == .prein || scriptlet.kind == .pretrans)
  }

  func entry(_ trigger: RPMTrigger) -> ScriptletReport.Entry {
    let isRemoval = trigger.event == .un || trigger.event == .postun
    return entry(
      kind: trigger.kind.rawValue + (trigger.event?.rawValue ?? ""), interpreter: [trigger.interpreter],
      conditions: trigger.conditions.map(\.description), script: trigger.script, flags: trigger.flags,
      whole: isRemoval ? "waits for removals" : nil, argument: nil, isBeforeFiles: trigger.event == .prein)
  }

  private func entry(
    kind: String, interpreter: [String], conditions: [String], script: String?, flags: RPMScriptlet.Flags,
    whole: String?, argument: Int?, isBeforeFiles: Bool
  ) -> ScriptletReport.Entry {
    var rules = rules
    rules.isBeforeFiles = isBeforeFiles
    var commands: [ScriptletCommand] = []
    var reason = whole
    var verdict = ScriptletVerdict.harmless
    if whole == nil {
      let bytes = script.map { Array($0.utf8) }
      if let fault = fault(interpreter, bytes, flags) {
        verdict = .unhandled
        reason = fault
      } else if let bytes, Self.isShell(interpreter) {
        commands = ScriptReader.commands(bytes, argument: argument, rules: rules)
      } else if bytes == nil {
        let judgement = rules.judge(interpreter.map { ShellText($0.utf8) })
        commands = [
          ScriptletCommand(
            line: 1, text: interpreter.joined(separator: " "), verdict: judgement.verdict, reason: judgement.reason,
            isConditional: false, actions: judgement.actions)
        ]
      } else {
        reason = "empty"
      }
      if let worst = commands.map(\.verdict).max() { verdict = worst }
    }
    return ScriptletReport.Entry(
      package: identity.description, packageName: identity.name, kind: kind, interpreter: interpreter,
      conditions: conditions, verdict: verdict, commands: commands, reason: reason, text: script)
  }

  /// Why a script cannot be read at all.
  private func fault(_ interpreter: [String], _ script: [UInt8]?, _ flags: RPMScriptlet.Flags) -> String? {
    guard let script else { return nil }
    if !flags.isDisjoint(with: [.expand, .queryFormat]), script.contains(UInt8(ascii: "%")) {
      return "its text is made when it is run"
    }
    if Self.isShell(interpreter) { return nil }
    let comment: [UInt8] = interpreter.first.map { Array($0.utf8) } == Array("<lua>".utf8) ? [0x2D, 0x2D] : [0x23]
    let isEmpty = script.split(separator: 0x0A).allSatisfy { line in
      let text = line.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
      // Lua's `--[[` goes on in further lines.
      return text.isEmpty || text.starts(with: comment) && !text.dropFirst(2).starts(with: [0x5B])
    }
    return isEmpty ? nil : "a script of another interpreter than the shell"
  }

  /// A shell, with options that change nothing of what a script means.
  private static func isShell(_ interpreter: [String]) -> Bool {
    let words = interpreter.map { ShellText($0.utf8) }
    let shells: Set<ShellText> = [
      "/bin/sh", "/usr/bin/sh", "/bin/bash", "/usr/bin/bash", "/bin/dash", "/usr/bin/dash", "/bin/ash", "/usr/bin/ash",
    ]
    guard let first = words.first, shells.contains(first) else { return false }
    return words.dropFirst().allSatisfy { ["-e", "-x", "-u", "-ex", "-eu"].contains($0) }
  }
}
