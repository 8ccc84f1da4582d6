import FileTree
import ImageCore

extension JSON {
  /// Reads a text (RFC 8259); numbers that are no integers of 64 bits become texts.
  ///
  /// - Throws: `.corrupt` with the offset, `.limit` for what is nested deeper than 64.
  init(parsing bytes: [UInt8]) throws(ImageError) {
    var parser = JSONParser(bytes: bytes)
    self = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.isAtEnd else { throw parser.fault("something behind the value") }
  }

  /// An object's member.
  subscript(_ name: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// A text's value.
  var stringValue: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }
}

private struct JSONParser {
  private static let maxDepth = 64

  let bytes: [UInt8]
  private var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  func fault(_ message: String) -> ImageError { ImageError(.corrupt, "JSON: \(message)", offset: UInt64(position)) }

  mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
  }

  /// Takes one byte if it is there, after space.
  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: scalar) else { return false }
    position += 1
    return true
  }

  mutating func value(depth: Int) throws(ImageError) -> JSON {
    guard depth < Self.maxDepth else { throw ImageError(.limit, "JSON: nested deeper than \(Self.maxDepth)") }
    if take("{") { return .object(try members(depth)) }
    if take("[") { return .array(try items(depth)) }
    if take("\"") { return .string(try string()) }
    let start = position
    while position < bytes.count, !Array(" \t\r\n,]}".utf8).contains(bytes[position]) { position += 1 }
    let word = String(decoding: bytes[start..<position], as: UTF8.self)
    switch word {
    case "null": return .null
    case "true": return .bool(true)
    case "false": return .bool(false)
    default:
      if let number = Int64(word) { return .integer(number) }
      guard Double(word) != nil else { throw fault("no value: \(printable(word.utf8))") }
      return .string(word)
    }
  }

  private mutating func members(_ depth: Int) throws(ImageError) -> [JSON.Member] {
    var members: [JSON.Member] = []
    if take("}") { return members }
    repeat {
      guard take("\"") else { throw fault("no name") }
      let name = try string()
      guard take(":") else { throw fault("no colon") }
      members.append(JSON.Member(name, try value(depth: depth + 1)))
    } while take(",")
    guard take("}") else { throw fault("no end of an object") }
    return members
  }

  private mutating func items(_ depth: Int) throws(ImageError) -> [JSON] {
    var items: [JSON] = []
    if take("]") { return items }
    repeat { items.append(try value(depth: depth + 1)) } while take(",")
    guard take("]") else { throw fault("no end of an array") }
    return items
  }

  /// The rest of a text, up to and with the quote.
  private mutating func string() throws(ImageError) -> String {
    var units: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: units, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard position < bytes.count else { throw fault("no end of a text") }
        let escaped = bytes[position]
        position += 1
        switch Unicode.Scalar(escaped) {
        case "n": units.append(0x0A)
        case "t": units.append(0x09)
        case "r": units.append(0x0D)
        case "b": units.append(0x08)
        case "f": units.append(0x0C)
        case "u": units += Array(String(try escapedScalar()).utf8)
        default: units.append(escaped)
        }
      default: units.append(byte)
      }
    }
    throw fault("no end of a text")
  }

  /// What follows `\u`: one unit of UTF-16, or two that belong together.
  private mutating func escapedScalar() throws(ImageError) -> Character {
    var units = [try unit()]
    if UTF16.isLeadSurrogate(units[0]), position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
      bytes[position + 1] == UInt8(ascii: "u")
    {
      position += 2
      units.append(try unit())
    }
    return String(decoding: units, as: UTF16.self).first ?? "\u{FFFD}"
  }

  private mutating func unit() throws(ImageError) -> UInt16 {
    guard position + 4 <= bytes.count,
      let unit = UInt16(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
    else { throw fault("no four digits") }
    position += 4
    return unit
  }
}
