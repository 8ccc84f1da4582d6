import ImageCore

extension Header {
  /// The entry counts that systemd accepts.
  private static let acceptedEntryCounts: ClosedRange<UInt32> = 1...1024
  private static let longestEntry: UInt32 = 4096

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
    if !Header.acceptedByteCounts.contains(header.headerByteCount) {
      throw ImageError(.corrupt, "the header's length is \(header.headerByteCount)", offset: place)
    }
    let bytes = try store.bytes(at: offset, count: Int(header.headerByteCount))
    if Header.checksum(bytes) != header.headerCRC32 {
      throw ImageError(.corrupt, "the header's checksum is wrong", offset: place)
    }
    if header.myLBA != lba {
      throw ImageError(.corrupt, "the header in LBA \(lba) says that it is in LBA \(header.myLBA)", offset: place)
    }
    if !Header.acceptedEntryCounts.contains(header.partitionEntryCount) {
      throw ImageError(.corrupt, "\(header.partitionEntryCount) entries; 1 to 1024 are possible", offset: place)
    }
    let entry = header.partitionEntryByteCount
    if entry == 0 || entry % UInt32(PartitionEntry.byteCount) != 0 || entry > Header.longestEntry {
      throw ImageError(.corrupt, "entries of \(entry) bytes", offset: place)
    }
    self = header
  }
}

extension PartitionTable {
  /// Reads the entries that a checked header points to.
  init(_ store: ByteStore, _ header: Header, sectorSize: SectorSize) throws(ImageError) {
    let offset = try header.partitionEntryLBA.multiplied(by: sectorSize.byteCount, "the entries' LBA")
    // 4 MiB at most: `Header.init` has looked at both factors. `bytes` compares with the store's length first.
    let width = Int(header.partitionEntryByteCount)
    let count = Int(header.partitionEntryCount)
    let bytes = try store.bytes(at: offset, count: count * width)
    if CRC32.ieee.checksum(bytes.rawSpan) != header.partitionEntryArrayCRC32 {
      throw ImageError(.corrupt, "the entries' checksum is wrong", offset: store.baseOffset &+ offset)
    }
    var partitions: [Partition] = []
    for index in 0..<count {
      let entry = try PartitionEntry(bytes.rawSpan, at: index * width)
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

  /// Looks for a header in LBA 1 as systemd does; where none looks right, for one in the last LBA; and where that does
  /// not, either, for the remains of one.
  init(_ store: ByteStore) {
    let sizes = SectorSize.allCases
    let primaries = sizes.map { header(store, at: 1, $0) }
    let last = sizes.map { store.lastLBA($0) }
    let backups = zip(sizes, last).map { size, lba in lba.flatMap { header(store, at: $0, size) } }

    let good = sizes.indices.filter { primaries[$0]?.looksRight(at: 1) == true }
    isAmbiguous = good.count > 1
    let goodBackups = sizes.indices.filter { index in
      last[index].map { backups[index]?.looksRight(at: $0) == true } ?? false
    }
    let remains = sizes.indices.filter { primaries[$0]?.signature == Header.magic }
    let backupRemains = sizes.indices.filter { backups[$0]?.signature == Header.magic }
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
}
