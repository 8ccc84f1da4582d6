extension ScriptletRules {
  /// `test`, which only looks; what it finds is known of literal words.
  static func test(_ name: ShellText, _ words: [ShellText?]) -> Judgement {
    var arguments = words
    if name != "test" {
      let last = arguments.popLast() ?? nil
      guard last == (name == "[" ? "]" : "]]") else { return .unhandled("a test without an end") }
    }
    return Judgement(.harmless, "looks only", status: value(arguments[...]))
  }

  private static func value(_ words: ArraySlice<ShellText?>) -> Bool? {
    if words.first == "!", words.count > 1 { return value(words.dropFirst()).map { !$0 } }
    if let place = words.lastIndex(of: "-o"), words.count > 3 {
      return either(value(words[..<place]), value(words[(place + 1)...]), true)
    }
    if let place = words.lastIndex(of: "-a"), words.count > 3 {
      return either(value(words[..<place]), value(words[(place + 1)...]), false)
    }
    let known = words.compactMap { $0 }
    guard known.count == words.count else { return nil }
    switch known.count {
    case 0: return false
    case 1: return !known[0].bytes.isEmpty
    case 2 where known[0] == "-n": return !known[1].bytes.isEmpty
    case 2 where known[0] == "-z": return known[1].bytes.isEmpty
    case 3:
      switch known[1] {
      case "=", "==": return known[0] == known[2]
      case "!=": return known[0] != known[2]
      default: break
      }
      guard let left = known[0].number, let right = known[2].number else { return nil }
      switch known[1] {
      case "-eq": return left == right
      case "-ne": return left != right
      case "-gt": return left > right
      case "-ge": return left >= right
      case "-lt": return left < right
      case "-le": return left <= right
      default: return nil
      }
    default: return nil
    }
  }

  /// `mark` decides alone if one of them has it.
  private static func either(_ left: Bool?, _ right: Bool?, _ mark: Bool) -> Bool? {
    if left == mark || right == mark { return mark }
    return left == nil || right == nil ? nil : !mark
  }
}
