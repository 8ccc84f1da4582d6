package import ImageCore

/// A GPT partition entry (UEFI 2.10 §5.3.3); on disk it may be followed by bytes that nobody has defined.
package struct PartitionEntry: Record {
  package static let byteCount = 128

  package var partitionTypeGUID = GUID.zero

  package var uniquePartitionGUID = GUID.zero

  package var startingLBA: UInt64 = 0
  package var endingLBA: UInt64 = 0

  package var attributes: UInt64 = 0
  package var partitionName = [UInt8](repeating: 0, count: 72)

  package init() {}

  package mutating func fields<V: FieldVisitor & ~Copyable & ~Escapable>(_ visitor: inout V) {
    visitor.guid("PartitionTypeGUID", &partitionTypeGUID)

    visitor.guid("UniquePartitionGUID", &uniquePartitionGUID)

    visitor.u64("StartingLBA", &startingLBA)
    visitor.u64("EndingLBA", &endingLBA)

    visitor.u64("Attributes", &attributes)
    visitor.bytes("PartitionName", &partitionName, count: 72)
  }

  /// No type means no partition.
  package var isUnused: Bool { partitionTypeGUID == .zero }
}

extension PartitionEntry {
  init(_ partition: Partition) {
    partitionTypeGUID = partition.typeGUID
    uniquePartitionGUID = partition.uniqueGUID
    startingLBA = partition.firstLBA
    endingLBA = partition.lastLBA
    attributes = partition.attributes.rawValue
    partitionName = partition.rawName.littleEndianBytes
  }
}

extension Partition {
  init(_ entry: PartitionEntry, index: Int, sectorSize: SectorSize) {
    self.init(
      index: index, typeGUID: entry.partitionTypeGUID, uniqueGUID: entry.uniquePartitionGUID,
      firstLBA: entry.startingLBA, lastLBA: entry.endingLBA,
      attributes: PartitionAttributes(rawValue: entry.attributes),
      rawName: PartitionName(littleEndianBytes: entry.partitionName), sectorSize: sectorSize)
  }
}
