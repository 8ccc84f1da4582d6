import ImageCore

/// Decodes base64; blanks and ends of lines are skipped.
///
/// - Throws: `.corrupt` with the offset in `text`.
func base64Bytes(_ text: ArraySlice<UInt8>) throws(ImageError) -> [UInt8] {
  var result: [UInt8] = []
  result.reserveCapacity(text.count / 4 * 3)
  var (bits, bitCount, padding) = (UInt32(0), 0, 0)
  for (offset, character) in zip(text.indices, text) {
    let value: UInt8
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): value = 62
    case UInt8(ascii: "/"): value = 63
    case UInt8(ascii: "="):
      padding += 1
      continue
    case 0x20, 0x09, 0x0A, 0x0D: continue
    default: throw ImageError(.corrupt, "no base64", offset: UInt64(offset))
    }
    guard padding == 0 else { throw ImageError(.corrupt, "base64 goes on behind its end", offset: UInt64(offset)) }
    bits = bits << 6 | UInt32(value)
    bitCount += 6
    if bitCount >= 8 {
      bitCount -= 8
      result.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
    }
  }
  // One character of a group is no byte; padding may be left out, as many writers do.
  guard bitCount < 6, padding <= 2 else {
    throw ImageError(.corrupt, "base64 that ends too early", offset: UInt64(text.endIndex))
  }
  return result
}
