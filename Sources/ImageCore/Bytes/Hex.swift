extension Sequence<UInt8> {
  /// Lower-case hexadecimal digits, two for each byte.
  public var hex: String {
    var text: [UInt8] = []
    let digits = Array("0123456789abcdef".utf8)
    for byte in self {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}

/// The bytes that pairs of hexadecimal digits stand for; `nil` for anything else.
package func bytes(hex: some Collection<UInt8>) -> [UInt8]? { bytes(hex: Array(hex)[...]) }

/// The same for an array's slice, which the compiler makes machine code of: a package has one for each of its files.
package func bytes(hex: ArraySlice<UInt8>) -> [UInt8]? {
  guard hex.count.isMultiple(of: 2) else { return nil }
  var result: [UInt8] = []
  result.reserveCapacity(hex.count / 2)
  var high: UInt8?
  for character in hex {
    guard let digit = character.hexDigitValue else { return nil }
    if let first = high {
      result.append(first << 4 | digit)
      high = nil
    } else {
      high = digit
    }
  }
  return result
}

/// The number that the eight hexadecimal digits at `offset`, which are inside, stand for; `nil` for anything else.
package func number(hex bytes: [UInt8], at offset: Int) -> UInt32? {
  var number: UInt32 = 0
  for index in offset..<offset + 8 {
    guard let digit = bytes[index].hexDigitValue else { return nil }
    number = number << 4 | UInt32(digit)
  }
  return number
}

extension UInt8 {
  /// What an ASCII character stands for as a hexadecimal digit; `nil` for any other.
  package var hexDigitValue: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
