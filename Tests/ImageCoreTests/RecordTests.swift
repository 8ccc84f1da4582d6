import ImageCore
import TestSupport
import Testing

/// Every kind of field, at odd offsets.
private struct Sample: Record, Equatable {
  static let byteCount = 61

  var byte: UInt8 = 0
  var half: UInt16 = 0
  var word: UInt32 = 0
  var long: UInt64 = 0
  var type = GUID.zero
  var uuid = GUID.zero
  var text = [UInt8](repeating: 0, count: 9)

  mutating func fields<V: FieldVisitor & ~Copyable & ~Escapable>(_ visitor: inout V) {
    visitor.u8("byte", &byte)
    visitor.u16("half", &half)
    visitor.u32("word", &word)
    visitor.reserved(3)
    visitor.u64("long", &long)
    visitor.guid("type", &type)
    visitor.uuid("uuid", &uuid)
    visitor.bytes("text", &text, count: 9)
    visitor.reserved(2)
  }

  static let known: Sample = {
    var sample = Sample()
    sample.byte = 0x01
    sample.half = 0x0203
    sample.word = 0x0405_0607
    sample.long = 0x0809_0A0B_0C0D_0E0F
    sample.type = GUID(bytes: 0x10...0x1F)
    sample.uuid = GUID(bytes: 0x20...0x2F)
    sample.text = Array("ABCDEFGHI".utf8)
    return sample
  }()

  static let knownBytes: [UInt8] =
    [0x01, 0x03, 0x02, 0x07, 0x06, 0x05, 0x04, 0, 0, 0, 0x0F, 0x0E, 0x0D, 0x0C, 0x0B, 0x0A, 0x09, 0x08]
    + [0x13, 0x12, 0x11, 0x10, 0x15, 0x14, 0x17, 0x16] + (0x18...0x1F) + (0x20...0x2F) + Array("ABCDEFGHI".utf8)
    + [0, 0]
}

@Suite struct RecordTests {
  @Test func bytesOfAllFields() throws {
    #expect(Sample.known.encoded == Sample.knownBytes)
    #expect(try Sample(Sample.knownBytes.rawSpan) == Sample.known)
  }

  @Test func readsAndWritesAtAnOffset() throws {
    var bytes = [UInt8](repeating: 0xEE, count: 100)
    Sample.known.write(to: &bytes, at: 7)
    #expect(bytes == repeatElement(0xEE, count: 7) + Sample.knownBytes + repeatElement(0xEE, count: 32))
    #expect(try Sample(bytes.rawSpan, at: 7) == Sample.known)
  }

  @Test func randomOnesComeBack() throws {
    var generator = SplitMix64(seed: 1)
    for _ in 0..<100 {
      var bytes = generator.bytes(Sample.byteCount)
      let sample = try Sample(bytes.rawSpan)
      // What is reserved is written as zeros and read as anything.
      bytes.fillZero(7..<10)
      bytes.fillZero(59..<61)
      #expect(sample.encoded == bytes)
      #expect(try Sample(bytes.rawSpan) == sample)
    }
  }

  @Test func everyTruncationSaysWhere() {
    let bytes = [UInt8](repeating: 0, count: 8) + Sample.knownBytes
    for count in 0..<bytes.count {
      let part = Array(bytes[..<count])
      let error = #expect(throws: ImageError.self) { try Sample(part.rawSpan, at: 8) }
      #expect(error?.code == .truncated && error?.offset == 8, "\(count) bytes")
    }
    for offset in [-1, .min, 9, 69, .max] {
      #expect(throws: ImageError(.truncated, "")) { try Sample(bytes.rawSpan, at: offset) }
    }
  }

  @Test func describesEachField() {
    let fields = Sample.known.described
    #expect(fields.map(\.name) == ["byte", "half", "word", "long", "type", "uuid", "text"])
    #expect(fields.map(\.offset) == [0, 1, 3, 10, 18, 34, 50])
    #expect(fields.map(\.byteCount) == [1, 2, 4, 8, 16, 16, 9])
    #expect(
      fields.map(\.value) == [
        "1", "515", "67438087", "579005069656919567", "10111213-1415-1617-1819-1a1b1c1d1e1f",
        "20212223-2425-2627-2829-2a2b2c2d2e2f", "414243444546474849",
      ])
  }

  @Test func measuresItself() {
    var sample = Sample()
    var printer = FieldPrinter()
    sample.fields(&printer)
    #expect(printer.offset == Sample.byteCount && Sample().encoded.count == Sample.byteCount)
  }

  @Test func bytesAreCutOrFilled() throws {
    var sample = Sample()
    sample.text = [1, 2]
    #expect(try Sample(sample.encoded.rawSpan).text == [1, 2, 0, 0, 0, 0, 0, 0, 0])
    sample.text = [UInt8](repeating: 7, count: 20)
    #expect(try Sample(sample.encoded.rawSpan).text == [UInt8](repeating: 7, count: 9))
    #expect(sample.encoded.count == Sample.byteCount)
  }
}
