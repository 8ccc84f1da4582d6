package import ImageCore

/// The GPT header (UEFI 2.10 §5.3.2): once in LBA 1, once more in the disk's last sector.
package struct Header: Record {
  package static let byteCount = 92
  /// The bytes `EFI PART`.
  package static let magic: UInt64 = 0x5452_4150_2049_4645
  /// Version 1.0, the only one.
  package static let knownRevision: UInt32 = 0x0001_0000
  /// The lengths of a header that systemd accepts.
  package static let acceptedByteCounts: ClosedRange<UInt32> = 92...4096

  package var signature: UInt64 = 0
  package var revision: UInt32 = 0
  package var headerByteCount: UInt32 = 0

  package var headerCRC32: UInt32 = 0
  package var myLBA: UInt64 = 0

  package var alternateLBA: UInt64 = 0
  package var firstUsableLBA: UInt64 = 0

  package var lastUsableLBA: UInt64 = 0
  package var diskGUID = GUID.zero

  package var partitionEntryLBA: UInt64 = 0

  package var partitionEntryCount: UInt32 = 0
  package var partitionEntryByteCount: UInt32 = 0
  package var partitionEntryArrayCRC32: UInt32 = 0

  package init() {}

  package mutating func fields<V: FieldVisitor & ~Copyable & ~Escapable>(_ visitor: inout V) {
    visitor.u64("Signature", &signature)
    visitor.u32("Revision", &revision)
    visitor.u32("HeaderSize", &headerByteCount)

    visitor.u32("HeaderCRC32", &headerCRC32)
    visitor.reserved(4)
    visitor.u64("MyLBA", &myLBA)

    visitor.u64("AlternateLBA", &alternateLBA)
    visitor.u64("FirstUsableLBA", &firstUsableLBA)

    visitor.u64("LastUsableLBA", &lastUsableLBA)
    visitor.guid("DiskGUID", &diskGUID)

    visitor.u64("PartitionEntryLBA", &partitionEntryLBA)

    visitor.u32("NumberOfPartitionEntries", &partitionEntryCount)
    visitor.u32("SizeOfPartitionEntry", &partitionEntryByteCount)
    visitor.u32("PartitionEntryArrayCRC32", &partitionEntryArrayCRC32)
  }

  /// Whether systemd would take what was found in sector `lba` for a header, before it looks at checksums.
  package func looksRight(at lba: UInt64) -> Bool {
    signature == Header.magic && revision == Header.knownRevision
      && Header.acceptedByteCounts.contains(headerByteCount) && myLBA == lba
  }

  /// The `HeaderCRC32` of a header's bytes, which may be longer than the fields known here.
  package static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var bytes = bytes
    bytes.replaceSubrange(16..<20, with: repeatElement(0, count: 4))
    return CRC32.ieee.checksum(bytes.rawSpan)
  }
}
