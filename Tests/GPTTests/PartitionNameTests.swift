import GPT
import ImageCore
import Testing

@Suite struct PartitionNameTests {
  @Test(
    arguments: [
      ([], ""),
      ([0x61, 0x62], "ab"),
      ([0x61, 0, 0x62, 0xD800], "a"),
      ([0xD83D, 0xDE00, 0x21], "\u{1F600}!"),
      ([0xD800, 0x61], "\\u{D800}a"),
      ([0x61, 0xDC00], "a\\u{DC00}"),
      ([0xD83D, 0xD83D, 0xDE00], "\\u{D83D}\u{1F600}"),
      ([0x0A, 0x1B, 0x85], "\\u{A}\\u{1B}\\u{85}"),
      (Array(repeating: 0x7A, count: 36), String(repeating: "z", count: 36)),
      (Array(repeating: 0x61, count: 35) + [0xD800], String(repeating: "a", count: 35) + "\\u{D800}"),
      (Array(repeating: 0xFFFF, count: 36), String(repeating: "\\u{FFFF}", count: 36)),
    ] as [([UInt16], String)])
  func display(units: [UInt16], text: String) {
    let name = PartitionName(units: units)
    #expect(name.description == text)
    #expect(name.units.count == 36)
    #expect(Array(name.units.prefix(units.count)) == units)
  }

  @Test func textOfAnyKindFits() throws {
    #expect(try PartitionName("root-x86-64").description == "root-x86-64")
    #expect(try PartitionName(String(repeating: "\u{1F600}", count: 18)).description.count == 18)
    #expect(throws: ImageError(.limit, "")) { try PartitionName(String(repeating: "\u{1F600}", count: 18) + "a") }
    #expect(throws: ImageError(.invalidArgument, "")) { try PartitionName("a\0b") }
  }
}
