import ImageCore
import TestSupport
import Testing

@Suite struct ChecksumTests {
  private let check = Array("123456789".utf8)

  @Test func checkValues() {
    #expect(CRC32.ieee.checksum(check.rawSpan) == 0xCBF4_3926)
    #expect(CRC32.castagnoli.checksum(check.rawSpan) == 0xE306_9283)
  }

  /// RFC 3720, B.4.
  @Test func castagnoliOfTheStandard() {
    let zeros = [UInt8](repeating: 0, count: 32)
    let ones = [UInt8](repeating: 0xFF, count: 32)
    let ascending = (0..<32).map { UInt8($0) }
    #expect(CRC32.castagnoli.checksum(zeros.rawSpan) == 0x8A91_36AA)
    #expect(CRC32.castagnoli.checksum(ones.rawSpan) == 0x62A8_AB43)
    #expect(CRC32.castagnoli.checksum(ascending.rawSpan) == 0x46DD_794E)
  }

  @Test func ofNothing() {
    let nothing: [UInt8] = []
    #expect(CRC32.ieee.checksum(nothing.rawSpan) == 0)
    #expect(CRC32.ieee.update(0x1234_5678, nothing.rawSpan) == 0x1234_5678)
  }

  @Test func inPartsAsInOne() {
    let bytes = Content.random(1000, seed: 1).bytes
    for cut in [0, 1, 7, 500, 999, 1000] {
      let (head, tail) = (Array(bytes[..<cut]), Array(bytes[cut...]))
      for crc in [CRC32.ieee, .castagnoli] {
        #expect(~crc.update(crc.update(.max, head.rawSpan), tail.rawSpan) == crc.checksum(bytes.rawSpan))
      }
    }
  }

  /// Values of the reference program.
  @Test func xxHash() {
    let values: [(String, UInt32)] = [
      ("", 0x02CC_5D05), ("a", 0x550D_7456), ("abc", 0x32D1_53FF), ("123456789", 0x937B_AD67),
      ("Nobody inspects the spammish repetition", 0xE229_3B2F),
    ]
    for (text, value) in values { #expect(xxh32(Array(text.utf8), seed: 0) == value, "\(text)") }
    #expect(xxh32([], seed: 0x9E37_79B1) == 0x36B7_8AE7)
  }
}
