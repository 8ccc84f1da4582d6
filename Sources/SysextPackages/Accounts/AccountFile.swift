/// The lines of passwd, group and sysusers.d files.
enum AccountFile {
  /// The longest file that is read.
  static let byteLimit = 16 << 20

  /// Calls `body` with each line that says something, and its number from 1.
  static func forEachLine(_ bytes: [UInt8], _ body: (ArraySlice<UInt8>, Int) -> Void) {
    var number = 1
    var start = 0
    for position in 0...bytes.count {
      let byte = position < bytes.count ? bytes[position] : 0x0A
      // systemd ends a line at these, too.
      guard byte == 0x0A || byte == 0x0D || byte == 0 else { continue }
      let line = stripped(bytes[start..<position])
      if let first = line.first, first != UInt8(ascii: "#") { body(line, number) }
      start = position + 1
      if byte == 0x0A { number += 1 }
    }
  }

  private static func stripped(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let front = line.drop(while: SysusersWords.isBlank)
    guard let last = front.lastIndex(where: { !SysusersWords.isBlank($0) }) else { return [] }
    return front[...last]
  }

  /// The name and the number of a line of passwd (which has seven fields) or group (four); `nil` for what is neither.
  static func entry(_ line: ArraySlice<UInt8>, fieldCount: Int) -> (name: [UInt8], number: UInt32)? {
    let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard fields.count == fieldCount, !fields[0].isEmpty, let number = number(fields[2]) else { return nil }
    return (Array(fields[0]), number)
  }

  /// Decimal digits, but not the number that means "none".
  static func number(_ digits: some Collection<UInt8>) -> UInt32? {
    guard !digits.isEmpty, digits.count <= 10 else { return nil }
    var value: UInt64 = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      value = value * 10 + UInt64(digit - UInt8(ascii: "0"))
    }
    return value < UInt64(UInt32.max) ? UInt32(value) : nil
  }
}
