public import ImageCore

/// The logical sector size that a partition table counts in; the table itself does not store it.
public enum SectorSize: Int, Sendable, CaseIterable {
  case bytes512 = 512
  case bytes1024 = 1024
  case bytes2048 = 2048
  case bytes4096 = 4096

  /// The number of bytes of one sector.
  public var byteCount: UInt64 { UInt64(rawValue) }
}

/// The attribute bits of a partition (UEFI 2.10 §5.3.3, UAPI.2); unknown ones are kept.
public struct PartitionAttributes: OptionSet, Hashable, Sendable {
  /// The 64 bits.
  public let rawValue: UInt64

  /// Takes 64 bits.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The platform needs the partition.
  public static let required = PartitionAttributes(rawValue: 1 << 0)
  /// The file system is to be grown to the partition's length when mounted.
  public static let growFileSystem = PartitionAttributes(rawValue: 1 << 59)
  /// The partition is to be mounted read-only.
  public static let readOnly = PartitionAttributes(rawValue: 1 << 60)
  /// The partition is not to be found automatically: systemd passes over it.
  public static let noAuto = PartitionAttributes(rawValue: 1 << 63)
}

/// One partition of a table.
public struct Partition: Hashable, Sendable {
  /// The position in the table's array of entries, from 0.
  ///
  /// Gaps are possible, and the order need not be the order on the disk.
  public let index: Int
  /// What the partition is for.
  public let typeGUID: GUID
  /// What tells it from all others.
  public let uniqueGUID: GUID
  /// The first sector.
  public let firstLBA: UInt64
  /// The last sector, itself included.
  public let lastLBA: UInt64
  /// The attribute bits.
  public let attributes: PartitionAttributes
  /// The label as stored.
  public let rawName: PartitionName
  /// The unit of `firstLBA` and `lastLBA`.
  public let sectorSize: SectorSize

  package init(
    index: Int, typeGUID: GUID, uniqueGUID: GUID, firstLBA: UInt64, lastLBA: UInt64,
    attributes: PartitionAttributes, rawName: PartitionName, sectorSize: SectorSize
  ) {
    self.index = index
    self.typeGUID = typeGUID
    self.uniqueGUID = uniqueGUID
    self.firstLBA = firstLBA
    self.lastLBA = lastLBA
    self.attributes = attributes
    self.rawName = rawName
    self.sectorSize = sectorSize
  }

  /// The number that other tools show: `index` + 1.
  public var number: Int { index + 1 }

  /// The label, for display.
  public var name: String { rawName.description }

  /// The type as one of the discoverable partitions; `nil` for any other.
  public var type: PartitionType? { PartitionType(guid: typeGUID) }

  /// The partition's bytes in the disk.
  ///
  /// Whether the disk has so many is for `ByteStore.slice` to say.
  ///
  /// - Throws: `.corrupt` when the last sector comes before the first, or a byte offset does not fit.
  public var byteRange: Range<UInt64> {
    get throws(ImageError) {
      if lastLBA < firstLBA {
        throw ImageError(.corrupt, "ends before it begins (LBA \(firstLBA) to \(lastLBA))", context: [place])
      }
      return try inContext(place) { () throws(ImageError) -> Range<UInt64> in
        let end = try lastLBA.adding(1, "the last LBA").multiplied(by: sectorSize.byteCount, "the last LBA")
        return firstLBA * sectorSize.byteCount..<end
      }
    }
  }

  /// The number of bytes; throws as `byteRange` does.
  public var byteCount: UInt64 {
    get throws(ImageError) {
      let range = try byteRange
      return range.upperBound - range.lowerBound
    }
  }

  /// Such as `partition 1`: the context of errors and the place of findings.
  public var place: String { "partition \(number)" }
}
