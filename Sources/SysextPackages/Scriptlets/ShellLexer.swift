/// Cuts a script into tokens, once from beginning to end.
struct ShellLexer {
  /// How deep quotes and substitutions may be inside each other.
  static let maxDepth = 32

  private struct PendingDocument {
    let place: Int
    let delimiter: [UInt8]
    let isQuoted: Bool
    let stripsTabs: Bool
  }

  let bytes: [UInt8]
  let end: Int
  var place: Int
  var line: Int
  private var tokens: [ShellToken] = []
  private var pending: [PendingDocument] = []

  /// The tokens of a part of a script that begins on that line.
  static func tokens(_ bytes: [UInt8], _ range: Range<Int>, line: Int) throws(ShellFault) -> [ShellToken] {
    var lexer = ShellLexer(bytes, range, line)
    try lexer.run()
    return lexer.tokens
  }

  private init(_ bytes: [UInt8], _ range: Range<Int>, _ line: Int) {
    self.bytes = bytes
    place = range.lowerBound
    end = range.upperBound
    self.line = line
  }

  func byte(_ offset: Int = 0) -> UInt8? { place + offset < end ? bytes[place + offset] : nil }
  private func isAt(_ text: ShellText) -> Bool { bytes[place..<end].starts(with: text.bytes) }
  func fault(_ message: String) -> ShellFault { ShellFault(message: message, line: line) }

  private mutating func run() throws(ShellFault) {
    while let next = byte() {
      switch next {
      case UInt8(ascii: " "), UInt8(ascii: "\t"): place += 1
      case UInt8(ascii: "\\") where byte(1) == 0x0A:
        place += 2
        line += 1
      case UInt8(ascii: "#"): while let next = byte(), next != 0x0A { place += 1 }
      case 0x0A:
        append(.sign("\n"), 1)
        line += 1
        try readDocuments()
      case UInt8(ascii: "<"), UInt8(ascii: ">"): try readRedirection(from: place)
      case UInt8(ascii: "&") where byte(1) == UInt8(ascii: ">"): try readRedirection(from: place)
      case UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: ";"): readOperator(next)
      case UInt8(ascii: "("), UInt8(ascii: ")"): append(.sign(ShellText([next])), 1)
      default: try readWord()
      }
    }
    if !pending.isEmpty { throw fault("a here-document without an end") }
    tokens.append(ShellToken(kind: .end, range: end..<end, line: line))
  }

  private mutating func append(_ kind: ShellToken.Kind, _ count: Int) {
    tokens.append(ShellToken(kind: kind, range: place..<place + count, line: line))
    place += count
  }

  private mutating func readOperator(_ first: UInt8) {
    let isDouble = byte(1) == first || first == UInt8(ascii: "|") && byte(1) == UInt8(ascii: "&")
    append(.sign(ShellText(isDouble ? [first, bytes[place + 1]] : [first])), isDouble ? 2 : 1)
  }

  /// The longer ones first.
  private static let redirections: [ShellText] = [
    "&>>", "&>", "<<<", "<<-", "<<", "<&", "<>", "<", ">>", ">&", ">|", ">",
  ]

  /// A redirection with its sign; `start` is where its number begins.
  private mutating func readRedirection(from start: Int) throws(ShellFault) {
    guard let text = Self.redirections.first(where: { isAt($0) }) else { throw fault("no redirection") }
    place += text.bytes.count
    if text == "<<" || text == "<<-" {
      try readDelimiter(start, stripsTabs: text == "<<-")
    } else {
      tokens.append(ShellToken(kind: .redirection(text), range: start..<place, line: line))
    }
  }

  private mutating func readDelimiter(_ start: Int, stripsTabs: Bool) throws(ShellFault) {
    while byte() == UInt8(ascii: " ") || byte() == UInt8(ascii: "\t") { place += 1 }
    let word = try scanWord()
    var delimiter: [UInt8] = []
    var isQuoted = false
    for part in word.parts {
      guard case .literal(let bytes, let quoted) = part else { throw fault("a here-document's end that varies") }
      delimiter += bytes
      isQuoted = isQuoted || quoted
    }
    if word.parts.isEmpty { throw fault("a here-document without an end") }
    pending.append(
      PendingDocument(place: tokens.count, delimiter: delimiter, isQuoted: isQuoted, stripsTabs: stripsTabs))
    tokens.append(ShellToken(kind: .document(0..<0, isLiteral: false), range: start..<place, line: line))
  }

  private mutating func readDocuments() throws(ShellFault) {
    for document in pending {
      let start = place
      var isLiteral = true
      while true {
        guard place < end else { throw fault("a here-document without an end") }
        let lineStart = place
        while let next = byte(), next != 0x0A { place += 1 }
        var text = bytes[lineStart..<place]
        if place < end { place += 1 }
        line += 1
        if document.stripsTabs { text = text.drop { $0 == 0x09 } }
        if text.elementsEqual(document.delimiter) {
          let old = tokens[document.place]
          tokens[document.place] = ShellToken(
            kind: .document(start..<lineStart, isLiteral: document.isQuoted || isLiteral), range: old.range,
            line: old.line)
          break
        }
        if text.contains(where: { [UInt8(ascii: "$"), UInt8(ascii: "`"), UInt8(ascii: "\\")].contains($0) }) {
          isLiteral = false
        }
      }
    }
    pending = []
  }

  private mutating func readWord() throws(ShellFault) {
    let (start, startLine) = (place, line)
    let word = try scanWord()
    if byte() == UInt8(ascii: "<") || byte() == UInt8(ascii: ">"), word.plain?.number != nil {
      return try readRedirection(from: start)
    }
    tokens.append(ShellToken(kind: .word(word), range: start..<place, line: startLine))
  }
}
