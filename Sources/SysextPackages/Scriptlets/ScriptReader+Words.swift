extension ScriptReader {
  static func isOpaque(_ word: ShellWord) -> Bool {
    word.parts.contains { if case .opaque = $0 { true } else { false } }
  }

  /// A word as one text, where fields are not split; `nil` if it depends on the machine.
  mutating func expandWhole(_ word: ShellWord) throws(ShellFault) -> ShellText? {
    var text: [UInt8]? = []
    for part in word.parts {
      switch part {
      case .literal(let bytes, _): text?.append(contentsOf: bytes)
      case .variable(let name, let fallback, _):
        if let value = variables[name], !value.isEmpty || fallback == nil {
          text?.append(contentsOf: value)
        } else {
          text = nil
        }
      case .commands(let range, let line):
        depth += 1
        defer { depth -= 1 }
        if depth > 8 { throw ShellFault(message: "nested too deep", line: line) }
        try aside { reader throws(ShellFault) in _ = try reader.runScript(range, line: line) }
        text = nil
      case .dynamic, .opaque: text = nil
      }
    }
    expandedByteCount += text?.count ?? 0
    if expandedByteCount > Self.maxExpandedByteCount {
      throw ShellFault(message: "its variables get too long", line: 1)
    }
    return text.map { ShellText($0) }
  }

  /// A pattern that stands for itself only.
  mutating func expandFixed(_ word: ShellWord) throws(ShellFault) -> ShellText? {
    let whole = try expandWhole(word)
    if ScriptletRules.isPattern(word) { return nil }
    for case .variable(let name, _, isQuoted: false) in word.parts
    where (variables[name] ?? []).contains(where: { "*?[\\".utf8.contains($0) }) { return nil }
    return whole
  }

  /// A word as the fields that it becomes; `nil` if it depends on the machine.
  mutating func expand(_ word: ShellWord) throws(ShellFault) -> [ShellText]? {
    guard let whole = try expandWhole(word) else { return nil }
    if ScriptletRules.isPattern(word) { return nil }
    var isSplit = false
    var isQuoted = false
    for part in word.parts {
      switch part {
      case .literal(_, let quoted): isQuoted = isQuoted || quoted
      case .variable(let name, _, let quoted):
        let value = variables[name] ?? []
        isSplit = isSplit || !quoted
        if !quoted, value.contains(where: { "*?[".utf8.contains($0) }) { return nil }
        isQuoted = isQuoted || quoted
      default: break
      }
    }
    if !isSplit { return [whole] }
    let fields = whole.bytes.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A }.map { ShellText($0) }
    // Where quoted parts and others meet, spaces are not all the same.
    if isQuoted, fields.count != 1 || fields[0] != whole { return nil }
    return fields
  }
}
