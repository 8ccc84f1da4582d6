/// The order of versions that systemd uses everywhere: UAPI.10, "Version Format Specification".
public enum VersionOrder {
  /// How `left` stands to `right`.
  public enum Result: Sendable, Hashable {
    case older, same, newer
  }

  /// Compares two versions, or two names that contain versions.
  public static func compare(_ left: String, _ right: String) -> Result {
    var left = Array(left.utf8)[...]
    var right = Array(right.utf8)[...]
    while true {
      left = left.drop { !isSignificant($0) }
      right = right.drop { !isSignificant($0) }
      if let result = cut(UInt8(ascii: "~"), &left, &right) { return result }
      if left.isEmpty || right.isEmpty { return order(left.isEmpty ? 0 : 1, right.isEmpty ? 0 : 1) ?? .same }
      for separator in "-^.".utf8 {
        if let result = cut(separator, &left, &right) { return result }
      }
      if let result = compareRun(&left, &right) { return result }
    }
  }

  /// If only one begins with `mark`, that one is older; if both do, it is dropped.
  private static func cut(
    _ mark: UInt8, _ left: inout ArraySlice<UInt8>, _ right: inout ArraySlice<UInt8>
  ) -> Result? {
    switch (left.first == mark, right.first == mark) {
    case (false, false): return nil
    case (true, false): return .older
    case (false, true): return .newer
    case (true, true):
      left.removeFirst()
      right.removeFirst()
      return nil
    }
  }

  /// Compares and drops one run of digits (as numbers) or of letters.
  private static func compareRun(_ left: inout ArraySlice<UInt8>, _ right: inout ArraySlice<UInt8>) -> Result? {
    let isNumber = [left.first, right.first].contains { $0.map(Text.isDigit) ?? false }
    let belongs = isNumber ? Text.isDigit : Text.isLetter
    let first = left.prefix(while: belongs)
    let second = right.prefix(while: belongs)
    left = left.dropFirst(first.count)
    right = right.dropFirst(second.count)
    guard isNumber else {
      if let result = bytes(first, second, upTo: min(first.count, second.count)) { return result }
      return order(first.count, second.count)
    }
    // A number is newer than no number.
    if let result = order(first.isEmpty ? 0 : 1, second.isEmpty ? 0 : 1) { return result }
    let one = first.drop { $0 == UInt8(ascii: "0") }
    let two = second.drop { $0 == UInt8(ascii: "0") }
    return order(one.count, two.count) ?? bytes(one, two, upTo: one.count)
  }

  private static func bytes(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>, upTo count: Int) -> Result? {
    let (left, right) = (left.prefix(count), right.prefix(count))
    if left.elementsEqual(right) { return nil }
    return left.lexicographicallyPrecedes(right) ? .older : .newer
  }

  private static func order(_ left: Int, _ right: Int) -> Result? {
    left == right ? nil : left < right ? .older : .newer
  }

  private static func isSignificant(_ byte: UInt8) -> Bool {
    Text.isDigit(byte) || Text.isLetter(byte) || "-.~^".utf8.contains(byte)
  }
}
