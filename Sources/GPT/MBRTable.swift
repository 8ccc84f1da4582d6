public import ImageCore

/// The partitions of an image that has a master boot record and no GPT.
public struct MBRTable: Sendable, Hashable {
  /// A primary partition; logical ones are not looked for.
  public struct Partition: Sendable, Hashable {
    /// 1 to 4.
    public let number: Int
    /// What it is for, such as 0x83 for Linux.
    public let type: UInt8
    /// Whether it is marked as the one to boot from.
    public let isActive: Bool
    /// Its bytes in the image.
    public let byteRange: Range<UInt64>

    /// Such as `MBR partition 1`.
    public var place: String { "MBR partition \(number)" }

    /// Whether it is one for a Linux file system.
    public var isLinux: Bool { type == 0x83 }

    /// A name for the type, where it has a usual one.
    public var typeName: String? {
      switch type {
      case 0x05, 0x0F, 0x85: "extended"
      case 0x01, 0x04, 0x06, 0x0B, 0x0C, 0x0E: "FAT"
      case 0x07: "NTFS or exFAT"
      case 0x82: "Linux swap"
      case 0x83: "Linux"
      case 0x8E: "Linux LVM"
      case 0xEF: "EFI system"
      case 0xFD: "Linux RAID"
      default: nil
      }
    }
  }

  /// The partitions, by number.
  public let partitions: [Partition]

  /// Reads the first sector of `store`.
  ///
  /// - Returns: `nil` for what is no such record: many file systems have its signature, too, but no partitions that fit.
  /// - Throws: The source's error.
  public init?(_ store: ByteStore) throws(ImageError) {
    let bytes = try store.bytes(at: 0, upTo: ProtectiveMBR.byteCount)
    guard bytes.count == ProtectiveMBR.byteCount else { return nil }
    let record = try ProtectiveMBR(bytes.rawSpan)
    guard record.signature == ProtectiveMBR.bootSignature else { return nil }
    var partitions: [Partition] = []
    for (index, entry) in record.partitionRecords.enumerated() where entry.osType != 0 {
      let start = UInt64(entry.startingLBA) * 512
      let end = start + UInt64(entry.lbaCount) * 512
      guard entry.bootIndicator & 0x7F == 0, entry.osType != ProtectiveMBR.protectiveType, start > 0, start < end,
        start < store.byteCount
      else { return nil }
      partitions.append(
        Partition(
          number: index + 1, type: entry.osType, isActive: entry.bootIndicator == 0x80,
          byteRange: start..<min(end, store.byteCount)))
    }
    guard !partitions.isEmpty else { return nil }
    self.partitions = partitions
  }
}

extension MBRTable: CustomStringConvertible {
  /// One clause for each partition.
  public var description: String {
    partitions.map { partition in
      let type = partition.typeName ?? "type 0x\(String(partition.type, radix: 16))"
      let length = partition.byteRange.upperBound - partition.byteRange.lowerBound
      return "\(partition.number): \(type), \(length) bytes at \(partition.byteRange.lowerBound)"
    }.joined(separator: "; ")
  }
}
