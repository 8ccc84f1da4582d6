public import ImageCore

/// A partition that is to be laid out.
public struct NewPartition: Sendable, Hashable {
  /// What the partition is for, such as `PartitionType.guid`.
  public var typeGUID: GUID
  /// What tells it from all others.
  public var uniqueGUID: GUID
  /// The attribute bits.
  public var attributes: PartitionAttributes
  /// The label: up to 36 UTF-16 units.
  public var label: String
  /// The length, a multiple of 4096.
  public var byteCount: UInt64

  /// Describes a partition; what is wrong with it is said when it is laid out.
  public init(
    typeGUID: GUID, uniqueGUID: GUID, attributes: PartitionAttributes = [], label: String, byteCount: UInt64
  ) {
    self.typeGUID = typeGUID
    self.uniqueGUID = uniqueGUID
    self.attributes = attributes
    self.label = label
    self.byteCount = byteCount
  }
}

extension PartitionTable {
  /// Where the first partition of an image begins: known before any length is, so that its bytes can be written first.
  public static let firstPartitionOffset: UInt64 = 1 << 20
  /// Partitions begin and end on multiples of this.
  public static let grainByteCount: UInt64 = 4096
  /// The number of entries of a table that is written here, used or not.
  public static let writtenEntryCount = 128

  /// What follows the last partition: 16 KiB of entries and a header, rounded up to the grain.
  private static let tailByteCount: UInt64 = 20 << 10
  private static let writtenArrayByteCount = UInt64(writtenEntryCount * PartitionEntry.byteCount)

  /// Lays out a new image as systemd-repart does: the first partition at 1 MiB, the others right behind one another.
  ///
  /// - Parameters:
  ///   - diskGUID: What tells this disk from all others.
  ///   - sectorSize: 512 unless the image is for a device of larger sectors.
  ///   - newPartitions: The partitions in the order of the disk.
  /// - Throws: `.limit` for more than 128 partitions, a label of more than 36 units or more than a file can hold;
  ///   `.invalidArgument` for a length that is 0 or no multiple of 4096, a GUID of zeros, or a unique GUID used twice.
  public init(
    diskGUID: GUID, sectorSize: SectorSize = .bytes512, layingOut newPartitions: [NewPartition]
  ) throws(ImageError) {
    if newPartitions.count > PartitionTable.writtenEntryCount {
      throw ImageError(
        .limit, "\(newPartitions.count) partitions; a table has room for \(PartitionTable.writtenEntryCount)")
    }
    let sector = sectorSize.byteCount
    var partitions: [Partition] = []
    var end = PartitionTable.firstPartitionOffset
    for (index, new) in newPartitions.enumerated() {
      let first = end
      try inContext("partition \(index + 1)") { () throws(ImageError) in
        try new.check()
        let (sum, overflow) = end.addingReportingOverflow(new.byteCount)
        if overflow || sum > UInt64(Int64.max) - PartitionTable.tailByteCount {
          throw ImageError(.limit, "does not fit into a file")
        }
        end = sum
        partitions.append(
          Partition(
            index: index, typeGUID: new.typeGUID, uniqueGUID: new.uniqueGUID, firstLBA: first / sector,
            lastLBA: end / sector - 1, attributes: new.attributes, rawName: try PartitionName(new.label),
            sectorSize: sectorSize))
      }
    }
    let lbaCount = (end + PartitionTable.tailByteCount) / sector
    self.init(
      diskGUID: diskGUID, sectorSize: sectorSize, partitions: partitions,
      // Right behind the entries, as sgdisk warns of a gap there; systemd-repart says LBA 2048.
      firstUsableLBA: 2 + PartitionTable.writtenArrayByteCount / sector,
      lastUsableLBA: lbaCount - 2 - PartitionTable.writtenArrayByteCount / sector, backupLBA: lbaCount - 1,
      entryCount: PartitionTable.writtenEntryCount, entryByteCount: PartitionEntry.byteCount)
    try checkWritable()
  }

  /// The bytes of the table, in the order of the disk: MBR, header and entries; then, at the end, entries and header.
  ///
  /// Everything else, apart from the partitions themselves, is zeros. The areas are written with 128 entries of 128
  /// bytes from LBA 2, wherever the table was read from.
  ///
  /// - Throws: `.invalidArgument` for a table that was read, not laid out here, and cannot be written like this.
  public var encodedAreas: [(offset: UInt64, bytes: [UInt8])] {
    get throws(ImageError) {
      try checkWritable()
      let sector = sectorSize.byteCount
      let imageByteCount = try imageByteCount
      let entries = encodedEntries
      let arrayLBAs = UInt64(entries.count) / sector

      var head = ProtectiveMBR(lbaCount: imageByteCount / sector).encoded
      head.pad(to: sectorSize.rawValue)
      head += encodedHeader(at: 1, other: backupLBA, entriesLBA: 2, entries)
      head += entries
      let tail = entries + encodedHeader(at: backupLBA, other: 1, entriesLBA: backupLBA - arrayLBAs, entries)
      return [(0, head), (imageByteCount - UInt64(tail.count), tail)]
    }
  }

  private var encodedEntries: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Int(PartitionTable.writtenArrayByteCount))
    for partition in partitions {
      PartitionEntry(partition).write(to: &bytes, at: partition.index * PartitionEntry.byteCount)
    }
    return bytes
  }

  /// A header, filled to a sector.
  private func encodedHeader(at lba: UInt64, other: UInt64, entriesLBA: UInt64, _ entries: [UInt8]) -> [UInt8] {
    var header = Header()
    header.signature = Header.magic
    header.revision = Header.knownRevision
    header.headerByteCount = UInt32(Header.byteCount)
    header.myLBA = lba
    header.alternateLBA = other
    header.firstUsableLBA = firstUsableLBA
    header.lastUsableLBA = lastUsableLBA
    header.diskGUID = diskGUID
    header.partitionEntryLBA = entriesLBA
    header.partitionEntryCount = UInt32(PartitionTable.writtenEntryCount)
    header.partitionEntryByteCount = UInt32(PartitionEntry.byteCount)
    header.partitionEntryArrayCRC32 = CRC32.ieee.checksum(entries.rawSpan)
    header.headerCRC32 = Header.checksum(header.encoded)
    var bytes = header.encoded
    bytes.pad(to: sectorSize.rawValue)
    return bytes
  }

  /// Whether the areas have room before and behind the partitions, and the partitions are in order.
  private func checkWritable() throws(ImageError) {
    _ = try imageByteCount
    let arrayLBAs = PartitionTable.writtenArrayByteCount / sectorSize.byteCount
    guard backupLBA > arrayLBAs, firstUsableLBA >= 2 + arrayLBAs, lastUsableLBA < backupLBA - arrayLBAs else {
      throw ImageError(
        .invalidArgument, "the usable LBAs \(firstUsableLBA) to \(lastUsableLBA) leave no room for the table")
    }
    for partition in partitions where !(0..<PartitionTable.writtenEntryCount).contains(partition.index) {
      throw ImageError(
        .invalidArgument, "a table has \(PartitionTable.writtenEntryCount) entries", context: [partition.place])
    }
    if let fault = findings.first(where: { $0.severity == .error }) {
      throw ImageError(.invalidArgument, fault.message, context: fault.place.map { [$0] } ?? [])
    }
  }
}

extension NewPartition {
  fileprivate func check() throws(ImageError) {
    if byteCount == 0 || byteCount % PartitionTable.grainByteCount != 0 {
      throw ImageError(
        .invalidArgument,
        "\(byteCount) bytes; the length must be a multiple of \(PartitionTable.grainByteCount), and not 0")
    }
    if typeGUID == .zero { throw ImageError(.invalidArgument, "a type GUID of zeros means that there is no partition") }
    if uniqueGUID == .zero { throw ImageError(.invalidArgument, "the unique GUID must not be all zeros") }
  }
}
