public import ImageCore

/// A partition's label: 36 units of UTF-16, kept as they are.
///
/// What comes after the first zero unit belongs to nobody but is kept, too; a name of 36 units has no zero.
public struct PartitionName: Hashable, Sendable {
  /// The number of units that every partition entry has.
  public static let unitCount = 36

  /// All 36 units.
  public let units: [UInt16]

  /// Takes up to 36 units; missing ones are zero.
  public init(units: some Sequence<UInt16>) {
    var all = Array(units.prefix(PartitionName.unitCount))
    all.append(contentsOf: repeatElement(0, count: PartitionName.unitCount - all.count))
    self.units = all
  }

  /// Takes a text.
  ///
  /// - Throws: `.limit` for more than 36 UTF-16 units, `.invalidArgument` for a NUL.
  public init(_ text: String) throws(ImageError) {
    if text.utf16.count > PartitionName.unitCount {
      throw ImageError(
        .limit, "a partition label has at most \(PartitionName.unitCount) UTF-16 units, this one \(text.utf16.count)",
        context: [text])
    }
    if text.utf16.contains(0) { throw ImageError(.invalidArgument, "a partition label cannot contain NUL") }
    self.init(units: text.utf16)
  }

  init(littleEndianBytes bytes: [UInt8]) {
    self.init(units: stride(from: 0, to: bytes.count - 1, by: 2).map { UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8 })
  }

  var littleEndianBytes: [UInt8] {
    units.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
  }
}

extension PartitionName: CustomStringConvertible {
  /// The text before the first zero unit.
  ///
  /// Lone surrogates, control characters and U+FFFF appear as `\u{D800}`; the units tell whether a backslash is one.
  public var description: String {
    var text = ""
    var decoder = UTF16()
    var rest = units.prefix { $0 != 0 }[...]
    while let unit = rest.first {
      var one = rest.makeIterator()
      switch decoder.decode(&one) {
      case .scalarValue(let scalar) where PartitionName.isPrintable(scalar):
        text.unicodeScalars.append(scalar)
        rest = rest.dropFirst(scalar.value > 0xFFFF ? 2 : 1)
      case .scalarValue, .error, .emptyInput:
        text += "\\u{\(String(unit, radix: 16, uppercase: true))}"
        rest = rest.dropFirst()
      }
      decoder = UTF16()
    }
    return text
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value) && scalar.value != 0xFFFF
  }
}
