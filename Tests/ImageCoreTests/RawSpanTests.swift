import ImageCore
import Testing

@Suite struct RawSpanTests {
  private let bytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0xFF, 0xFE, 0xFD]

  @Test func littleEndianAtAnyAlignment() throws {
    let span = bytes.rawSpan
    #expect(try span.u8(at: 11) == 0xFD)
    #expect(try span.u16(at: 1) == 0x0302)
    #expect(try span.u16(at: 9) == 0xFEFF)
    #expect(try span.u32(at: 3) == 0x0706_0504)
    #expect(try span.u64(at: 1) == 0x0908_0706_0504_0302)
    #expect(try span.u64(at: 4) == 0xFDFE_FF09_0807_0605)
    #expect(try span.array(at: 2, count: 3) == [3, 4, 5])
  }

  /// Where a read of `count` bytes at `offset` fails, and with what.
  private func expectTruncated(
    at offset: Int, _ count: Int, sourceLocation: SourceLocation = #_sourceLocation,
    _ read: (RawSpan) throws(ImageError) -> Void
  ) {
    let error = #expect(throws: ImageError.self, sourceLocation: sourceLocation) { try read(bytes.rawSpan) }
    #expect(
      error?.code == .truncated && error?.offset == UInt64(max(0, offset)), "\(offset): \(String(describing: error))",
      sourceLocation: sourceLocation)
    let there = max(0, offset < 0 ? bytes.count : bytes.count - offset)
    if offset >= 0 && count >= 0 {
      #expect(error?.message == "\(count) bytes needed, \(there) there", sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: [-1, .min, .min + 1, 5, 9, 11, 12, 13, 1 << 40, .max - 7, .max])
  func readsPastTheEnd(_ offset: Int) {
    func isInside(_ count: Int) -> Bool { offset >= 0 && offset <= bytes.count - count }
    if !isInside(1) { expectTruncated(at: offset, 1) { (span) throws(ImageError) in _ = try span.u8(at: offset) } }
    if !isInside(2) { expectTruncated(at: offset, 2) { (span) throws(ImageError) in _ = try span.u16(at: offset) } }
    if !isInside(4) { expectTruncated(at: offset, 4) { (span) throws(ImageError) in _ = try span.u32(at: offset) } }
    if !isInside(8) { expectTruncated(at: offset, 8) { (span) throws(ImageError) in _ = try span.u64(at: offset) } }
  }

  @Test(arguments: [
    (-1, 1), (-1, 0), (0, -1), (0, 13), (12, 1), (13, 0), (5, 8), (5, .max), (.max, .max), (.max, 1), (.min, .min),
    (0, .min), (0, .max),
  ])
  func rangesPastTheEnd(_ offset: Int, _ count: Int) {
    expectTruncated(at: offset, count) { (span) throws(ImageError) in _ = try span.array(at: offset, count: count) }
    expectTruncated(at: offset, count) { (span) throws(ImageError) in _ = try span.slice(at: offset, count: count) }
    expectTruncated(at: offset, count) { (span) throws(ImageError) in try span.check(offset, count) }
  }

  @Test func emptyRangesAreFineUpToTheEnd() throws {
    let span = bytes.rawSpan
    for offset in 0...12 { #expect(try span.array(at: offset, count: 0) == []) }
    #expect(try span.array(at: 0, count: 12) == bytes)
    let empty: [UInt8] = []
    #expect(try empty.rawSpan.array(at: 0, count: 0) == [])
    #expect(throws: ImageError(.truncated, "")) { try empty.rawSpan.u8(at: 0) }
  }

  @Test func slicesSeeTheirPartOnly() throws {
    let slice = try bytes.rawSpan.slice(at: 2, count: 4)
    #expect(slice.byteCount == 4)
    #expect(try slice.u32(at: 0) == 0x0605_0403)
    #expect(try slice.slice(at: 4, count: 0).byteCount == 0)
    let error = #expect(throws: ImageError.self) { try slice.u32(at: 1) }
    #expect(error?.offset == 1)
  }

  @Test func appendsLittleEndian() {
    var output: [UInt8] = []
    output.appendLE(UInt8(1))
    output.appendLE(UInt16(0x0203))
    output.appendLE(UInt32(0x0405_0607))
    output.appendLE(UInt64(0x0809_0A0B_0C0D_0E0F))
    output.appendLE(Int16(-2))
    #expect(output == [1, 3, 2, 7, 6, 5, 4, 0x0F, 0x0E, 0x0D, 0x0C, 0x0B, 0x0A, 9, 8, 0xFE, 0xFF])
  }

  @Test(arguments: [(0, 0), (1, 8), (7, 8), (8, 8), (9, 16)]) func pads(_ count: Int, _ padded: Int) {
    var output = [UInt8](repeating: 1, count: count)
    output.pad(to: 8)
    #expect(output == [UInt8](repeating: 1, count: count) + repeatElement(0, count: padded - count))
  }
}

@Suite struct CheckedArithmeticTests {
  @Test func whatFits() throws {
    #expect(try UInt32(7).adding(.max - 7, "sum") == .max)
    #expect(try UInt32(0x1_0000).multiplied(by: 0xFFFF, "product") == 0xFFFF_0000)
    #expect(try UInt64(Int.max).asInt("value") == .max)
    #expect(try Int8(-100).adding(-28, "sum") == -128)
  }

  @Test func whatDoesNot() {
    let error = #expect(throws: ImageError.self) { try UInt64.max.adding(1, "the end") }
    #expect(error?.code == .corrupt && error?.message == "the end is too large")
    #expect(throws: ImageError(.corrupt, "")) { try UInt32(0x1_0000).multiplied(by: 0x1_0000, "product") }
    #expect(throws: ImageError(.corrupt, "")) { try (UInt64.max / 2 + 1).asInt("value") }
    #expect(throws: ImageError(.corrupt, "")) { try Int.min.multiplied(by: -1, "product") }
  }

  @Test func rounding() {
    #expect([0, 1, 4095, 4096, 4097].map { $0.roundedUp(to: 4096) } == [0, 4096, 4096, 4096, 8192])
    #expect([0, 1, 4095, 4096, 4097].map { $0.dividedRoundingUp(by: 4096) } == [0, 1, 1, 1, 2])
    #expect(UInt64.max.dividedRoundingUp(by: 2) == 1 << 63)
    #expect(UInt64(10).roundedUp(to: 3) == 12)
  }
}
