package import ImageCore

/// One of the four partition records of an MBR (UEFI 2.10 §5.2.1).
package struct MBRPartitionRecord: Record {
  package static let byteCount = 16

  package var bootIndicator: UInt8 = 0
  package var startingCHS: [UInt8] = [0, 0, 0]
  package var osType: UInt8 = 0
  package var endingCHS: [UInt8] = [0, 0, 0]
  package var startingLBA: UInt32 = 0
  package var lbaCount: UInt32 = 0

  package init() {}

  package mutating func fields<V: FieldVisitor & ~Copyable & ~Escapable>(_ visitor: inout V) {
    visitor.u8("BootIndicator", &bootIndicator)
    visitor.bytes("StartingCHS", &startingCHS, count: 3)
    visitor.u8("OSType", &osType)
    visitor.bytes("EndingCHS", &endingCHS, count: 3)
    visitor.u32("StartingLBA", &startingLBA)
    visitor.u32("SizeInLBA", &lbaCount)
  }
}

/// The first sector of a GPT disk, which tells programs that know no GPT that the disk is in use (UEFI 2.10 §5.2.3).
///
/// With larger sectors the rest of the sector is zeros.
package struct ProtectiveMBR: Record {
  package static let byteCount = 512
  /// The bytes `55 aa`.
  package static let bootSignature: UInt16 = 0xAA55
  /// The type of the record that covers a GPT disk.
  package static let protectiveType: UInt8 = 0xEE

  package var bootCode = [UInt8](repeating: 0, count: 440)
  package var uniqueMBRDiskSignature: UInt32 = 0
  package var unknown: UInt16 = 0
  package var partitionRecords = [MBRPartitionRecord](repeating: MBRPartitionRecord(), count: 4)
  package var signature: UInt16 = 0

  package init() {}

  /// The MBR of a disk of `lbaCount` sectors.
  package init(lbaCount: UInt64) {
    signature = ProtectiveMBR.bootSignature
    partitionRecords[0].startingCHS = [0x00, 0x02, 0x00]
    partitionRecords[0].osType = ProtectiveMBR.protectiveType
    partitionRecords[0].endingCHS = [0xFF, 0xFF, 0xFF]
    partitionRecords[0].startingLBA = 1
    partitionRecords[0].lbaCount = ProtectiveMBR.coveredCount(lbaCount: lbaCount)
  }

  package mutating func fields<V: FieldVisitor & ~Copyable & ~Escapable>(_ visitor: inout V) {
    visitor.bytes("BootCode", &bootCode, count: 440)
    visitor.u32("UniqueMBRDiskSignature", &uniqueMBRDiskSignature)
    visitor.u16("Unknown", &unknown)
    for index in partitionRecords.indices { partitionRecords[index].fields(&visitor) }
    visitor.u16("Signature", &signature)
  }

  /// `SizeInLBA` of a disk of `lbaCount` sectors: all but the MBR's own, as far as 32 bits go.
  package static func coveredCount(lbaCount: UInt64) -> UInt32 {
    UInt32(clamping: lbaCount == 0 ? 0 : lbaCount - 1)
  }

  /// The record of type 0xEE, in whatever slot.
  package var protectiveRecord: MBRPartitionRecord? {
    signature == ProtectiveMBR.bootSignature
      ? partitionRecords.first { $0.osType == ProtectiveMBR.protectiveType } : nil
  }

  /// The slots, from 1, of records that describe partitions of their own.
  package var ordinarySlots: [Int] {
    partitionRecords.indices.filter {
      ![0, ProtectiveMBR.protectiveType].contains(partitionRecords[$0].osType)
    }.map { $0 + 1 }
  }
}
