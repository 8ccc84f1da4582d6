/// A JSON text in the making: members keep their order, so that the same report gives the same bytes.
public indirect enum JSON: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int64)
  case string(String)
  case array([JSON])
  case object([Member])

  /// A name and its value.
  public struct Member: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The value.
    public let value: JSON

    /// Makes a member.
    public init(_ name: String, _ value: JSON) {
      self.name = name
      self.value = value
    }
  }

  /// A count.
  ///
  /// JSON's numbers are exact in all readers up to 2⁵³.
  package static func count(_ value: some BinaryInteger) -> JSON { .integer(Int64(clamping: value)) }

  /// A text, or null.
  package static func optional(_ text: String?) -> JSON { text.map(JSON.string) ?? .null }

  /// The text, indented by two spaces, with a newline at the end.
  public var text: String {
    var output = ""
    write(to: &output, indent: "")
    return output + "\n"
  }

  /// The text in one line, without a newline.
  package var line: String {
    switch self {
    case .null, .bool, .integer, .string:
      var output = ""
      write(to: &output, indent: "")
      return output
    case .array(let values): return "[" + values.map(\.line).joined(separator: ", ") + "]"
    case .object(let members):
      return "{" + members.map { "\(JSON.quoted($0.name)): \($0.value.line)" }.joined(separator: ", ") + "}"
    }
  }

  private func write(to output: inout String, indent: String) {
    switch self {
    case .null: output += "null"
    case .bool(let value): output += value ? "true" : "false"
    case .integer(let value): output += "\(value)"
    case .string(let value): output += JSON.quoted(value)
    case .array(let values):
      JSON.writeList(values, "[", "]", &output, indent) { $0.write(to: &$1, indent: $2) }
    case .object(let members):
      JSON.writeList(members, "{", "}", &output, indent) { member, output, inner in
        output += JSON.quoted(member.name) + ": "
        member.value.write(to: &output, indent: inner)
      }
    }
  }

  private static func writeList<Item>(
    _ items: [Item], _ open: String, _ close: String, _ output: inout String, _ indent: String,
    _ write: (Item, inout String, String) -> Void
  ) {
    if items.isEmpty {
      output += open + close
      return
    }
    let inner = indent + "  "
    output += open
    for (index, item) in items.enumerated() {
      output += (index == 0 ? "\n" : ",\n") + inner
      write(item, &output, inner)
    }
    output += "\n" + indent + close
  }

  /// RFC 8259 §7; all but the control characters, quote and backslash stand for themselves.
  private static func quoted(_ text: String) -> String {
    var output = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\t": output += "\\t"
      case "\r": output += "\\r"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: output.unicodeScalars.append(scalar)
      }
    }
    return output + "\""
  }
}
