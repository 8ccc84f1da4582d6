import FileTree

extension ScriptletRules {
  func systemctl(_ arguments: [ShellText]) -> Judgement {
    let quiet: Set<ShellText> = [
      "--no-reload", "--quiet", "-q", "--now", "--no-ask-password", "--system", "--no-block",
    ]
    let rest = arguments.filter { !quiet.contains($0) }
    guard let verb = rest.first, !rest.contains(where: { $0.hasPrefix("-") }) else {
      return .unhandled("with options that are not known")
    }
    let units = Array(rest.dropFirst())
    switch verb {
    case "daemon-reload", "daemon-reexec": return .harmless("systemd reads its units when extensions are merged")
    case "is-active", "is-enabled", "is-failed", "is-system-running", "status", "show", "list-units",
      "list-unit-files":
      return .harmless("looks only")
    case "enable": return enable(units, "to be started with the system")
    case "preset": return preset(units)
    case "try-restart", "condrestart", "try-reload-or-restart", "reload-or-try-restart", "stop", "reset-failed",
      "restart", "reload", "reload-or-restart":
      let isOwn = units.allSatisfy { unit in
        files.contains(ShellText("/usr/lib/systemd/system/".utf8 + Self.fileName(unit).bytes))
      }
      let isOnlyIfRunning = verb != "restart" && verb != "reload-or-restart"
      return isOwn && isOnlyIfRunning && !units.isEmpty
        ? .harmless("nothing of the package runs at a first installation")
        : .unhandled("acts on services of the running system")
    default: return .unhandled("acts on services of the running system")
    }
  }

  func updateHelper(_ arguments: [ShellText]) -> Judgement {
    guard let verb = arguments.first else { return .unknown }
    let units = Array(arguments.dropFirst())
    switch verb {
    case "install-system-units": return preset(units)
    case "mark-install-system-units", "mark-install-user-units":
      return .harmless("a note for what follows the installation")
    case "mark-restart-system-units", "mark-restart-user-units", "mark-reload-system-units", "mark-reload-user-units",
      "remove-system-units", "remove-user-units":
      return .harmless("nothing of the package runs at a first installation")
    case "install-user-units" where options.presets == .ignore:
      return .harmless("users' units are left to the system's presets")
    case "install-user-units": return .unhandled("users' units are left to the system's presets")
    default: return .unknown
    }
  }

  private func preset(_ units: [ShellText]) -> Judgement {
    switch options.presets {
    case .enable: return enable(units, "to be started with the system, as presets are taken for")
    case .ignore: return units.isEmpty ? .unknown : .harmless("left to the system's presets")
    case .report: return .unhandled("the system's presets decide whether it is started")
    }
  }

  private func enable(_ units: [ShellText], _ reason: String) -> Judgement {
    guard !units.isEmpty, units.allSatisfy({ Self.isUnit($0) }) else { return .unhandled("no names of units") }
    return .applied(reason, units.map { .enable(unit: Self.withType($0).bytes) })
  }

  private static func withType(_ unit: ShellText) -> ShellText {
    let types: [ShellText] = [
      ".service", ".socket", ".target", ".timer", ".path", ".mount", ".automount", ".swap", ".slice", ".scope",
      ".device",
    ]
    return types.contains { unit.hasSuffix($0) } ? unit : ShellText(unit.bytes + ".service".utf8)
  }

  /// systemd's characters of names (unit-name.h), without wildcards.
  static func isUnit(_ unit: ShellText) -> Bool {
    !unit.bytes.isEmpty && unit.bytes.count < 240 && unit.bytes[0] != UInt8(ascii: ".")
      && unit.bytes.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || ":-_.\\@".utf8.contains($0)
      }
  }

  /// The unit's file: of an instance, its template.
  static func fileName(_ unit: ShellText) -> ShellText {
    let unit = withType(unit)
    guard let sign = unit.bytes.firstIndex(of: UInt8(ascii: "@")),
      let dot = unit.bytes.lastIndex(of: UInt8(ascii: ".")), dot > sign
    else { return unit }
    return ShellText(unit.bytes[...sign] + unit.bytes[dot...])
  }

  func sysusers(_ arguments: [ShellText], _ documents: [[UInt8]?]) -> Judgement {
    let kept = Judgement.harmless("the packages' own sysusers.d files stay, and act when systemd-sysusers runs")
    var isInline = false
    for argument in arguments {
      if argument == "-" {
        isInline = true
      } else if argument.hasPrefix("--replace=") {
        if files.contains(argument.dropFirst(10)) { return kept }
      } else if argument.hasPrefix("-") {
        return .unhandled("with options that are not known")
      } else if !hasFile(argument, "/usr/lib/sysusers.d/") {
        return .unhandled("\(argument.printed) is in none of the packages")
      }
    }
    if !isInline { return kept }
    guard documents.count == 1, let text = documents[0] else { return .unhandled("its lines are not known") }
    guard let actions = UserCommand.actions(text) else { return .unhandled("lines that are not understood") }
    return .applied("as lines of sysusers.d, which act when systemd-sysusers runs", actions)
  }

  func tmpfiles(_ arguments: [ShellText]) -> Judgement {
    var isCreating = false
    var isReplaced = false
    for argument in arguments {
      switch argument {
      case "--create": isCreating = true
      case "--boot", "-": break
      case _ where argument.hasPrefix("--replace=") && files.contains(argument.dropFirst(10)): isReplaced = true
      case _ where argument.hasPrefix("-"): return .unhandled("with options that are not known")
      default:
        guard hasFile(argument, "/usr/lib/tmpfiles.d/") else {
          return .unhandled("\(argument.printed) is in none of the packages")
        }
      }
    }
    guard isCreating else { return .unhandled("does not create files") }
    return arguments.contains("-") && !isReplaced
      ? .unhandled("its lines are in none of the packages")
      : .harmless("the packages' own tmpfiles.d files stay, and act when systemd-tmpfiles runs")
  }

  /// Whether a file is in the packages: a path, or a name in that folder.
  private func hasFile(_ word: ShellText, _ folder: ShellText) -> Bool {
    files.contains(word.bytes.contains(0x2F) ? word : ShellText(folder.bytes + word.bytes))
  }
}
