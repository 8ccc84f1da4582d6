import GPT
import ImageCore
import Testing

@Suite struct RecordTests {
  static let records: [any Record.Type] = [
    MBRPartitionRecord.self, ProtectiveMBR.self, Header.self, PartitionEntry.self,
  ]

  @Test(arguments: [16, 512, 92, 128].indices)
  func measuredLengthIsTheDeclaredOne(index: Int) {
    let type = RecordTests.records[index]
    var printer = FieldPrinter()
    var record = type.init()
    record.fields(&printer)
    #expect(printer.offset == type.byteCount)
    #expect(type.byteCount == [16, 512, 92, 128][index])
    #expect(record.encoded.count == type.byteCount)
  }

  @Test(arguments: 0..<4) func randomBytesSurviveARoundTrip(index: Int) throws {
    let type = RecordTests.records[index]
    var state: UInt64 = 7
    for _ in 0..<50 {
      var bytes = (0..<type.byteCount).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 33)
      }
      if type == Header.self { bytes.replaceSubrange(20..<24, with: [0, 0, 0, 0]) }
      #expect(try type.init(bytes.rawSpan).encoded == bytes)
    }
  }

  @Test(arguments: 0..<4) func everyTruncationIsAnError(index: Int) {
    let type = RecordTests.records[index]
    for count in 0..<type.byteCount {
      let bytes = [UInt8](repeating: 0xFF, count: count)
      #expect(throws: ImageError(.truncated, "")) { try type.init(bytes.rawSpan) }
    }
  }

  /// Offsets by UEFI 2.10 §5.3.2 and §5.3.3, written out by hand.
  @Test func fieldsAreWhereTheSpecificationSays() {
    let header = Header().described.map { "\($0.offset) \($0.name)" }
    #expect(
      header == [
        "0 Signature", "8 Revision", "12 HeaderSize", "16 HeaderCRC32", "24 MyLBA", "32 AlternateLBA",
        "40 FirstUsableLBA", "48 LastUsableLBA", "56 DiskGUID", "72 PartitionEntryLBA", "80 NumberOfPartitionEntries",
        "84 SizeOfPartitionEntry", "88 PartitionEntryArrayCRC32",
      ])
    #expect(PartitionEntry().described.map(\.offset) == [0, 16, 32, 40, 48, 56])
    #expect(MBRPartitionRecord().described.map(\.offset) == [0, 1, 4, 5, 8, 12])
  }

  @Test func protectiveMBRHasTheMeasuredBytes() {
    let bytes = ProtectiveMBR(lbaCount: 9104).encoded
    #expect(bytes[0..<446].allSatisfy { $0 == 0 })
    #expect(bytes[446..<462].hex == "00000200eeffffff010000008f230000")
    #expect(bytes[462..<510].allSatisfy { $0 == 0 })
    #expect(bytes[510...].hex == "55aa")
  }

  @Test func protectiveMBRClampsTheLength() {
    #expect(ProtectiveMBR(lbaCount: 1 << 32).partitionRecords[0].lbaCount == .max)
    #expect(ProtectiveMBR(lbaCount: 1 << 40).partitionRecords[0].lbaCount == .max)
    #expect(ProtectiveMBR(lbaCount: 0xFFFF_FFFF).partitionRecords[0].lbaCount == 0xFFFF_FFFE)
  }
}
