public import ImageCore

/// A GUID partition table: what its header and its entries say.
///
/// A value. `init(diskGUID:sectorSize:layingOut:)` makes one for a new image, `GPTReading` finds the two copies in an
/// existing one. What a damaged or odd table says is kept as it is; `findings` tells what is wrong with it.
public struct PartitionTable: Hashable, Sendable {
  /// What tells this disk from all others.
  public let diskGUID: GUID
  /// The unit of all LBAs.
  public let sectorSize: SectorSize
  /// The partitions by their position in the array of entries, which may have gaps.
  public let partitions: [Partition]
  /// The first sector that a partition may use.
  public let firstUsableLBA: UInt64
  /// The last sector that a partition may use.
  public let lastUsableLBA: UInt64
  /// Where the second header is, or is said to be: the last sector of the disk, unless it was grown or cut.
  public let backupLBA: UInt64
  /// The number of entries, used or not.
  public let entryCount: Int
  /// The length of one entry: 128, or more in rare tables.
  public let entryByteCount: Int

  package init(
    diskGUID: GUID, sectorSize: SectorSize, partitions: [Partition], firstUsableLBA: UInt64,
    lastUsableLBA: UInt64, backupLBA: UInt64, entryCount: Int, entryByteCount: Int
  ) {
    self.diskGUID = diskGUID
    self.sectorSize = sectorSize
    self.partitions = partitions
    self.firstUsableLBA = firstUsableLBA
    self.lastUsableLBA = lastUsableLBA
    self.backupLBA = backupLBA
    self.entryCount = entryCount
    self.entryByteCount = entryByteCount
  }

  /// The length of the disk, up to and with the second header.
  ///
  /// - Throws: `.corrupt` when that does not fit into 64 bits; never for a table that was laid out here.
  public var imageByteCount: UInt64 {
    get throws(ImageError) {
      try backupLBA.adding(1, "the backup header's LBA").multiplied(
        by: sectorSize.byteCount, "the backup header's LBA")
    }
  }
}

extension PartitionTable {
  /// What is wrong with the entries: partitions that are inside out, out of bounds, on top of each other or twice there.
  ///
  /// Empty for every table that was laid out here.
  public var findings: [Finding] {
    var findings: [Finding] = []
    if entryByteCount != PartitionEntry.byteCount {
      findings.append(
        Finding(
          .warning, "gpt-wide-entries",
          "entries are \(entryByteCount) bytes wide; the kernel, libblkid and systemd take only 128"))
    }
    if entryCount > Header.acceptedEntryCount {
      findings.append(
        Finding(
          .warning, "gpt-many-entries", "\(entryCount) entries; systemd takes at most \(Header.acceptedEntryCount)"))
    }
    for partition in partitions {
      if partition.lastLBA < partition.firstLBA {
        findings.append(
          Finding(
            .error, "gpt-inverted", place: partition.place,
            "ends before it begins (LBA \(partition.firstLBA) to \(partition.lastLBA))"))
      } else if partition.firstLBA < firstUsableLBA || partition.lastLBA > lastUsableLBA {
        findings.append(
          Finding(
            .error, "gpt-out-of-bounds", place: partition.place,
            "takes LBA \(partition.firstLBA) to \(partition.lastLBA), of which only \(firstUsableLBA) to "
              + "\(lastUsableLBA) are usable"))
      }
    }
    return findings + overlaps + duplicates
  }

  private var overlaps: [Finding] {
    var findings: [Finding] = []
    var furthest: Partition?
    for partition in partitions.filter({ $0.firstLBA <= $0.lastLBA }).sorted(by: { $0.firstLBA < $1.firstLBA }) {
      if let before = furthest, before.lastLBA >= partition.firstLBA {
        findings.append(Finding(.error, "gpt-overlap", place: partition.place, "overlaps \(before.place)"))
      }
      if partition.lastLBA >= furthest?.lastLBA ?? 0 { furthest = partition }
    }
    return findings
  }

  private var duplicates: [Finding] {
    var owners: [GUID: Partition] = [:]
    var findings: [Finding] = []
    for partition in partitions {
      if let other = owners[partition.uniqueGUID] {
        findings.append(
          Finding(.error, "gpt-duplicate-guid", place: partition.place, "has the unique GUID of \(other.place)"))
      } else {
        owners[partition.uniqueGUID] = partition
      }
    }
    return findings
  }
}
