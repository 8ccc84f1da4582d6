import ImageCore

/// Takes OpenPGP data out of its ASCII armor (RFC 9580, section 6).
enum Armor {
  private static let begin = Array("-----BEGIN PGP ".utf8)
  private static let end = Array("-----END PGP ".utf8)
  private static let publicKey = Array("-----BEGIN PGP PUBLIC KEY BLOCK-----".utf8)

  /// The data of all blocks of public keys in a text; `nil` where there is no block at all.
  ///
  /// Text between the blocks is skipped. The checksum is optional, as it is in RFC 9580, and compared where there is one.
  ///
  /// - Throws: `.corrupt`, `.truncated` or `.mismatch`, with the offset in `text`.
  static func publicKeys(_ text: [UInt8]) throws(ImageError) -> [UInt8]? {
    var result: [UInt8] = []
    var hasBlock = false
    var lines = Lines(text)
    while let line = lines.next() {
      guard text[line].starts(with: begin) else { continue }
      hasBlock = true
      guard text[line].trimmed.elementsEqual(publicKey) else {
        throw ImageError(.corrupt, "an OpenPGP block that is no public key", offset: UInt64(line.lowerBound))
      }
      result += try block(&lines, text, start: line.lowerBound)
    }
    return hasBlock ? result : nil
  }

  private static func block(_ lines: inout Lines, _ text: [UInt8], start: Int) throws(ImageError) -> [UInt8] {
    // Headers such as "Comment: …", which have a colon, as base64 has not; then a blank line, which some leave out.
    var data: Range<Int>?
    while let line = lines.next() {
      let words = text[line].trimmed
      if words.isEmpty || words.contains(UInt8(ascii: ":")) { continue }
      data = line
      break
    }
    guard let first = data?.lowerBound else { throw unended(start) }
    var last = first
    var checksum: ArraySlice<UInt8>?
    var line = data
    while let current = line {
      let words = text[current].trimmed
      if words.starts(with: end) {
        let bytes = try base64Bytes(text[first..<last])
        if let checksum { try compare(bytes, checksum) }
        return bytes
      }
      if words.count == 5, words.first == UInt8(ascii: "=") {
        checksum = words.dropFirst()
      } else if checksum == nil {
        last = current.upperBound
      } else if !words.isEmpty {
        throw ImageError(.corrupt, "an OpenPGP block goes on behind its checksum", offset: UInt64(current.lowerBound))
      }
      line = lines.next()
    }
    throw unended(start)
  }

  private static func unended(_ start: Int) -> ImageError {
    ImageError(.truncated, "an OpenPGP block without an end", offset: UInt64(start))
  }

  private static func compare(_ bytes: [UInt8], _ checksum: ArraySlice<UInt8>) throws(ImageError) {
    let claimed = try base64Bytes(checksum).reduce(0) { $0 << 8 | UInt32($1) }
    guard claimed == crc24(bytes) else {
      throw ImageError(.mismatch, "the checksum of an OpenPGP block is wrong", offset: UInt64(checksum.startIndex))
    }
  }

  /// CRC-24 with OpenPGP's polynomial and start (RFC 9580, section 6.1.1).
  static func crc24(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xB704CE
    for byte in bytes {
      crc ^= UInt32(byte) << 16
      for _ in 0..<8 { crc = crc & 0x80_0000 == 0 ? crc << 1 : crc << 1 ^ 0x186_4CFB }
    }
    return crc & 0xFF_FFFF
  }
}

/// The lines of a text, as ranges.
private struct Lines {
  private let text: [UInt8]
  private var offset = 0

  init(_ text: [UInt8]) { self.text = text }

  mutating func next() -> Range<Int>? {
    guard offset < text.count else { return nil }
    let start = offset
    let end = text.rawSpan.firstIndex(of: 0x0A, in: start..<text.count) ?? text.count
    offset = end + 1
    return start..<end
  }
}

extension ArraySlice<UInt8> {
  /// Without blanks at its ends.
  fileprivate var trimmed: ArraySlice<UInt8> {
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
    guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
      return []
    }
    return self[first...last]
  }
}
