/// A file's name or path as the kernel sees it: any bytes but NUL.
///
/// A string literal gives its UTF-8; `RawName([0xFF])` and `+` give the rest.
package struct RawName: Hashable, Sendable, Comparable, ExpressibleByStringInterpolation, CustomStringConvertible {
  package var bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }
  package init(_ text: String) { bytes = Array(text.utf8) }
  package init(stringLiteral text: String) { bytes = Array(text.utf8) }

  /// `count` times the same byte, by default the letter "n".
  package init(repeating byte: UInt8 = 110, count: Int) {
    bytes = [UInt8](repeating: byte, count: count)
  }

  package static func + (left: RawName, right: RawName) -> RawName { RawName(left.bytes + right.bytes) }
  package static func / (left: RawName, right: RawName) -> RawName {
    if left.bytes.isEmpty { return right }
    return RawName(left.bytes + [47] + right.bytes)
  }
  package static func < (left: RawName, right: RawName) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }

  /// The folder's path and the last component.
  package var split: (folder: RawName, name: RawName) {
    guard let slash = bytes.lastIndex(of: 47) else { return (RawName([]), self) }
    return (RawName(Array(bytes[..<slash])), RawName(Array(bytes[(slash + 1)...])))
  }

  /// Printable ASCII as it is, everything else as `\xNN`.
  package var description: String {
    var text = ""
    for byte in bytes {
      if byte > 31 && byte < 127 && byte != 92 {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += "\\x" + hexadecimal([byte])
      }
    }
    return text
  }
}

/// Two lower-case digits for each byte.
package func hexadecimal(_ bytes: [UInt8]) -> String {
  let digits = Array("0123456789abcdef".unicodeScalars)
  var text = ""
  for byte in bytes {
    text.unicodeScalars.append(digits[Int(byte >> 4)])
    text.unicodeScalars.append(digits[Int(byte & 15)])
  }
  return text
}
