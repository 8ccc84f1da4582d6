/// The type of a tag's values in a header, with rpm's numbers.
public enum RPMType: UInt32, Sendable, Hashable {
  /// No values: refused in files, as rpm does.
  case null = 0
  /// A byte.
  case char = 1
  /// A byte.
  case int8 = 2
  /// Two bytes, big-endian.
  case int16 = 3
  /// Four bytes, big-endian.
  case int32 = 4
  /// Eight bytes, big-endian.
  case int64 = 5
  /// One string, ended by NUL.
  case string = 6
  /// Bytes.
  case bin = 7
  /// Strings, each ended by NUL.
  case stringArray = 8
  /// A string in several languages, those of HEADERI18NTABLE.
  case i18nString = 9

  /// The bytes of a value; `nil` for strings.
  var width: Int? {
    switch self {
    case .null: 0
    case .char, .int8, .bin: 1
    case .int16: 2
    case .int32: 4
    case .int64: 8
    case .string, .stringArray, .i18nString: nil
    }
  }

  var isText: Bool { width == nil }

  /// Whether rpm accepts it where `expected` is the tag's type: any kind of string for any other.
  func isAccepted(as expected: RPMType) -> Bool { self == expected || isText && expected.isText }
}
