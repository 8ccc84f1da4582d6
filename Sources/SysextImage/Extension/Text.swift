/// Small questions about bytes of text, in one place.
enum Text {
  /// NUL to 0x1F and DEL.
  static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }

  static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  /// systemd's white space.
  static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || isNewline(byte) }

  static func isNewline(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

  /// The words between white space.
  static func words(_ text: String) -> [String] {
    text.utf8.split(whereSeparator: isBlank).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Byte for byte the same, unlike `==`, for which two spellings of an accented letter are one.
  static func same(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }

  /// Byte order.
  static func precedes(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }

  /// For messages: in quotes, control characters made visible.
  static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars.prefix(80) { out += scalar.escaped(asASCII: false) }
    return out + "\""
  }
}
