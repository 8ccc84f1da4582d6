import ImageCore

extension GPTReading {
  static func findings(_ record: ProtectiveMBR?, lbaCount: UInt64) -> [Finding] {
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

  static func findings(
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

  /// Whether the header and the entries of a copy are where nothing else may be.
  static func placeFindings(_ copy: TableCopy, _ name: String, _ table: PartitionTable) -> [Finding] {
    guard let header = try? copy.header.get() else { return [] }
    var findings: [Finding] = []
    if name == "backup", header.alternateLBA != 1 {
      findings.append(
        Finding(
          .warning, "gpt-backup-alternate",
          "the backup header says that the primary one is in LBA \(header.alternateLBA), not in LBA 1"))
    }
    guard let entries = copy.entryLBAs(table.sectorSize) else { return findings }
    if entries.lowerBound < 2 || entries.contains(copy.lba) {
      findings.append(
        Finding(
          .error, "gpt-entries-place", "the \(name) entries in LBA \(shown(entries)) lie on a header or on the MBR"))
    }
    for (what, lbas) in [("entries", entries), ("header", copy.lba..<copy.lba + 1)] {
      let hit = table.partitions.first { $0.firstLBA < lbas.upperBound && $0.lastLBA >= lbas.lowerBound }
      let isUsable = table.firstUsableLBA < lbas.upperBound && table.lastUsableLBA >= lbas.lowerBound
      // A partition beyond the usable sectors is reported as that.
      guard isUsable else { continue }
      findings.append(
        Finding(
          hit == nil ? .warning : .error, "gpt-table-in-use", place: hit?.place,
          "the \(name) \(what) in LBA \(shown(lbas)) lie within the usable sectors"
            + (hit == nil ? "" : ", and in the partition")))
    }
    return findings
  }

  private static func shown(_ lbas: Range<UInt64>) -> String {
    lbas.count == 1 ? "\(lbas.lowerBound)" : "\(lbas.lowerBound) to \(lbas.upperBound - 1)"
  }
}

extension PartitionTable {
  /// What is wrong with the table, and what does not fit the disk that it was read from.
  func findings(in store: ByteStore) -> [Finding] {
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
