public import ImageCore

/// What is to be written to make an image's partition table whole: areas of bytes, in the order in which it is safe to
/// write them.
///
/// Lengths and counts of entries, their places and what nobody knows yet of headers and entries stay as they are.
public struct GPTRepair: Sendable, Hashable {
  /// A part of the table.
  public enum Part: String, Sendable, CaseIterable {
    case primaryEntries = "primary entries"
    case primaryHeader = "primary header"
    case backupEntries = "backup entries"
    case backupHeader = "backup header"
    case protectiveMBR = "protective MBR"
  }

  /// Bytes and where they belong.
  public struct Area: Sendable, Hashable {
    /// What it is.
    public let part: Part
    /// Where it belongs in the image.
    public let offset: UInt64
    /// The bytes.
    public let bytes: [UInt8]
  }

  /// What differs from what is there; empty for a table that is whole.
  ///
  /// Each must have reached the disk before the next one is written: then there is a good copy at any time.
  public let areas: [Area]
  /// What could not be put right.
  public let findings: [Finding]
}

extension GPTReading {
  /// What makes the table whole: a primary copy from the backup or the other way round, a backup at the end of an image
  /// that has grown, a protective MBR.
  ///
  /// Of two good copies that differ, the primary one counts: it is what everybody reads.
  ///
  /// - Throws: `.corrupt` when both copies are damaged, or when a partition is where the table must be.
  public func repair() throws(ImageError) -> GPTRepair {
    let table = try table
    let plan = try RepairPlan(self, table)
    var areas = try plan.areas()
    let (mbr, findings) = try repairedMBR(plan.lbaCount)
    areas += mbr
    return GPTRepair(areas: areas, findings: findings)
  }

  /// The first sector as it should be, if it is not.
  private func repairedMBR(_ lbaCount: UInt64) throws(ImageError) -> ([GPTRepair.Area], [Finding]) {
    var wanted = record ?? ProtectiveMBR()
    switch mbr {
    case .hybrid: return ([], [])
    case .missing:
      guard wanted.signature != ProtectiveMBR.bootSignature || wanted.ordinarySlots.isEmpty else {
        return (
          [],
          [
            Finding(
              .error, "gpt-mbr-in-use",
              "the MBR has partitions of its own and none that protects the GPT; it is left as it is")
          ]
        )
      }
      // A boot loader's code stays.
      let fresh = ProtectiveMBR(lbaCount: lbaCount)
      wanted.partitionRecords = fresh.partitionRecords
      wanted.signature = fresh.signature
    case .protective:
      guard let slot = wanted.partitionRecords.firstIndex(where: { $0.osType == ProtectiveMBR.protectiveType })
      else { break }
      wanted.partitionRecords[slot].startingLBA = 1
      if wanted.partitionRecords[slot].lbaCount != .max {
        wanted.partitionRecords[slot].lbaCount = ProtectiveMBR.coveredCount(lbaCount: lbaCount)
      }
    }
    let bytes = wanted.encoded
    guard try store.bytes(at: 0, count: bytes.count) != bytes else { return ([], []) }
    return ([GPTRepair.Area(part: .protectiveMBR, offset: 0, bytes: bytes)], [])
  }
}

/// Where the parts of a whole table belong.
private struct RepairPlan {
  let store: ByteStore
  let sectorSize: SectorSize
  let lbaCount: UInt64
  private let table: PartitionTable
  private let source: TableCopy
  private let header: Header
  private let isFromPrimary: Bool
  private let primaryEntries: Range<UInt64>
  private let backupEntries: Range<UInt64>
  private let lastUsableLBA: UInt64

  init(_ reading: GPTReading, _ table: PartitionTable) throws(ImageError) {
    self.table = table
    store = reading.store
    sectorSize = reading.sectorSize
    lbaCount = store.byteCount / sectorSize.byteCount
    isFromPrimary = reading.copies.primary.isGood
    let (primary, backup) = reading.copies
    source = isFromPrimary ? primary : backup
    header = try source.header.get()
    let arrayLBAs = UInt64(source.entries.count).dividedRoundingUp(by: sectorSize.byteCount)
    guard lbaCount > 3 + 2 * arrayLBAs else {
      throw ImageError(.corrupt, "there is no room for two copies of the partition table")
    }
    primaryEntries = try Self.primaryPlace(
      primary, header, source.entries, store, sectorSize, arrayLBAs: arrayLBAs)
    let last = lbaCount - 1
    let isMoved = table.backupLBA != last
    backupEntries = Self.backupPlace(backup, last, table, sectorSize, arrayLBAs: arrayLBAs)
    lastUsableLBA =
      isMoved || header.lastUsableLBA >= backupEntries.lowerBound ? backupEntries.lowerBound - 1 : header.lastUsableLBA
  }

  /// Where the primary entries are by a header that can be read; else where they are found; else in LBA 2.
  private static func primaryPlace(
    _ primary: TableCopy, _ header: Header, _ entries: [UInt8], _ store: ByteStore, _ sectorSize: SectorSize,
    arrayLBAs: UInt64
  ) throws(ImageError) -> Range<UInt64> {
    func fits(_ lbas: Range<UInt64>) -> Bool { lbas.lowerBound >= 2 && lbas.upperBound <= header.firstUsableLBA }
    if let known = primary.entryLBAs(sectorSize), UInt64(known.count) == arrayLBAs, fits(known) { return known }
    if header.firstUsableLBA >= arrayLBAs {
      let before = header.firstUsableLBA - arrayLBAs..<header.firstUsableLBA
      let (offset, overflow) = before.lowerBound.multipliedReportingOverflow(by: sectorSize.byteCount)
      if fits(before), !overflow, (try? store.bytes(at: offset, count: entries.count)) == entries { return before }
    }
    guard fits(2..<2 + arrayLBAs) else {
      throw ImageError(
        .corrupt, "the first usable sector \(header.firstUsableLBA) leaves no room for the primary entries")
    }
    return 2..<2 + arrayLBAs
  }

  /// Where the backup's entries are by a header that can be read and is in its place; else right before that place.
  private static func backupPlace(
    _ backup: TableCopy, _ last: UInt64, _ table: PartitionTable, _ sectorSize: SectorSize, arrayLBAs: UInt64
  ) -> Range<UInt64> {
    let usual = last - arrayLBAs..<last
    guard backup.lba == last, let known = backup.entryLBAs(sectorSize), UInt64(known.count) == arrayLBAs,
      known.lowerBound > table.lastUsableLBA, known.upperBound <= last
    else { return usual }
    return known
  }

  /// The copy that is not the source, then the source itself where it must change.
  func areas() throws(ImageError) -> [GPTRepair.Area] {
    let last = lbaCount - 1
    try checkRoom(primaryEntries.lowerBound, primaryEntries.upperBound, "primary entries")
    try checkRoom(backupEntries.lowerBound, lbaCount, "backup")
    let primary = [
      (GPTRepair.Part.primaryEntries, primaryEntries.lowerBound, source.entries),
      (.primaryHeader, 1, headerBytes(at: 1, other: last, primaryEntries)),
    ]
    let backup = [
      (GPTRepair.Part.backupEntries, backupEntries.lowerBound, source.entries),
      (.backupHeader, last, headerBytes(at: last, other: 1, backupEntries)),
    ]
    var areas: [GPTRepair.Area] = []
    for (part, lba, bytes) in isFromPrimary ? backup + primary : primary + backup {
      let offset = lba * sectorSize.byteCount
      guard try store.bytes(at: offset, count: bytes.count) != bytes else { continue }
      var padded = bytes
      if part == .primaryHeader || part == .backupHeader { padded.pad(to: sectorSize.rawValue) }
      areas.append(GPTRepair.Area(part: part, offset: offset, bytes: padded))
    }
    return areas
  }

  /// No partition may be where the table is going to be.
  private func checkRoom(_ first: UInt64, _ end: UInt64, _ what: String) throws(ImageError) {
    for partition in table.partitions where partition.firstLBA < end && partition.lastLBA >= first {
      throw ImageError(
        .corrupt, "reaches to LBA \(partition.lastLBA), where the \(what) must be (LBA \(first) to \(end - 1))",
        context: [partition.place])
    }
  }

  private func headerBytes(at lba: UInt64, other: UInt64, _ entries: Range<UInt64>) -> [UInt8] {
    var header = header
    header.myLBA = lba
    header.alternateLBA = other
    header.lastUsableLBA = lastUsableLBA
    header.partitionEntryLBA = entries.lowerBound
    header.headerCRC32 = 0
    var bytes = source.headerBytes
    // The four reserved bytes are the source's, too.
    let reserved = Array(bytes[20..<24])
    header.write(to: &bytes, at: 0)
    bytes.replaceSubrange(20..<24, with: reserved)
    let checksum = Header.checksum(bytes)
    bytes.replaceSubrange(16..<20, with: (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (8 * UInt32($0))) })
    return bytes
  }
}
