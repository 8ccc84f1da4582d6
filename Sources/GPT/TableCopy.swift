import ImageCore

/// One of the two copies of a table as it is on the disk: the header may be good though the entries are not.
struct TableCopy: Sendable {
  /// The sector that the header is in, or ought to be.
  let lba: UInt64
  let header: Result<Header, ImageError>
  /// The header as stored, fields that nobody knows yet included; empty for a damaged one.
  let headerBytes: [UInt8]
  /// The entries as stored; empty for damaged ones.
  let entries: [UInt8]
  let table: Result<PartitionTable, ImageError>

  /// Reads the copy whose header is in sector `lba`.
  init(_ store: ByteStore, at lba: UInt64, _ sectorSize: SectorSize) {
    self.lba = lba
    var bytes: (header: [UInt8], entries: [UInt8]) = ([], [])
    let header = Result { () throws(ImageError) in
      let header = try Header(store, at: lba, sectorSize: sectorSize)
      bytes.header = try store.bytes(at: lba * sectorSize.byteCount, count: Int(header.headerByteCount))
      return header
    }
    table = Result { () throws(ImageError) in
      let header = try header.get()
      bytes.entries = try header.entries(store, sectorSize)
      return try PartitionTable(header, entries: bytes.entries, sectorSize: sectorSize)
    }
    self.header = header
    headerBytes = bytes.header
    entries = bytes.entries
  }

  /// A copy that is not even where it should be.
  init(_ error: ImageError, at lba: UInt64) {
    self.lba = lba
    header = .failure(error)
    table = .failure(error)
    headerBytes = []
    entries = []
  }

  /// Whether header and entries are good.
  var isGood: Bool { (try? table.get()) != nil }

  /// The sectors of the entries, behind the last one in the end; `nil` for a damaged header or what no disk has.
  func entryLBAs(_ sectorSize: SectorSize) -> Range<UInt64>? {
    guard let header = try? header.get() else { return nil }
    let count = UInt64(header.arrayByteCount).dividedRoundingUp(by: sectorSize.byteCount)
    let (end, overflow) = header.partitionEntryLBA.addingReportingOverflow(count)
    return overflow ? nil : header.partitionEntryLBA..<end
  }
}
