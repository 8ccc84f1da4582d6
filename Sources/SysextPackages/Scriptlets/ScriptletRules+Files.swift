import FileTree
import ImageCore
import RPM

extension ScriptletRules {
  /// `update-alternatives`, also the one of chkconfig.
  static func alternatives(_ arguments: [ShellText]) -> Judgement {
    var rest = arguments[...]
    var main: (link: ShellText, name: ShellText, path: ShellText, priority: Int)?
    var slaves: [AlternativeLink] = []
    while let option = rest.popFirst() {
      switch option {
      case "--install":
        guard main == nil, rest.count >= 4 else { return .unknown }
        let words = Array(rest.prefix(4))
        rest = rest.dropFirst(4)
        let sign = words[3].hasPrefix("-") ? -1 : 1
        guard let link = words[0].path, let path = words[2].path, isWord(words[1]),
          let priority = words[3].dropFirst(sign < 0 ? 1 : 0).number
        else { return .unhandled("arguments that are not understood") }
        main = (link, words[1], path, sign * priority)
      case "--slave", "--follower":
        guard rest.count >= 3 else { return .unknown }
        let words = Array(rest.prefix(3))
        rest = rest.dropFirst(3)
        guard let link = words[0].path, let path = words[2].path, isWord(words[1]) else {
          return .unhandled("arguments that are not understood")
        }
        slaves.append(AlternativeLink(link: link.bytes, name: words[1].bytes, path: path.bytes))
      case "--force", "--quiet", "--verbose", "--keep-foreign": break
      case "--family", "--initscript": rest = rest.dropFirst()
      case "--remove", "--remove-all", "--display", "--list", "--query", "--get-selections":
        return main == nil ? .harmless("there are no older choices in an image") : .unknown
      case "--auto": return main == nil ? .harmless("the highest priority wins anyway") : .unknown
      default: return .unknown
      }
    }
    guard let main else { return .unknown }
    return .applied(
      "as links, if it has the highest priority",
      [
        .alternative(
          link: main.link.bytes, name: main.name.bytes, path: main.path.bytes, priority: main.priority, slaves: slaves)
      ])
  }

  private static func isWord(_ word: ShellText) -> Bool {
    !word.bytes.isEmpty && word.bytes.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x2F }
  }

  /// `chmod`, `chown`, `chgrp` and `setcap` of files that are in the packages.
  func attributes(_ command: ShellText, _ arguments: [ShellText]) -> Judgement {
    var operands = arguments
    while let option = operands.first, option.hasPrefix("-") {
      guard ["-f", "-v", "-c", "--", "-q"].contains(option) else {
        return .unhandled("with options that are not known")
      }
      operands.removeFirst()
    }
    if operands.count < 2 { return .unhandled("arguments that are not understood") }
    let value = operands.removeFirst()
    if isBeforeFiles { return .unhandled("acts before the packages' files are there") }
    var actions: [ScriptletAction] = []
    for operand in operands {
      guard let path = operand.path, files.contains(path) else {
        return .unhandled("\(operand.printed) is in none of the packages")
      }
      guard let action = Self.action(command, value, path.bytes) else {
        return .unhandled("\(value.printed) is not understood")
      }
      actions.append(action)
    }
    return .applied("in the image", actions)
  }

  private static func action(_ command: ShellText, _ value: ShellText, _ path: [UInt8]) -> ScriptletAction? {
    switch command {
    case "chmod":
      guard (3...4).contains(value.bytes.count), value.bytes.allSatisfy({ (0x30...0x37).contains($0) }) else {
        return nil
      }
      return .mode(path: path, mode: value.bytes.reduce(0) { $0 << 3 | UInt16($1 - 0x30) })
    case "chgrp": return isWord(value) ? .owner(path: path, user: nil, group: value.bytes) : nil
    case "setcap":
      let text = String(decoding: value.bytes, as: UTF8.self)
      return (try? FileCapabilities(text)) == nil ? nil : .capabilities(path: path, text: text)
    default:
      let sign: UInt8 = value.bytes.contains(UInt8(ascii: ":")) ? UInt8(ascii: ":") : UInt8(ascii: ".")
      let parts = value.bytes.split(separator: sign, maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.allSatisfy({ $0.isEmpty || isWord(ShellText($0)) }), !(parts.count == 2 && parts[1].isEmpty),
        parts.contains(where: { !$0.isEmpty })
      else { return nil }
      return .owner(
        path: path, user: parts[0].isEmpty ? nil : Array(parts[0]), group: parts.count == 2 ? Array(parts[1]) : nil)
    }
  }
}
