import EROFS
import ImageCore
import TestSupport
import Testing

/// Each on-disk structure measures what it says, and survives writing and reading.
@Suite struct ReaderRecordTests {
  static let records: [any Record.Type] = [
    Superblock.self, LZ4Configuration.self, LZMAConfiguration.self, DeflateConfiguration.self,
    ZstandardConfiguration.self, CompactInode.self, ExtendedInode.self, Dirent.self, XattrHeader.self,
    XattrEntry.self, MapHeader.self, FullLclusterIndex.self, DeviceSlot.self, SuperblockExtension.self,
  ]

  @Test func measuresAsDeclared() {
    for type in Self.records {
      var record = type.init()
      var printer = FieldPrinter()
      record.fields(&printer)
      #expect(printer.offset == type.byteCount, "\(type)")
      #expect(record.encoded.count == type.byteCount, "\(type)")
    }
  }

  @Test func survivesWritingAndReading() throws {
    var random = SplitMix64(seed: 3)
    for type in Self.records {
      for _ in 0..<50 {
        let first = try type.init(random.bytes(type.byteCount).rawSpan)
        let second = try type.init(first.encoded.rawSpan)
        #expect(first.described == second.described, "\(type)")
        #expect(first.encoded == second.encoded, "\(type)")
      }
    }
  }

  @Test func refusesEveryTruncation() {
    for type in Self.records {
      for count in 0..<type.byteCount {
        let bytes = [UInt8](repeating: 0, count: count)
        #expect(throws: ImageError(.truncated, "")) { try type.init(bytes.rawSpan) }
      }
    }
  }
}
