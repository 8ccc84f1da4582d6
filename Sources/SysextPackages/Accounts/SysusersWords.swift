/// Cuts a line of sysusers.d into words as systemd does: at white space, with both kinds of quotes and backslashes.
struct SysusersWords {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// What keeps a line from being cut.
  enum Fault: Error {
    case openQuote
    case openBackslash

    var message: String {
      switch self {
      case .openQuote: "a quote is not closed"
      case .openBackslash: "it ends in a backslash"
      }
    }
  }

  /// Whether nothing but white space is left.
  var isAtEnd: Bool { bytes[position...].allSatisfy(Self.isBlank) }

  /// The next word, which is empty for `""`; `nil` at the end.
  mutating func next() throws(Fault) -> [UInt8]? {
    while position < bytes.count, Self.isBlank(bytes[position]) { position += 1 }
    guard position < bytes.count else { return nil }
    var word: [UInt8] = []
    var quote: UInt8?
    while position < bytes.count {
      let byte = bytes[position]
      if quote == nil, Self.isBlank(byte) { return word }
      position += 1
      if byte == quote {
        quote = nil
      } else if byte == UInt8(ascii: "\\") {
        guard position < bytes.count else { throw .openBackslash }
        word.append(bytes[position])
        position += 1
      } else if quote == nil, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else {
        word.append(byte)
      }
    }
    guard quote == nil else { throw .openQuote }
    return word
  }

  static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte) && byte != 0x0B && byte != 0x0C
  }
}
