import FileTree

extension [JSON.Member] {
  /// A member with what is printed of the bytes, and one with the bytes themselves where that is something else.
  package static func text(_ name: String, _ bytes: [UInt8]) -> [JSON.Member] {
    let text = JSON.Member(name, .string(printable(bytes)))
    return bytes.isPlainText ? [text] : [text, .init(name + "Base64", .string(bytes.base64))]
  }

  /// `text` for what is text, else `base64`.
  package static func value(_ bytes: [UInt8]) -> [JSON.Member] {
    bytes.isPlainText
      ? [.init("text", .string(String(decoding: bytes, as: UTF8.self)))] : [.init("base64", .string(bytes.base64))]
  }
}

/// A mode's lower twelve bits, as `0755`.
package func octal(_ mode: UInt16) -> String {
  let digits = String(mode, radix: 8)
  return String(repeating: "0", count: 4 - digits.utf8.count) + digits
}
