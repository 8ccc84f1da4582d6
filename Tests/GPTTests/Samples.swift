import GPT
import ImageCore

/// What the tests make tables of.
enum Samples {
  static let disk = guid(0xD15C)

  static func guid(_ number: Int) -> GUID {
    GUID(
      bytes: [0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0xF6, 0x47, 0x08, 0x89, 0x0A, 0, 0, 0, 0] + [
        UInt8(number >> 8), UInt8(number & 255),
      ])
  }

  /// `count` partitions of different types, lengths and attributes.
  static func new(_ count: Int) -> [NewPartition] {
    (0..<count).map { index in
      let type = PartitionType(
        designator: index < 3 ? .root : .usr, architecture: .x86_64, role: PartitionType.Role.allCases[index % 3])
      return NewPartition(
        typeGUID: type.guid, uniqueGUID: guid(index + 1), attributes: index == 1 ? [.readOnly, .noAuto] : .readOnly,
        label: type.label, byteCount: UInt64(index * 2 + 1) * 4096)
    }
  }

  static func table(_ count: Int, _ sectorSize: SectorSize = .bytes512) throws -> PartitionTable {
    try PartitionTable(diskGUID: disk, sectorSize: sectorSize, layingOut: new(count))
  }

  /// The whole image; partitions are filled with 0x50 + index.
  static func image(_ table: PartitionTable) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: Int(try table.imageByteCount))
    for area in try table.encodedAreas {
      bytes.replaceSubrange(Int(area.offset)..<Int(area.offset) + area.bytes.count, with: area.bytes)
    }
    for partition in table.partitions {
      let range = try partition.byteRange
      bytes.replaceSubrange(
        Int(range.lowerBound)..<Int(range.upperBound),
        with: repeatElement(0x50 + UInt8(partition.index), count: range.count))
    }
    return bytes
  }
}

extension Samples {
  /// The first byte in which two images differ.
  static func difference(_ left: [UInt8], _ right: [UInt8]) -> Int? {
    let count = left.count == right.count ? left.equalByteCount(left.indices, to: right, at: 0) : 0
    return count == left.count && left.count == right.count ? nil : count
  }
}

/// A table of any shape, valid or not, on a disk of a few KiB: what our writer never makes.
struct TinyDisk {
  var sectorSize = SectorSize.bytes512
  var lbaCount: UInt64 = 24
  var entryCount: UInt32 = 4
  var entryByteCount: UInt32 = 128
  var headerByteCount = 92
  var primaryEntriesLBA: UInt64 = 2
  /// Called for each copy, before checksums.
  var changeHeader: (inout Header) -> Void = { _ in }
  var changeHeaderBytes: (inout [UInt8]) -> Void = { _ in }
  var changeArray: (inout [UInt8]) -> Void = { _ in }
  var entries: [PartitionEntry] = [entry(8...9, 1), PartitionEntry(), entry(11...13, 2)]

  /// Two partitions, or one, in a table of another shape than ours.
  static func ofShape(_ count: UInt32, _ width: UInt32, _ header: Int, _ entriesLBA: UInt64) -> TinyDisk {
    var disk = TinyDisk()
    disk.lbaCount = 1200
    disk.entryCount = count
    disk.entryByteCount = width
    disk.headerByteCount = header
    disk.primaryEntriesLBA = entriesLBA
    disk.entries = [entry(590...599, 1), PartitionEntry(), entry(600...609, 2)].suffix(Int(min(count, 3)))
    return disk
  }

  static func entry(_ range: ClosedRange<UInt64>, _ number: Int) -> PartitionEntry {
    var entry = PartitionEntry()
    entry.partitionTypeGUID = PartitionType(designator: .root, architecture: .arm64).guid
    entry.uniquePartitionGUID = Samples.guid(number)
    entry.startingLBA = range.lowerBound
    entry.endingLBA = range.upperBound
    entry.partitionName.replaceSubrange(0..<4, with: [0x61, 0, 0x62, 0])
    return entry
  }

  var bytes: [UInt8] {
    let sector = sectorSize.rawValue
    var array = [UInt8](repeating: 0, count: Int(entryCount * entryByteCount))
    for (index, entry) in entries.enumerated() { entry.write(to: &array, at: index * Int(entryByteCount)) }
    changeArray(&array)
    let arrayLBAs = UInt64(array.count).dividedRoundingUp(by: sectorSize.byteCount)

    var disk = [UInt8](repeating: 0, count: Int(lbaCount) * sector)
    func put(_ bytes: [UInt8], _ lba: UInt64) {
      disk.replaceSubrange(Int(lba) * sector..<Int(lba) * sector + bytes.count, with: bytes)
    }
    put(ProtectiveMBR(lbaCount: lbaCount).encoded, 0)
    let backup = lbaCount - 1
    for (lba, other, at) in [(1, backup, primaryEntriesLBA), (backup, 1, backup - arrayLBAs)] {
      var header = Header()
      header.signature = Header.magic
      header.revision = Header.knownRevision
      header.headerByteCount = UInt32(headerByteCount)
      header.myLBA = lba
      header.alternateLBA = other
      header.firstUsableLBA = primaryEntriesLBA + arrayLBAs
      header.lastUsableLBA = backup - arrayLBAs - 1
      header.diskGUID = Samples.disk
      header.partitionEntryLBA = at
      header.partitionEntryCount = entryCount
      header.partitionEntryByteCount = entryByteCount
      header.partitionEntryArrayCRC32 = CRC32.ieee.checksum(array.rawSpan)
      changeHeader(&header)
      var bytes = header.encoded
      bytes += repeatElement(0xAB, count: headerByteCount - bytes.count)
      changeHeaderBytes(&bytes)
      let crc = Header.checksum(bytes)
      bytes.replaceSubrange(16..<20, with: (0..<4).map { UInt8(truncatingIfNeeded: crc >> (8 * $0)) })
      put(bytes, lba)
      put(array, at)
    }
    return disk
  }
}
