public import ImageCore
public import SystemPackage

/// The text of an `os-release` or `extension-release` file: assignments in order.
///
/// Read as systemd reads it (os-release(5), `parse_env_file`): the last assignment to a key counts, and text that is no
/// assignment is passed over. Whatever systemd, a shell and other readers may understand differently is in `findings`.
public struct OSRelease: Sendable, Hashable {
  /// One assignment.
  public struct Field: Sendable, Hashable {
    /// Letters, digits and underscores.
    public let key: String
    /// The value without its quoting.
    public let value: String

    /// Makes an assignment that can be written.
    ///
    /// - Parameters:
    ///   - key: Capital letters, digits and underscores, not beginning with a digit.
    ///   - value: Anything without control characters.
    /// - Throws: `ImageError.Code.invalidArgument` for other keys and values.
    public init(_ key: String, _ value: String) throws(ImageError) {
      guard OSRelease.isWritableKey(key) else {
        throw ImageError(
          .invalidArgument, "\(Text.quoted(key)) is no name of a field: use capital letters, digits and underscores")
      }
      guard !value.utf8.contains(where: Text.isControl) else {
        throw ImageError(.invalidArgument, "the value of \(key) contains a control character")
      }
      (self.key, self.value) = (key, value)
    }

    /// Makes an assignment from `KEY=value` as a user types it: the value is taken as it is, without quoting.
    ///
    /// - Throws: `ImageError.Code.invalidArgument` if there is no equals sign, or as the other initialiser.
    public init(assignment text: String) throws(ImageError) {
      guard let equals = text.utf8.firstIndex(of: UInt8(ascii: "=")) else {
        throw ImageError(.invalidArgument, "\(Text.quoted(text)) is no assignment: write KEY=value")
      }
      try self.init(String(text[..<equals]), String(text[text.utf8.index(after: equals)...]))
    }

    /// What was read, whatever it is.
    init(readKey key: String, value: String) {
      (self.key, self.value) = (key, value)
    }
  }

  /// All assignments in the order of the file, repeated keys included.
  public private(set) var fields: [Field]
  /// What is wrong or doubtful in the text that was read; the place is a line such as `line 3`.
  public let findings: [Finding]
  /// How the text ended; more than a plain end makes appending unsafe.
  let ending: Ending

  enum Ending {
    case plain
    /// Inside quotes or after a backslash: appended lines would become part of the last value.
    case insideValue
    /// In a comment whose last character is a backslash: systemd before 254 takes the next line for a comment, too.
    case continuedComment
  }

  /// Makes a text without assignments.
  public init() {
    fields = []
    findings = []
    ending = .plain
  }

  /// Reads a file's bytes; never fails, see `findings`.
  public init(_ bytes: [UInt8]) {
    var parser = OSReleaseParser()
    parser.parse(bytes)
    fields = parser.fields
    findings = parser.findings
    ending = parser.ending
  }

  /// Reads a file.
  ///
  /// - Parameter path: Such as `usr/lib/os-release` of the system that the extension is for.
  /// - Throws: What stands in the way of reading; `.limit` beyond 1 MiB. What the text says is never an error.
  public init(contentsOf path: FilePath) throws(ImageError) {
    let store = try ByteStore(contentsOf: path)
    guard store.byteCount <= UInt64(ExtensionKind.releaseByteLimit) else {
      throw ImageError(.limit, "too large for an os-release file", context: [path.string])
    }
    self.init(try store.bytes(at: 0, count: Int(store.byteCount)))
  }

  /// Reads a text; never fails, see `findings`.
  public init(_ text: String) {
    self.init(Array(text.utf8))
  }

  /// The value of the last assignment to `key`, or nil if there is none.
  public subscript(key: String) -> String? {
    fields.last { $0.key == key }?.value
  }

  /// The same without the empty string, which systemd mostly takes for "not set".
  func nonEmpty(_ key: String) -> String? {
    self[key].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Whether systemd cannot read the file at all: a NUL byte, or an assignment that is not UTF-8.
  public var isRefused: Bool {
    findings.contains { $0.severity == .error }
  }

  /// Assigns a value: in the place of the last assignment to that key, or at the end.
  public mutating func set(_ field: Field) {
    guard let last = fields.lastIndex(where: { $0.key == field.key }) else {
      fields.append(field)
      return
    }
    fields[last] = field
    fields = fields.enumerated().filter { $0.offset == last || $0.element.key != field.key }.map(\.element)
  }

  /// Assigns a value, if key and value can be written; see `Field`.
  public mutating func set(_ key: String, to value: String) throws(ImageError) {
    set(try Field(key, value))
  }

  /// The file's bytes: a line for each assignment, quoted only where a shell needs it.
  public var bytes: [UInt8] {
    fields.flatMap { Array("\($0.key)=\(Self.shellQuoted($0.value))\n".utf8) }
  }

  /// A value as it stands in the file: as it is, or in double quotes with `"`, `$`, a backtick and a backslash escaped.
  static func shellQuoted(_ value: String) -> String {
    if value.utf8.allSatisfy(isPlain) { return value }
    var quoted: [UInt8] = [UInt8(ascii: "\"")]
    for byte in value.utf8 {
      if OSReleaseParser.isEscapable(byte) { quoted.append(UInt8(ascii: "\\")) }
      quoted.append(byte)
    }
    quoted.append(UInt8(ascii: "\""))
    return String(decoding: quoted, as: UTF8.self)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    OSReleaseParser.isKeyByte(byte) || "._+-:/@%,^=".utf8.contains(byte)
  }

  fileprivate static func isWritableKey(_ key: String) -> Bool {
    guard let first = key.utf8.first, !Text.isDigit(first) else { return false }
    return key.utf8.allSatisfy { OSReleaseParser.isKeyByte($0) && !(UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0) }
  }
}
