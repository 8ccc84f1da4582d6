import TestSupport
import Testing

@testable import SysextPackages

/// A real shell gets to the commands that are said to be reached, and to none that are said not to be.
@Suite struct ShellAgreementTests {
  /// Scripts of nothing but built-in commands, which print a number each.
  private struct Maker {
    var random: SplitMix64
    var count = 0

    mutating func echo() -> String {
      count += 1
      return "echo \(count)"
    }

    mutating func condition() -> String {
      [
        "[ $1 -eq 1 ]", "[ \"$1\" -gt 1 ]", "test ${1:-0} -ge 1", "[ \"$A\" = x ]", "true", "false", "! true",
        "[ -e / ]", "[ ! -e /nowhere ]", "[ \"$1\" != 1 -o a = b ]", "[ -z \"$A\" ]", "[ \"$B\" = \"$A\" ]",
      ].randomElement(using: &random) ?? ""
    }

    mutating func command(_ depth: Int) -> String {
      let choice = Int.random(in: 0..<(depth > 3 ? 4 : 14), using: &random)
      switch choice {
      case 0, 1: return echo()
      case 2: return ["A=x", "A=y", "B=\"$A\"", "B='x'", "A=$B", "B="].randomElement(using: &random) ?? ""
      case 3: return Int.random(in: 0..<6, using: &random) == 0 ? "exit 0" : echo()
      case 4: return "\(condition()) && \(echo()) || \(echo())"
      case 5: return "if \(condition()); then\n\(list(depth))\nelse \(list(depth))\nfi"
      case 6: return "if \(condition())\nthen \(list(depth))\nelif \(condition()); then \(list(depth)); fi"
      case 7: return "case \"$A\" in x|z) \(list(depth)) ;;\n y) \(list(depth));; *) \(list(depth))\nesac"
      case 8: return "( \(list(depth)) )"
      case 9: return "{ \(list(depth))\n} >&1"
      case 10: return "for A in x $B y; do \(list(depth)); done"
      case 11: return "\(condition()) || { \(list(depth)); }"
      case 12: return "for B in x y; do \(condition()) && break; \(list(depth)); done"
      default: return "\(condition()) &&\n # comment\n \(command(depth + 1))"
      }
    }

    mutating func list(_ depth: Int) -> String {
      (0...Int.random(in: 0..<3, using: &random)).map { _ in command(depth + 1) }.joined(separator: "\n")
    }
  }

  @Test(.needs("sh")) func reach() async throws {
    var sureCount = 0
    var neverCount = 0
    for seed in 0..<300 as Range<UInt64> {
      var maker = Maker(random: SplitMix64(seed: seed))
      let script = "A= B=\n" + (0..<6).map { _ in maker.command(0) }.joined(separator: "\n") + "\n"
      let output = try await Tool("sh").run(["-c", script, "sh", "1"]).output
      let printed = Set(String(decoding: output, as: UTF8.self).split(separator: "\n").map { "echo \($0)" })
      var reached: [String: Bool?] = [:]
      let all = ScriptReaderTests.read(script)
      // Too many commands, by loops: safe.
      if all.contains(where: { $0.reason.hasPrefix("cannot be read: ") }) { continue }
      let commands = all.filter { $0.text.hasPrefix("echo ") }
      for command in commands {
        let isNever = command.reason.hasPrefix("not reached")
        // In loops, once is enough.
        if isNever, reached[command.text] != nil { continue }
        if reached[command.text] == .some(true) { continue }
        reached[command.text] = .some(isNever ? false : command.isConditional ? nil : true)
      }
      for (text, isReached) in reached {
        switch isReached {
        case true?:
          sureCount += 1
          #expect(printed.contains(text), "\(text) in\n\(script)")
        case false?:
          if commands.allSatisfy({ $0.text != text || $0.reason.hasPrefix("not reached") }) {
            neverCount += 1
            #expect(!printed.contains(text), "\(text) in\n\(script)")
          }
        case nil: break
        }
      }
      #expect(printed.isSubset(of: reached.keys), "\(script)")
    }
    #expect(sureCount > 500 && neverCount > 500)
  }
}
