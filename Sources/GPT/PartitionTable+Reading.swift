import ImageCore

extension Header {
  /// The most entries that systemd accepts.
  static let acceptedEntryCount = 1024
  private static let longestEntry: UInt32 = 4096
  /// A bound of what is read: 32,768 entries of the usual length.
  private static let longestArray: UInt64 = 4 << 20

  /// Reads and checks the header in sector `lba`.
  ///
  /// - Throws: `.notFound` where there is none, `.truncated`, `.corrupt`, `.unsupported` for another revision.
  init(_ store: ByteStore, at lba: UInt64, sectorSize: SectorSize) throws(ImageError) {
    let offset = try lba.multiplied(by: sectorSize.byteCount, "the header's LBA")
    let place = store.baseOffset &+ offset
    let known = try store.bytes(at: offset, count: Header.byteCount)
    let header = try Header(known.rawSpan)
    if header.signature != Header.magic {
      throw ImageError(.notFound, "there is no GPT header", offset: place)
    }
    if header.revision != Header.knownRevision {
      throw ImageError(.unsupported, "the header's revision is 0x\(String(header.revision, radix: 16))", offset: place)
    }
    // The kernel, too, refuses one that is longer than a sector.
    if !Header.acceptedByteCounts.contains(header.headerByteCount) || header.headerByteCount > sectorSize.rawValue {
      throw ImageError(.corrupt, "the header's length is \(header.headerByteCount)", offset: place)
    }
    let bytes = try store.bytes(at: offset, count: Int(header.headerByteCount))
    if Header.checksum(bytes) != header.headerCRC32 {
      throw ImageError(.corrupt, "the header's checksum is wrong", offset: place)
    }
    if header.myLBA != lba {
      throw ImageError(.corrupt, "the header in LBA \(lba) says that it is in LBA \(header.myLBA)", offset: place)
    }
    let (count, width) = (header.partitionEntryCount, header.partitionEntryByteCount)
    if width == 0 || width % UInt32(PartitionEntry.byteCount) != 0 || width > Header.longestEntry {
      throw ImageError(.corrupt, "entries of \(width) bytes", offset: place)
    }
    if count == 0 || UInt64(count) * UInt64(width) > Header.longestArray {
      throw ImageError(.corrupt, "\(count) entries of \(width) bytes; 1 entry to 4 MiB are possible", offset: place)
    }
    self = header
  }
}

extension Header {
  /// The length of all entries: at most 4 MiB.
  var arrayByteCount: Int { Int(partitionEntryCount) * Int(partitionEntryByteCount) }

  /// Reads the entries that this header points to, and checks their checksum.
  func entries(_ store: ByteStore, _ sectorSize: SectorSize) throws(ImageError) -> [UInt8] {
    let offset = try partitionEntryLBA.multiplied(by: sectorSize.byteCount, "the entries' LBA")
    // `bytes` compares with the store's length before it allocates.
    let bytes = try store.bytes(at: offset, count: arrayByteCount)
    if CRC32.ieee.checksum(bytes.rawSpan) != partitionEntryArrayCRC32 {
      throw ImageError(.corrupt, "the entries' checksum is wrong", offset: store.baseOffset &+ offset)
    }
    return bytes
  }
}

extension PartitionTable {
  /// What a checked header and its entries say.
  init(_ header: Header, entries: [UInt8], sectorSize: SectorSize) throws(ImageError) {
    let width = Int(header.partitionEntryByteCount)
    let count = Int(header.partitionEntryCount)
    var partitions: [Partition] = []
    for index in 0..<count {
      let entry = try PartitionEntry(entries.rawSpan, at: index * width)
      if !entry.isUnused { partitions.append(Partition(entry, index: index, sectorSize: sectorSize)) }
    }
    self.init(
      diskGUID: header.diskGUID, sectorSize: sectorSize, partitions: partitions,
      firstUsableLBA: header.firstUsableLBA, lastUsableLBA: header.lastUsableLBA,
      backupLBA: header.myLBA == 1 ? header.alternateLBA : header.myLBA, entryCount: count, entryByteCount: width)
  }
}

/// What a look at the places where headers may be has shown, before anything is checked in earnest.
struct HeaderProbe {
  /// The sector sizes that fit what was found, the most likely first.
  private(set) var sectorSizes: [SectorSize] = []
  /// Whether headers for more than one sector size claim to be the first.
  private(set) var isAmbiguous = false
  /// The first place that could not be read.
  private(set) var failure: ImageError?

  /// Looks for a header in LBA 1 as systemd does; where none looks right, for one where a backup may be; and where that
  /// does not, either, for the remains of one.
  init(_ store: ByteStore, _ record: ProtectiveMBR?) {
    let sizes = SectorSize.allCases
    let primaries = sizes.map { header(store, at: 1, $0) }
    let backups = sizes.map { size in
      store.backupLBAs(record, size).map { ($0, header(store, at: $0, size)) }
    }
    let good = sizes.indices.filter { primaries[$0]?.looksRight(at: 1) == true }
    isAmbiguous = good.count > 1
    let goodBackups = sizes.indices.filter { backups[$0].contains { $1?.looksRight(at: $0) == true } }
    let remains = sizes.indices.filter { primaries[$0]?.signature == Header.magic }
    let backupRemains = sizes.indices.filter { backups[$0].contains { $1?.signature == Header.magic } }
    sectorSizes = [good, goodBackups, remains, backupRemains].first { !$0.isEmpty }?.map { sizes[$0] } ?? []
  }

  private mutating func header(_ store: ByteStore, at lba: UInt64, _ size: SectorSize) -> Header? {
    do throws(ImageError) {
      let bytes = try store.bytes(at: lba * size.byteCount, upTo: Header.byteCount)
      return bytes.count < Header.byteCount ? nil : try Header(bytes.rawSpan)
    } catch {
      failure = failure ?? error
      return nil
    }
  }
}

extension ByteStore {
  /// The last whole sector; `nil` where there is no room for more than an MBR and a header.
  func lastLBA(_ sectorSize: SectorSize) -> UInt64? {
    let count = byteCount / sectorSize.byteCount
    return count > 2 ? count - 1 : nil
  }

  /// Where a backup may be when no primary header says it: in the last sector or, should the image have grown, where
  /// the disk ended by its protective MBR.
  func backupLBAs(_ record: ProtectiveMBR?, _ sectorSize: SectorSize) -> [UInt64] {
    guard let last = lastLBA(sectorSize) else { return [] }
    let said = record?.protectiveRecord.map { UInt64($0.lbaCount) } ?? 0
    return said > 1 && said < last ? [last, said] : [last]
  }
}
