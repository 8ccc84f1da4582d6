public import ImageCore

/// What reading the GPT partition table of an image has shown: both copies, each with the reason why it is unusable.
public struct GPTReading: Sendable {
  /// The state of the first sector, which the kernel and libblkid look at before they believe in a GPT.
  public enum MBRState: Sendable, Hashable {
    /// It says that the disk is a GPT one.
    case protective
    /// It does, and describes partitions of its own beside that.
    case hybrid
    /// It does not.
    case missing
  }

  /// The sector size that fits the headers.
  public let sectorSize: SectorSize
  /// The table at the beginning.
  public let primary: Result<PartitionTable, ImageError>
  /// The table at the end.
  public let backup: Result<PartitionTable, ImageError>
  /// The state of the first sector.
  public let mbr: MBRState
  /// Everything that is odd or wrong.
  public let findings: [Finding]

  /// The image.
  let store: ByteStore
  /// What was found of either copy.
  let copies: (primary: TableCopy, backup: TableCopy)
  /// The first sector; `nil` where there is none.
  let record: ProtectiveMBR?

  /// Reads both copies of the table of `store`.
  ///
  /// - Throws: `.notFound` when there is no sign of a table, and the source's error when it cannot be read. A table of
  ///   which both copies are damaged is no error before `table` is asked for.
  public init(_ store: ByteStore) throws(ImageError) {
    let record = GPTReading.record(store)
    let probe = HeaderProbe(store, record)
    guard let likeliest = probe.sectorSizes.first else {
      throw probe.failure
        ?? ImageError(
          .notFound,
          record?.protectiveRecord == nil
            ? "no GPT partition table" : "no GPT partition table, though a protective MBR: both headers are lost")
    }
    let readable = probe.isAmbiguous ? probe.sectorSizes.first { TableCopy(store, at: 1, $0).isGood } : nil
    let sectorSize = readable ?? likeliest
    self.store = store
    self.record = record
    self.sectorSize = sectorSize
    let primary = TableCopy(store, at: 1, sectorSize)
    let backup = GPTReading.backup(store, primary, record, sectorSize)
    copies = (primary, backup)
    self.primary = primary.table.named("primary partition table")
    self.backup = backup.table.named("backup partition table")
    mbr = record.map(GPTReading.state) ?? .missing

    var findings = GPTReading.findings(record, lbaCount: store.byteCount / sectorSize.byteCount)
    if probe.isAmbiguous {
      findings.append(
        Finding(.error, "gpt-ambiguous", "there are headers for more than one sector size; systemd refuses that"))
    }
    findings += GPTReading.findings(self.primary, self.backup)
    if let table = (try? self.primary.get()) ?? (try? self.backup.get()) {
      findings += table.findings(in: store)
      findings +=
        GPTReading.placeFindings(primary, "primary", table) + GPTReading.placeFindings(backup, "backup", table)
    }
    self.findings = findings
  }

  /// The table to go by: the primary one or, where that is damaged, the backup (`findings` then say so).
  ///
  /// - Throws: `.corrupt` when both are damaged.
  public var table: PartitionTable {
    get throws(ImageError) {
      switch (primary, backup) {
      case (.success(let table), _), (.failure, .success(let table)): return table
      case (.failure(let first), .failure(let second)):
        throw ImageError(
          .corrupt, "both copies of the partition table are damaged: \(first); \(second)", offset: first.offset)
      }
    }
  }
}

extension GPTReading {
  /// The bytes that the good copies of the table take, the protective MBR's included.
  package var tableRanges: [Range<UInt64>] {
    let sector = sectorSize.byteCount
    var ranges: [Range<UInt64>] = [0..<sector]
    for copy in [copies.primary, copies.backup] where copy.isGood {
      ranges.append(copy.lba * sector..<(copy.lba + 1) * sector)
      if let entries = copy.entryLBAs(sectorSize) {
        ranges.append(entries.lowerBound * sector..<entries.upperBound * sector)
      }
    }
    return ranges
  }

  /// The backup where the primary header says it is; if that is damaged or wrong, where it ought to be.
  private static func backup(
    _ store: ByteStore, _ primary: TableCopy, _ record: ProtectiveMBR?, _ sectorSize: SectorSize
  ) -> TableCopy {
    let others = store.backupLBAs(record, sectorSize).map { TableCopy(store, at: $0, sectorSize) }
    guard let header = try? primary.header.get() else {
      return others.first(where: \.isGood) ?? others.first
        ?? TableCopy(ImageError(.truncated, "no room for a backup of the table"), at: 0)
    }
    // Read as a backup, the primary would vouch for itself.
    let named =
      header.alternateLBA <= 1
      ? TableCopy(ImageError(.corrupt, "the primary header says that it is in LBA \(header.alternateLBA)"), at: 0)
      : TableCopy(store, at: header.alternateLBA, sectorSize)
    return named.isGood ? named : others.first(where: \.isGood) ?? named
  }

  private static func record(_ store: ByteStore) -> ProtectiveMBR? {
    guard let bytes = try? store.bytes(at: 0, count: ProtectiveMBR.byteCount) else { return nil }
    return try? ProtectiveMBR(bytes.rawSpan)
  }

  private static func state(_ record: ProtectiveMBR) -> MBRState {
    if record.protectiveRecord == nil { return .missing }
    return record.ordinarySlots.isEmpty ? .protective : .hybrid
  }
}

extension Result<PartitionTable, ImageError> {
  fileprivate func named(_ name: String) -> Self { mapError { $0.inContext(name) } }
}
