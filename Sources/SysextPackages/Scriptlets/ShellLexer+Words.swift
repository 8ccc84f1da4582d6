extension ShellLexer {
  /// The word that begins here.
  mutating func scanWord() throws(ShellFault) -> ShellWord {
    var word = ShellWord()
    var text: [UInt8] = []
    scan: while let next = byte() {
      switch next {
      case 0: throw fault("a NUL")
      case UInt8(ascii: " "), UInt8(ascii: "\t"), 0x0A, UInt8(ascii: "&"), UInt8(ascii: "|"),
        UInt8(ascii: ";"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "("), UInt8(ascii: ")"):
        break scan
      case UInt8(ascii: "\\"):
        guard let escaped = byte(1) else { throw fault("a backslash at the end") }
        place += 2
        if escaped == 0x0A {
          line += 1
        } else {
          word.end(&text, isQuoted: false)
          word.parts.append(.literal([escaped], isQuoted: true))
        }
      case UInt8(ascii: "'"):
        word.end(&text, isQuoted: false)
        place += 1
        let start = place
        try skip(to: UInt8(ascii: "'"))
        word.parts.append(.literal(Array(bytes[start..<place]), isQuoted: true))
        place += 1
      case UInt8(ascii: "\""):
        word.end(&text, isQuoted: false)
        try scanQuoted(&word)
      case UInt8(ascii: "$"), UInt8(ascii: "`"):
        word.end(&text, isQuoted: false)
        try scanExpansion(&word, isQuoted: false)
      default:
        text.append(next)
        place += 1
      }
    }
    word.end(&text, isQuoted: false)
    return word
  }

  /// To the next such byte, whatever is before it.
  private mutating func skip(to mark: UInt8) throws(ShellFault) {
    let startLine = line
    while let next = byte(), next != mark {
      if next == 0 { throw fault("a NUL") }
      if next == 0x0A { line += 1 }
      place += 1
    }
    if place >= end { throw ShellFault(message: "a quote without an end", line: startLine) }
  }

  private mutating func scanQuoted(_ word: inout ShellWord) throws(ShellFault) {
    let startLine = line
    var text: [UInt8] = []
    place += 1
    word.parts.append(.literal([], isQuoted: true))
    while let next = byte() {
      switch next {
      case 0: throw fault("a NUL")
      case UInt8(ascii: "\""):
        word.end(&text, isQuoted: true)
        place += 1
        return
      case UInt8(ascii: "\\"):
        guard let escaped = byte(1) else { throw fault("a backslash at the end") }
        place += 2
        if escaped == 0x0A {
          line += 1
        } else if escaped == UInt8(ascii: "$") || escaped == UInt8(ascii: "`") || escaped == UInt8(ascii: "\"")
          || escaped == UInt8(ascii: "\\")
        {
          text.append(escaped)
        } else {
          text += [next, escaped]
        }
      case UInt8(ascii: "$"), UInt8(ascii: "`"):
        word.end(&text, isQuoted: true)
        try scanExpansion(&word, isQuoted: true)
      default:
        if next == 0x0A { line += 1 }
        text.append(next)
        place += 1
      }
    }
    throw ShellFault(message: "a quote without an end", line: startLine)
  }

  /// What `$` or a backquote begins.
  private mutating func scanExpansion(_ word: inout ShellWord, isQuoted: Bool) throws(ShellFault) {
    let startLine = line
    if byte() == UInt8(ascii: "`") {
      place += 1
      let start = place
      try skip(to: UInt8(ascii: "`"))
      // Backslashes have another meaning there, and hide where it ends.
      let isReadable = !bytes[start..<place].contains(UInt8(ascii: "\\"))
      word.parts.append(isReadable ? .commands(start..<place, line: startLine) : .opaque)
      place += 1
      return
    }
    switch byte(1) {
    case UInt8(ascii: "("):
      let isArithmetic = byte(2) == UInt8(ascii: "(")
      place += 2
      let start = place
      try skipNested(UInt8(ascii: "("))
      word.parts.append(isArithmetic ? .opaque : .commands(start..<place - 1, line: startLine))
    case UInt8(ascii: "{"):
      place += 2
      let start = place
      try skipNested(UInt8(ascii: "{"))
      word.parts.append(Self.parameter(bytes[start..<place - 1], isQuoted: isQuoted))
    case UInt8(ascii: "'") where !isQuoted, UInt8(ascii: "\"") where !isQuoted:
      // bash's own quotes.
      word.parts.append(.opaque)
      place += 1
    case let next?:
      place += 1
      if isName(next), !isDigit(next) {
        let start = place
        while let next = byte(), isName(next) { place += 1 }
        word.parts.append(.variable(ShellText(bytes[start..<place]), fallback: nil, isQuoted: isQuoted))
      } else if isDigit(next) {
        word.parts.append(.variable(ShellText([next]), fallback: nil, isQuoted: isQuoted))
        place += 1
      } else if "@*#?$!-".utf8.contains(next) {
        word.parts.append(.dynamic)
        place += 1
      } else {
        word.parts.append(.literal([UInt8(ascii: "$")], isQuoted: true))
      }
    case nil:
      place += 1
      word.parts.append(.literal([UInt8(ascii: "$")], isQuoted: true))
    }
  }

  /// What is between the braces of `${…}`.
  private static func parameter(_ text: ArraySlice<UInt8>, isQuoted: Bool) -> ShellPart {
    let name = text.prefix { isName($0) }
    let rest = text.dropFirst(name.count)
    let hasCommands = text.contains(UInt8(ascii: "`")) || text.contains(UInt8(ascii: "$"))
    guard let first = name.first else { return hasCommands ? .opaque : .dynamic }
    let isNumber = name.allSatisfy { isDigit($0) }
    if isDigit(first) && !isNumber { return .opaque }
    if rest.isEmpty { return .variable(ShellText(name), fallback: nil, isQuoted: isQuoted) }
    if rest.starts(with: ":-".utf8) {
      let value = rest.dropFirst(2)
      let isWord = value.allSatisfy { isName($0) || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ".") }
      if isWord { return .variable(ShellText(name), fallback: Array(value), isQuoted: isQuoted) }
    }
    // `${x:=y}` changes a variable, `${x@P}` runs what is in one.
    return hasCommands || rest.contains(where: { "=@".utf8.contains($0) }) ? .opaque : .dynamic
  }

  /// Behind the sign that closes what was just opened.
  private mutating func skipNested(_ opening: UInt8) throws(ShellFault) {
    let startLine = line
    let (paren, brace, quote) = (UInt8(ascii: "("), UInt8(ascii: "{"), UInt8(ascii: "\""))
    var stack = [opening]
    while let top = stack.last {
      if stack.count > Self.maxDepth { throw ShellFault(message: "nested too deep", line: startLine) }
      guard let next = byte() else { throw ShellFault(message: "a substitution without an end", line: startLine) }
      if next == 0x0A { line += 1 }
      place += 1
      switch next {
      case 0: throw fault("a NUL")
      case UInt8(ascii: "\\"):
        if byte() == 0x0A { line += 1 }
        place += 1
      case UInt8(ascii: "`"):
        try skip(to: UInt8(ascii: "`"))
        place += 1
      case UInt8(ascii: "$") where byte() == paren || byte() == brace:
        stack.append(byte() == paren ? paren : brace)
        place += 1
      case quote where top == quote: stack.removeLast()
      case _ where top == quote: break
      case quote: stack.append(quote)
      case UInt8(ascii: "'"):
        try skip(to: UInt8(ascii: "'"))
        place += 1
      case paren where top == paren: stack.append(paren)
      case UInt8(ascii: ")") where top == paren: stack.removeLast()
      case UInt8(ascii: "}") where top == brace: stack.removeLast()
      default: break
      }
    }
  }
}

extension ShellWord {
  fileprivate mutating func end(_ text: inout [UInt8], isQuoted: Bool) {
    if text.isEmpty { return }
    parts.append(.literal(text, isQuoted: isQuoted))
    text = []
  }
}

private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
private func isName(_ byte: UInt8) -> Bool {
  isDigit(byte) || byte == UInt8(ascii: "_") || (0x61...0x7A).contains(byte | 0x20)
}
