import FileTree
public import SysextImage

extension ScriptletReport {
  /// For people: by package, what somebody has to look at first; safe to print.
  public var text: String {
    var groups: [(package: String, entries: [Entry])] = []
    for entry in entries {
      if groups.last?.package == entry.package {
        groups[groups.count - 1].entries.append(entry)
      } else {
        groups.append((entry.package, [entry]))
      }
    }
    var text = ""
    for verdict in ScriptletVerdict.allCases.sorted(by: >) {
      for group in groups where group.entries.map(\.verdict).max() == verdict {
        text += "\(printable(group.package.utf8))\n"
        for verdict in ScriptletVerdict.allCases.sorted(by: >) {
          for entry in group.entries where entry.verdict == verdict { text += entry.lines }
        }
      }
    }
    return text
  }

  /// For programs; docs/command-line.md describes it.
  public var json: JSON { .array(entries.map(\.json)) }
}

extension ScriptletReport.Entry {
  fileprivate var lines: String {
    var text = "  \(kind) (\(printable(interpreter.joined(separator: " ").utf8)))"
    if !conditions.isEmpty { text += " on \(printable(conditions.joined(separator: ", ").utf8))" }
    text += ": \(verdict.rawValue)" + (reason.map { ": \($0)" } ?? "") + "\n"
    if commands.isEmpty, verdict == .unhandled { text += Self.indented(self.text ?? "", "    ") }
    for command in commands where command.verdict == verdict || command.verdict != .harmless {
      text +=
        "    line \(command.line): \(command.verdict.rawValue)\(command.isConditional ? ", on a condition" : ""): "
      text += "\(command.reason)\n" + Self.indented(command.text, "      ")
    }
    return text
  }

  private static func indented(_ text: String, _ indent: String) -> String {
    text.utf8.split(separator: 0x0A).map { line in
      // Tabs are no danger, and scripts have them.
      indent
        + line.split(separator: 0x09, omittingEmptySubsequences: false).map { printable($0) }.joined(separator: "\t")
        + "\n"
    }.joined()
  }

  fileprivate var json: JSON {
    .object([
      .init("package", .string(package)), .init("kind", .string(kind)),
      .init("interpreter", .array(interpreter.map(JSON.string))),
      .init("conditions", .array(conditions.map(JSON.string))), .init("verdict", .string(verdict.rawValue)),
      .init("reason", .optional(reason)), .init("commands", .array(commands.map(\.json))),
      .init("script", .optional(text)),
    ])
  }
}

extension ScriptletCommand {
  fileprivate var json: JSON {
    .object([
      .init("line", .count(line)), .init("verdict", .string(verdict.rawValue)), .init("reason", .string(reason)),
      .init("isConditional", .bool(isConditional)), .init("text", .string(text)),
    ])
  }
}
