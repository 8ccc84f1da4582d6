import SysextImage

/// What we look at in an answer's head, out of its lines.
struct ResponseHeaders: Sendable, Hashable {
  /// The numbers of a `Content-Range` (RFC 9110 §14.4).
  struct ContentRange: Sendable, Hashable {
    /// `nil` when the server has nothing of what was asked for.
    let range: Range<UInt64>?
    /// The file's length; `nil` when the server does not know it.
    let byteCount: UInt64?
  }

  /// How long all lines together may be.
  static let byteLimit = 64 << 10

  private(set) var status = 0
  private(set) var contentRange: ContentRange?
  private(set) var contentLength: UInt64?
  /// How the body is coded: the words of `Content-Encoding`, `nil` when it is not.
  private(set) var encoding: String?
  private(set) var etag: String?
  private(set) var lastModified: String?
  /// Too many, or one that contradicts the protocol.
  private(set) var fault: String?
  /// The length of all lines, those of heads before this one included.
  private(set) var byteCount = 0

  /// Takes a line with its end; a status line begins a new head.
  mutating func add(_ line: some Collection<UInt8>) {
    byteCount += line.count
    if byteCount > Self.byteLimit { fault = "more than \(Self.byteLimit) bytes of headers" }
    let text = String(decoding: line, as: UTF8.self)
    if text.hasPrefix("HTTP/") {
      let (fault, byteCount) = (self.fault, self.byteCount)
      self = ResponseHeaders()
      (self.fault, self.byteCount) = (fault, byteCount)
      let words = text.split(separator: " ", maxSplits: 2)
      status = words.count > 1 ? Int(words[1].prefix(3)) ?? 0 : 0
      return
    }
    guard let colon = text.firstIndex(of: ":") else { return }
    let value = Self.trimmed(text[text.index(after: colon)...])
    switch text[..<colon].lowercased() {
    case "content-range":
      contentRange = Self.contentRange(value)
      if contentRange == nil { fault = "an impossible Content-Range, \(printable(value.utf8.prefix(100)))" }
    case "content-length": contentLength = UInt64(value)
    case "content-encoding":
      let words = value.lowercased()
      encoding = words.isEmpty || words == "identity" ? nil : words
    case "etag": etag = value.isEmpty ? nil : value
    case "last-modified": lastModified = value.isEmpty ? nil : value
    default: break
    }
  }

  /// Blanks, tabs and the line's end: a carriage return and a newline are one `Character`.
  private static func trimmed(_ text: Substring) -> String {
    let bytes = text.utf8.drop { $0 <= 32 }
    guard let last = bytes.lastIndex(where: { $0 > 32 }) else { return "" }
    return String(Substring(bytes[...last]))
  }

  /// `bytes 0-99/1000`, `bytes 0-99/*` or `bytes */1000`.
  private static func contentRange(_ value: String) -> ContentRange? {
    let words = value.split(separator: " ")
    guard words.count == 2, words[0].lowercased() == "bytes" else { return nil }
    let halves = words[1].split(separator: "/", omittingEmptySubsequences: false)
    guard halves.count == 2 else { return nil }
    let byteCount = number(halves[1])
    if byteCount == nil, halves[1] != "*" { return nil }
    if halves[0] == "*" { return ContentRange(range: nil, byteCount: byteCount) }
    let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, let first = number(ends[0]), let last = number(ends[1]), first <= last, last < .max,
      byteCount.map({ last < $0 }) ?? true
    else { return nil }
    return ContentRange(range: first..<last + 1, byteCount: byteCount)
  }

  /// Digits only: `UInt64` would take a sign.
  private static func number(_ text: Substring) -> UInt64? {
    text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? UInt64(text) : nil
  }
}
