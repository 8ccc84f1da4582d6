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

  /// Reads both copies of the table of `store`.
  ///
  /// - Throws: `.notFound` when there is no sign of a table, and the source's error when it cannot be read. A table of
  ///   which both copies are damaged is no error before `table` is asked for.
  public init(_ store: ByteStore) throws(ImageError) {
    let probe = HeaderProbe(store)
    let record = GPTReading.record(store)
    guard let likeliest = probe.sectorSizes.first else {
      throw probe.failure
        ?? ImageError(
          .notFound,
          record?.protectiveRecord == nil
            ? "no GPT partition table" : "no GPT partition table, though a protective MBR: both headers are lost")
    }
    let readable =
      probe.isAmbiguous ? probe.sectorSizes.first { (try? PartitionTable(primaryOf: store, $0)) != nil } : nil
    let sectorSize = readable ?? likeliest
    self.sectorSize = sectorSize
    let primary = Copy(store, at: 1, sectorSize)
    let backup = GPTReading.backup(store, primary, sectorSize)
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
  /// One of the two copies: the header may be good though the entries are not.
  private struct Copy {
    let header: Result<Header, ImageError>
    let table: Result<PartitionTable, ImageError>

    init(_ store: ByteStore, at lba: UInt64, _ sectorSize: SectorSize) {
      let header = Result { () throws(ImageError) in try Header(store, at: lba, sectorSize: sectorSize) }
      self.header = header
      table = Result { () throws(ImageError) in
        try PartitionTable(store, header.get(), sectorSize: sectorSize)
      }
    }

    init(_ error: ImageError) {
      header = .failure(error)
      table = .failure(error)
    }
  }

  /// The backup where the primary header says it is; if that is damaged or wrong, in the last sector.
  private static func backup(_ store: ByteStore, _ primary: Copy, _ sectorSize: SectorSize) -> Copy {
    let last = store.lastLBA(sectorSize).map { Copy(store, at: $0, sectorSize) }
    guard let header = try? primary.header.get() else {
      return last ?? Copy(ImageError(.truncated, "no room for a backup of the table"))
    }
    // Read as a backup, the primary would vouch for itself.
    let named =
      header.alternateLBA <= 1
      ? Copy(ImageError(.corrupt, "the primary header says that it is in LBA \(header.alternateLBA)"))
      : Copy(store, at: header.alternateLBA, sectorSize)
    if case .failure = named.table, let last, case .success = last.table { return last }
    return named
  }

  private static func record(_ store: ByteStore) -> ProtectiveMBR? {
    guard let bytes = try? store.bytes(at: 0, count: ProtectiveMBR.byteCount) else { return nil }
    return try? ProtectiveMBR(bytes.rawSpan)
  }

  private static func state(_ record: ProtectiveMBR) -> MBRState {
    if record.protectiveRecord == nil { return .missing }
    return record.ordinarySlots.isEmpty ? .protective : .hybrid
  }

  private static func findings(_ record: ProtectiveMBR?, lbaCount: UInt64) -> [Finding] {
    guard let record, let protective = record.protectiveRecord else {
      return [
        Finding(.error, "gpt-no-protective-mbr", "no protective MBR: neither kernel nor systemd look at the table")
      ]
    }
    var findings: [Finding] = []
    let slots = record.ordinarySlots
    if !slots.isEmpty {
      findings.append(
        Finding(
          .warning, "gpt-hybrid-mbr",
          "the MBR has partitions of its own (record \(slots.map { "\($0)" }.joined(separator: ", ")))"))
    }
    if protective.startingLBA != 1 {
      findings.append(
        Finding(
          .error, "gpt-protective-mbr-start",
          "the protective MBR begins at LBA \(protective.startingLBA), not 1: the kernel does not look at the table"))
    }
    if ![ProtectiveMBR.coveredCount(lbaCount: lbaCount), .max].contains(protective.lbaCount) {
      findings.append(
        Finding(
          .note, "gpt-protective-mbr-length",
          "the protective MBR covers \(protective.lbaCount) sectors, the disk has \(lbaCount)"))
    }
    return findings
  }

  private static func findings(
    _ primary: Result<PartitionTable, ImageError>, _ backup: Result<PartitionTable, ImageError>
  ) -> [Finding] {
    var findings: [Finding] = []
    if case .failure(let error) = primary { findings.append(Finding(.error, "gpt-primary-damaged", "\(error)")) }
    if case .failure(let error) = backup { findings.append(Finding(.error, "gpt-backup-damaged", "\(error)")) }
    switch (primary, backup) {
    case (.success(let first), .success(let second)) where first != second:
      findings.append(
        Finding(.error, "gpt-copies-differ", "the two copies of the partition table differ; the primary one is used"))
    case (.failure, .success):
      findings.append(Finding(.warning, "gpt-backup-used", "the backup partition table is used"))
    default: break
    }
    return findings
  }
}

extension PartitionTable {
  fileprivate init(primaryOf store: ByteStore, _ sectorSize: SectorSize) throws(ImageError) {
    try self.init(store, Header(store, at: 1, sectorSize: sectorSize), sectorSize: sectorSize)
  }

  /// What is wrong with the table, and what does not fit the disk that it was read from.
  fileprivate func findings(in store: ByteStore) -> [Finding] {
    var findings = findings
    let end = try? imageByteCount
    if end != store.byteCount {
      findings.append(
        Finding(
          .warning, "gpt-backup-not-at-end",
          "the table is for a disk of \(end.map { "\($0)" } ?? "too many") bytes; there are \(store.byteCount)"))
    }
    for partition in partitions {
      guard let range = try? partition.byteRange, range.upperBound > store.byteCount else { continue }
      findings.append(
        Finding(
          .error, "gpt-partition-cut", place: partition.place,
          "ends at byte \(range.upperBound); there are \(store.byteCount)"))
    }
    return findings
  }
}

extension Result<PartitionTable, ImageError> {
  fileprivate func named(_ name: String) -> Self { mapError { $0.inContext(name) } }
}
