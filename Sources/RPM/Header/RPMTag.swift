/// The number that names a value in a header: an open set, since unknown tags are kept.
///
/// The same number can mean different things in signature headers and in main headers: names depend on the header.
public struct RPMTag: RawRepresentable, Hashable, Comparable, Sendable {
  /// rpm's number.
  public let rawValue: UInt32

  /// Takes any number.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The tag that rpm calls `name` in main headers, such as `FILEMODES`; `nil` for a name that it does not store.
  public init?(_ name: String) {
    guard let row = Self.mainTable.first(where: { $0.name == name }) else { return nil }
    self.init(rawValue: row.number)
  }

  /// By number.
  public static func < (left: RPMTag, right: RPMTag) -> Bool { left.rawValue < right.rawValue }

  /// The name as rpm spells it, such as `FILEMODES`, or `#4711` for a tag that rpm has no name for.
  public func name(in kind: RPMHeaderBlob.Kind) -> String {
    row(in: kind)?.name ?? "#\(rawValue)"
  }

  /// The type that rpm stores this tag's values in; `nil` for a tag that it does not know.
  func type(in kind: RPMHeaderBlob.Kind) -> RPMType? { row(in: kind)?.type }

  private func row(in kind: RPMHeaderBlob.Kind) -> (number: UInt32, name: String, type: RPMType)? {
    if kind == .signature { return Self.signatureTable.first { $0.number == rawValue } }
    let numbers = Self.mainNumbers
    var (low, high) = (0, numbers.count)
    while low < high {
      let middle = (low + high) / 2
      if numbers[middle] < rawValue { low = middle + 1 } else { high = middle }
    }
    return low < numbers.count && numbers[low] == rawValue ? Self.mainTable[low] : nil
  }

  /// Apart from the names: each entry of each header is looked up here.
  private static let mainNumbers = mainTable.map(\.number)
}

extension RPMTag {
  /// The tags of signature headers, by number.
  static let signatureTable: [(number: UInt32, name: String, type: RPMType)] = [
    (61, "HEADERIMAGE", .bin),
    (62, "HEADERSIGNATURES", .bin),
    (264, "BADSHA1_1", .string),
    (265, "BADSHA1_2", .string),
    (267, "DSA", .bin),
    (268, "RSA", .bin),
    (269, "SHA1", .string),
    (270, "LONGSIZE", .int64),
    (271, "LONGARCHIVESIZE", .int64),
    (273, "SHA256", .string),
    (274, "FILESIGNATURES", .stringArray),
    (275, "FILESIGNATURELENGTH", .int32),
    (276, "VERITYSIGNATURES", .stringArray),
    (277, "VERITYSIGNATUREALGO", .int32),
    (278, "OPENPGP", .stringArray),
    (279, "SHA3_256", .string),
    (999, "RESERVED", .bin),
    (1000, "SIZE", .int32),
    (1001, "LEMD5_1", .bin),
    (1002, "PGP", .bin),
    (1003, "LEMD5_2", .bin),
    (1004, "MD5", .bin),
    (1005, "GPG", .bin),
    (1006, "PGP5", .bin),
    (1007, "PAYLOADSIZE", .int32),
    (1008, "RESERVEDSPACE", .bin),
  ]

  package static let signatureDSA = RPMTag(rawValue: 267)
  package static let signatureRSA = RPMTag(rawValue: 268)
  static let signatureSHA1 = RPMTag(rawValue: 269)
  static let signatureLongSize = RPMTag(rawValue: 270)
  static let signatureSHA256 = RPMTag(rawValue: 273)
  package static let signatureOpenPGP = RPMTag(rawValue: 278)
  static let signatureSHA3 = RPMTag(rawValue: 279)
  static let signatureSize = RPMTag(rawValue: 1000)
  package static let signaturePGP = RPMTag(rawValue: 1002)
  static let signatureMD5 = RPMTag(rawValue: 1004)
  package static let signatureGPG = RPMTag(rawValue: 1005)
}
