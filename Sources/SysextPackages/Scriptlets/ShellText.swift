import FileTree

/// A word of a script: bytes, that compare as bytes.
struct ShellText: Hashable, Sendable, ExpressibleByStringLiteral {
  var bytes: [UInt8]

  init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
  init(stringLiteral text: String) { bytes = Array(text.utf8) }

  func hasPrefix(_ prefix: ShellText) -> Bool { bytes.starts(with: prefix.bytes) }
  func hasSuffix(_ suffix: ShellText) -> Bool { bytes.reversed().starts(with: suffix.bytes.reversed()) }
  func dropFirst(_ count: Int) -> ShellText { ShellText(bytes.dropFirst(count)) }

  /// For people.
  var printed: String { printable(bytes) }

  /// An absolute path without `.`, `..` and superfluous slashes, as it is meant; `nil` for others.
  var path: ShellText? {
    guard bytes.first == UInt8(ascii: "/") else { return nil }
    let names = bytes.split(separator: UInt8(ascii: "/")).filter { $0 != [0x2E] }
    if names.contains([0x2E, 0x2E]) { return nil }
    return ShellText([0x2F] + names.joined(separator: [0x2F]))
  }

  /// Whether it is that directory or below it.
  func isBelow(_ directory: ShellText) -> Bool {
    hasPrefix(directory) && (bytes.count == directory.bytes.count || bytes[directory.bytes.count] == 0x2F)
  }

  /// Decimal digits only, as a number.
  var number: Int? {
    guard !bytes.isEmpty, bytes.count < 10, bytes.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return bytes.reduce(0) { $0 * 10 + Int($1 - 0x30) }
  }
}

/// A part of a word, before it is expanded.
enum ShellPart: Sendable {
  case literal([UInt8], isQuoted: Bool)
  case variable(ShellText, fallback: [UInt8]?, isQuoted: Bool)
  /// What a script prints; the range of its text.
  case commands(Range<Int>, line: Int)
  /// What depends on the machine.
  case dynamic
  /// What is not understood, and may run something.
  case opaque
}

/// A word, before it is expanded.
struct ShellWord: Sendable {
  var parts: [ShellPart] = []

  /// The bytes of a word without quotes and expansions.
  var plain: ShellText? {
    guard parts.count == 1, case .literal(let bytes, isQuoted: false) = parts[0] else { return nil }
    return ShellText(bytes)
  }
}

/// A token of the shell's grammar.
struct ShellToken: Sendable {
  enum Kind: Sendable {
    case word(ShellWord)
    /// Newlines, `;`, `&`, `&&`, `||`, `|`, `;;`, `(` and `)`.
    case sign(ShellText)
    /// A redirection; its target is the next word.
    case redirection(ShellText)
    /// A here-document's text; `isLiteral` if nothing in it is expanded.
    case document(Range<Int>, isLiteral: Bool)
    case end
  }

  let kind: Kind
  let range: Range<Int>
  let line: Int

  func isSign(_ text: ShellText) -> Bool {
    if case .sign(let sign) = kind { sign == text } else { false }
  }

  var word: ShellWord? {
    if case .word(let word) = kind { word } else { nil }
  }
}

/// Why a script cannot be read.
struct ShellFault: Error {
  let message: String
  let line: Int
}
