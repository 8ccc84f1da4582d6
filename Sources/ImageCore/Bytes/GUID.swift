/// A GUID, or UUID: 16 bytes in the order of the printed digits (RFC 9562).
///
/// GPT stores the first three groups little-endian ("mixed-endian", UEFI 2.10 appendix A); EROFS stores the bytes in
/// printed order.
public struct GUID: Hashable, Sendable {
  /// The upper eight bytes as printed, as one big-endian number.
  private var high: UInt64
  /// The lower eight bytes.
  private var low: UInt64

  /// `00000000-0000-0000-0000-000000000000`.
  public static let zero = GUID(high: 0, low: 0)

  private init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Takes 16 bytes in printed order; missing ones are zero, further ones are not looked at.
  public init(bytes: some Sequence<UInt8>) {
    var values: [UInt64] = [0, 0]
    for (index, byte) in bytes.prefix(16).enumerated() {
      values[index / 8] |= UInt64(byte) << UInt64(56 - 8 * (index % 8))
    }
    self.init(high: values[0], low: values[1])
  }

  /// Takes 16 bytes as GPT stores them.
  public init(mixedEndian bytes: some Sequence<UInt8>) {
    self.init(bytes: GUID.swapped(Array(bytes.prefix(16))))
  }

  /// Parses `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`, in either case, or 32 digits; `nil` for anything else.
  public init?(_ text: some StringProtocol) {
    let digits = Array(text.utf8)
    let dash = UInt8(ascii: "-")
    let dashed =
      digits.count == 36
      && digits.indices.allSatisfy { (digits[$0] == dash) == [8, 13, 18, 23].contains($0) }
    guard dashed || digits.count == 32, let value = ImageCore.bytes(hex: digits.filter { $0 != dash }),
      value.count == 16
    else { return nil }
    self.init(bytes: value)
  }

  /// The bytes in printed order.
  public var bytes: [UInt8] {
    [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) } }
  }

  /// The bytes as GPT stores them.
  public var mixedEndian: [UInt8] { GUID.swapped(bytes) }

  /// The same with the version nibble and the variant bits (10) of a UUID of `version`.
  public func asUUID(version: UInt8) -> GUID {
    GUID(
      high: high & ~0xF000 | UInt64(version & 15) << 12,
      low: low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
  }

  /// Reverses the first three groups: its own inverse.
  private static func swapped(_ bytes: [UInt8]) -> [UInt8] {
    let full = bytes + repeatElement(0, count: 16 - bytes.count)
    return [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map { full[$0] }
  }
}

extension GUID: CustomStringConvertible {
  /// Lower-case digits in five groups.
  public var description: String {
    let digits = Array(bytes.hex)
    return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }
      .joined(separator: "-")
  }
}
