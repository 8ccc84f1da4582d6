/// Whether a licence is an expression that SPDX knows (annex B of SPDX 3.0.1), with listed identifiers.
struct LicenseExpression {
  private static let byteLimit = 4096
  private static let maxDepth = 64

  /// The listed licence that the expression is, if it is just one.
  let identifier: String?

  private let words: [Substring]
  private var position = 0

  /// Reads an expression; `nil` for what is none, such as `GPLv2+ and MIT`.
  init?(_ text: String) {
    guard text.utf8.count <= Self.byteLimit, let words = Self.words(text), !words.isEmpty else { return nil }
    self.words = words
    identifier = words.count == 1 ? LicenseIdentifiers.license(words[0]) : nil
    guard takeAlternatives(depth: 0), position == words.count else { return nil }
  }

  /// Identifiers, operators and parentheses; `nil` where there is anything else.
  private static func words(_ text: String) -> [Substring]? {
    var words: [Substring] = []
    var start: String.UnicodeScalarView.Index?
    let scalars = text.unicodeScalars
    for index in scalars.indices {
      let scalar = scalars[index]
      let isWord =
        scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789-.+:".unicodeScalars.contains(scalar))
      if isWord {
        if start == nil { start = index }
        continue
      }
      if let first = start { words.append(text[first..<index]) }
      start = nil
      switch scalar {
      case "(", ")": words.append(text[index...index])
      case " ": break
      default: return nil
      }
    }
    if let first = start { words.append(text[first...]) }
    return words
  }

  private var next: Substring? { position < words.count ? words[position] : nil }

  private mutating func take(_ word: String) -> Bool {
    guard let next, next == word else { return false }
    position += 1
    return true
  }

  private mutating func takeAlternatives(depth: Int) -> Bool {
    guard depth < Self.maxDepth else { return false }
    repeat {
      repeat { guard takeTerm(depth: depth) else { return false } } while take("AND")
    } while take("OR")
    return true
  }

  private mutating func takeTerm(depth: Int) -> Bool {
    if take("(") { return takeAlternatives(depth: depth + 1) && take(")") }
    guard let word = next, Self.isLicense(word) else { return false }
    position += 1
    guard take("WITH") else { return true }
    guard let exception = next else { return false }
    position += 1
    return LicenseIdentifiers.exception(exception) != nil || Self.isReference(exception, "AdditionRef-")
  }

  private static func isLicense(_ word: Substring) -> Bool {
    if LicenseIdentifiers.license(word) != nil || isReference(word, "LicenseRef-") { return true }
    return word.last == "+" && LicenseIdentifiers.license(word.dropLast()) != nil
  }

  /// A licence that a document defines itself, or another document.
  private static func isReference(_ word: Substring, _ prefix: String) -> Bool {
    var word = word
    if word.hasPrefix("DocumentRef-"), let colon = word.firstIndex(of: ":") {
      guard word[..<colon].utf8.count > "DocumentRef-".utf8.count else { return false }
      word = word[word.index(after: colon)...]
    }
    return word.hasPrefix(prefix) && word.utf8.count > prefix.utf8.count && !word.contains { $0 == ":" || $0 == "+" }
  }
}
