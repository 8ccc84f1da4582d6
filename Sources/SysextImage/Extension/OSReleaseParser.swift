import ImageCore

/// The machine of states that reads `os-release` text, byte by byte, as systemd's `parse_env_file` does.
///
/// Systemd since 254 ends a comment at the end of its line even after a backslash, as shells do; 252 and 253 take the next
/// line for a comment, too. Read here as since 254, with a finding where it makes a difference.
struct OSReleaseParser {
  private enum State {
    case beforeKey, key
    case beforeValue, value, valueEscape, singleQuotes, doubleQuotes, doubleQuotesEscape
    case comment, commentEscape
  }

  private(set) var fields: [OSRelease.Field] = []
  private(set) var findings: [Finding] = []
  private(set) var ending = OSRelease.Ending.plain

  private var state = State.beforeKey
  private var seen: Set<String> = []
  private var key: [UInt8] = []
  private var value: [UInt8] = []
  /// The length of the value up to its last byte that is no unescaped blank.
  private var valueLength = 0
  private var line = 1
  private var firstLine = 1
  private var wasQuoted = false
  private var afterContinuedComment = false

  /// More findings than these say nothing new.
  private static let findingLimit = 50

  static func isKeyByte(_ byte: UInt8) -> Bool {
    Text.isLetter(byte) || Text.isDigit(byte) || byte == UInt8(ascii: "_")
  }

  /// What a backslash protects inside double quotes.
  static func isEscapable(_ byte: UInt8) -> Bool { "\"\\`$".utf8.contains(byte) }

  mutating func parse(_ bytes: [UInt8]) {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      note(.warning, "byte-order-mark", "begins with a byte order mark, which spoils the first line: remove it")
    }
    if bytes.contains(0) {
      note(.error, "nul-byte", "contains a NUL byte, and systemd refuses such a file")
    }
    for byte in bytes {
      step(byte)
      if byte == 0x0A { line += 1 }
    }
    finish()
  }

  private mutating func step(_ byte: UInt8) {
    switch state {
    case .beforeKey: beforeKey(byte)
    case .key: inKey(byte)
    case .beforeValue: beforeValue(byte)
    case .value: inValue(byte)
    case .valueEscape:
      state = .value
      if !Text.isNewline(byte) { keep(byte) }
    case .singleQuotes:
      if byte == UInt8(ascii: "'") { state = .beforeValue } else { keep(byte) }
    case .doubleQuotes:
      switch byte {
      case UInt8(ascii: "\""): state = .beforeValue
      case UInt8(ascii: "\\"): state = .doubleQuotesEscape
      default: keep(byte)
      }
    case .doubleQuotesEscape:
      state = .doubleQuotes
      guard byte != 0x0A else { return }
      if !Self.isEscapable(byte) { keep(UInt8(ascii: "\\")) }
      keep(byte)
    case .comment:
      if byte == UInt8(ascii: "\\") { state = .commentEscape } else if Text.isNewline(byte) { state = .beforeKey }
    case .commentEscape:
      afterContinuedComment = Text.isNewline(byte)
      state = afterContinuedComment ? .beforeKey : .comment
    }
  }

  private mutating func beforeKey(_ byte: UInt8) {
    if Text.isBlank(byte) {
      if byte == 0x0A { afterContinuedComment = false }
      return
    }
    firstLine = line
    if byte == UInt8(ascii: "#") || byte == UInt8(ascii: ";") {
      state = .comment
      afterContinuedComment = false
      return
    }
    if afterContinuedComment {
      note(
        .warning, "continued-comment",
        "follows a comment that ends in a backslash, and systemd before 254 takes it for a comment, too:"
          + " remove that backslash")
      afterContinuedComment = false
    }
    key = [byte]
    state = .key
  }

  private mutating func inKey(_ byte: UInt8) {
    if Text.isNewline(byte) {
      noAssignment()
      state = .beforeKey
    } else if byte == UInt8(ascii: "=") {
      value = []
      valueLength = 0
      wasQuoted = false
      state = .beforeValue
    } else {
      key.append(byte)
    }
  }

  private mutating func beforeValue(_ byte: UInt8) {
    if Text.isNewline(byte) {
      push()
      return
    }
    switch byte {
    case UInt8(ascii: "'"):
      wasQuoted = true
      state = .singleQuotes
    case UInt8(ascii: "\""):
      wasQuoted = true
      state = .doubleQuotes
    case UInt8(ascii: "\\"):
      if wasQuoted { noteTextAfterQuotes() }
      state = .valueEscape
    case 0x20, 0x09: break
    default:
      if wasQuoted { noteTextAfterQuotes() }
      state = .value
      keep(byte)
    }
  }

  private mutating func noteTextAfterQuotes() {
    note(
      .warning, "text-after-quotes",
      "systemd takes all that follows the closing quote as it is, further quotes included: put the value in one pair")
  }

  private mutating func inValue(_ byte: UInt8) {
    if Text.isNewline(byte) {
      push()
    } else if byte == UInt8(ascii: "\\") {
      valueLength = value.count
      state = .valueEscape
    } else if Text.isBlank(byte) {
      value.append(byte)
    } else {
      if !wasQuoted { warnOfUnquoted(byte) }
      keep(byte)
    }
  }

  private mutating func warnOfUnquoted(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "#") where value.last.map(Text.isBlank) == true:
      note(.warning, "comment-in-value", "systemd knows no comment behind a value and takes it for a part of the value")
    case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "$"), UInt8(ascii: "`"):
      let character = String(decoding: [byte], as: UTF8.self)
      note(.note, "unquoted", "systemd takes \(character) as it is, a shell does not: put the whole value in quotes")
    default: break
    }
  }

  private mutating func keep(_ byte: UInt8) {
    value.append(byte)
    valueLength = value.count
  }

  private mutating func push() {
    state = .beforeKey
    var name = key[...]
    while let last = name.last, Text.isBlank(last) { name.removeLast() }
    if name.count < key.count {
      note(.warning, "blank-before-equals", "blanks in front of the equals sign: a shell would run a command")
    }
    let content = value.prefix(valueLength)
    guard let text = String(validating: content, as: UTF8.self), String(validating: name, as: UTF8.self) != nil else {
      note(.error, "not-utf8", "is not UTF-8, and systemd refuses such a file")
      return
    }
    guard name.allSatisfy(Self.isKeyByte) else {
      let shown = Text.quoted(String(decoding: name, as: UTF8.self))
      note(.warning, "bad-key", "\(shown) is no name: write NAME=value with letters, digits and underscores only")
      return
    }
    let field = OSRelease.Field(readKey: String(decoding: name, as: UTF8.self), value: text)
    if content.contains(where: { Text.isControl($0) && $0 != 0x09 }) {
      note(.warning, "control-character", "the value of \(field.key) contains a control character or a line break")
    }
    if !seen.insert(field.key).inserted {
      note(.warning, "repeated-key", "\(field.key) is assigned again; the last assignment counts")
    }
    fields.append(field)
  }

  private mutating func noAssignment() {
    let shown = Text.quoted(String(decoding: key, as: UTF8.self))
    note(.warning, "no-assignment", "\(shown) is no assignment and is passed over: write NAME=value or begin it with #")
  }

  private mutating func finish() {
    switch state {
    case .beforeKey:
      if afterContinuedComment { ending = .continuedComment }
    case .comment: break
    case .commentEscape: ending = .continuedComment
    case .key: noAssignment()
    case .beforeValue, .value: push()
    case .valueEscape, .singleQuotes, .doubleQuotes, .doubleQuotesEscape:
      note(.warning, "open-value", "the value ends with the file, in the middle of quotes or after a backslash")
      push()
      ending = .insideValue
    }
  }

  private mutating func note(_ severity: Finding.Severity, _ code: String, _ message: String) {
    // An error decides whether systemd reads the file, so it is never one too many.
    guard findings.count < Self.findingLimit || severity == .error && findings.last?.severity != .error else { return }
    let place = code == "byte-order-mark" || code == "nul-byte" ? "line 1" : "line \(firstLine)"
    findings.append(Finding(severity, code, place: place, message))
  }
}
