import GPT
import ImageCore
import SystemPackage
import TestSupport
import Testing

/// A prefix of bytes, without a copy for each.
private struct Prefix: ByteSource {
  let bytes: [UInt8]
  let byteCount: UInt64

  func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) {
    output.replaceSubrange(range, with: bytes[Int(offset)..<Int(offset) + range.count])
  }
}

/// Whatever the bytes: a table or an error, and nothing that one can ask a table for traps.
@Suite struct HostileTests {
  private func exercise(_ store: ByteStore) {
    guard let reading = try? GPTReading(store) else { return }
    for table in [try? reading.primary.get(), try? reading.backup.get(), try? reading.table].compactMap({ $0 }) {
      _ = try? table.imageByteCount
      _ = try? table.encodedAreas
      _ = table.findings
      for partition in table.partitions {
        _ = (partition.name, partition.number, partition.type, partition.place)
        _ = try? partition.byteCount
        if let range = try? partition.byteRange { _ = try? store.slice(range) }
      }
    }
  }

  /// Values that break things: 0, 1, the largest, the next and the one before.
  private func spoilt(_ field: [UInt8]) -> [[UInt8]] {
    let value = field.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let rest = field.dropFirst(8)
    let numbers = [0, 1, UInt64.max, value &+ 1, value &- 1, 1 << 63, UInt64.max / 512, UInt64(Int64.max)]
    let fields = numbers.map { number in
      (0..<min(8, field.count)).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) } + rest
    }
    return fields + [[UInt8](repeating: 0xFF, count: field.count), [UInt8](repeating: 0, count: field.count)]
  }

  @Test func everyCutOfASmallTable() throws {
    let bytes = TinyDisk().bytes
    for count in 0...bytes.count { exercise(ByteStore(Prefix(bytes: bytes, byteCount: UInt64(count)))) }
  }

  @Test(arguments: [SectorSize.bytes512, .bytes4096]) func cutsOfAWrittenImage(size: SectorSize) throws {
    let bytes = try Samples.image(Samples.table(2, size))
    let cuts =
      Array(stride(from: 0, to: 40_000, by: 509)) + Array(size.rawValue * 2 - 10...size.rawValue * 2 + 100)
      + Array(stride(from: bytes.count, to: bytes.count - 600, by: -13)) + [bytes.count - 1]
    for count in cuts { exercise(ByteStore(Prefix(bytes: bytes, byteCount: UInt64(count)))) }
  }

  /// Each field of each header gets each value, in one copy or both, with checksums that fit.
  @Test func headerFieldsWithGoodChecksums() {
    for field in Header().described {
      for copies in [[1], [23], [1, 23]] as [[UInt64]] {
        for choice in 0..<10 {
          var disk = TinyDisk()
          disk.changeHeader = { header in
            guard copies.contains(header.myLBA) else { return }
            var bytes = header.encoded
            let range = field.offset..<field.offset + field.byteCount
            bytes.replaceSubrange(range, with: spoilt(Array(bytes[range]))[choice])
            if let spoiltHeader = try? Header(bytes.rawSpan) { header = spoiltHeader }
          }
          exercise(ByteStore(disk.bytes))
        }
      }
    }
  }

  /// Without the checksums put right, no changed field may go unseen: the other copy serves.
  @Test func headerFieldsWithoutChecksums() throws {
    let good = TinyDisk().bytes
    let table = try GPTReading(ByteStore(good)).table
    for field in Header().described {
      for base in [512, good.count - 512] {
        let range = base + field.offset..<base + field.offset + field.byteCount
        for value in spoilt(Array(good[range])) where value != Array(good[range]) {
          var bytes = good
          bytes.replaceSubrange(range, with: value)
          let reading = try GPTReading(ByteStore(bytes))
          #expect(throws: ImageError.self, "\(field.name)") {
            try (base == 512 ? reading.primary : reading.backup).get()
          }
          #expect(try reading.table == table, "\(field.name)")
          exercise(ByteStore(bytes))
        }
      }
    }
  }

  @Test func entryFieldsWithGoodChecksums() {
    for field in PartitionEntry().described {
      for choice in 0..<10 {
        for entry in [0, 1, 2] {
          var disk = TinyDisk()
          disk.changeArray = { array in
            let range = entry * 128 + field.offset..<entry * 128 + field.offset + field.byteCount
            array.replaceSubrange(range, with: spoilt(Array(array[range]))[choice])
          }
          exercise(ByteStore(disk.bytes))
        }
      }
    }
  }

  @Test func mbrFields() {
    let good = TinyDisk().bytes
    for field in ProtectiveMBR().described {
      for value in spoilt(Array(good[field.offset..<field.offset + field.byteCount])) {
        var bytes = good
        bytes.replaceSubrange(field.offset..<field.offset + field.byteCount, with: value)
        exercise(ByteStore(bytes))
      }
    }
  }

  /// One flipped bit anywhere in the two headers and arrays leaves the table readable.
  @Test func everyFlippedBitIsSeen() throws {
    let good = TinyDisk().bytes
    let table = try GPTReading(ByteStore(good)).table
    let last = good.count - 512
    for offset in Array(512..<604) + Array(1024..<1536) + Array(last - 512..<last) + Array(last..<last + 92) {
      var bytes = good
      bytes[offset] ^= 1 << UInt8(offset % 8)
      let reading = try GPTReading(ByteStore(bytes))
      #expect(try reading.table == table)
      #expect(reading.findings.contains { $0.severity == .error }, "byte \(offset)")
    }
  }

  /// Real tables: each field of header, first used entry and MBR gets each value, with checksums that fit and without.
  @Test(arguments: ["sgdisk", "sgdisk-256", "sfdisk", "sfdisk-4096", "parted", "repart-4096", "mbr"])
  func goldenFields(_ name: String) throws {
    let good = try Disk.read(GoldenFiles.path("gpt", "\(name).gpt"))
    let sector = (try? GPTReading(ByteStore(good)))?.sectorSize.rawValue ?? 512
    var places = ProtectiveMBR().described.map { ($0.offset, $0.byteCount) }
    if let header = try? Header(good.rawSpan, at: sector), header.signature == Header.magic {
      let entries = Int(header.partitionEntryLBA) * sector
      let used = stride(from: entries, to: entries + 32_768, by: 128).first { good[$0] != 0 } ?? entries
      places += Header().described.map { (sector + $0.offset, $0.byteCount) }
      places += PartitionEntry().described.map { (used + $0.offset, $0.byteCount) }
    }
    for (offset, count) in places {
      for value in spoilt(Array(good[offset..<offset + count])) {
        var bytes = good
        bytes.replaceSubrange(offset..<offset + count, with: value)
        exercise(ByteStore(bytes))
        repairChecksums(&bytes, sector)
        exercise(ByteStore(bytes))
        _ = try? MBRTable(ByteStore(bytes))?.description
      }
    }
  }

  /// Writes the checksums that the primary table should have now.
  private func repairChecksums(_ bytes: inout [UInt8], _ sector: Int) {
    guard let header = try? Header(bytes.rawSpan, at: sector), header.headerByteCount <= 512 else { return }
    func put(_ value: UInt32, _ offset: Int) {
      for index in 0..<4 { bytes[sector + offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index)) }
    }
    let count = UInt64(header.partitionEntryCount) * UInt64(header.partitionEntryByteCount)
    if header.partitionEntryLBA < 1024, count <= 65_536 {
      let start = Int(header.partitionEntryLBA) * sector
      if start + Int(count) <= bytes.count {
        let array = Array(bytes[start..<start + Int(count)])
        put(CRC32.ieee.checksum(array.rawSpan), 88)
      }
    }
    put(Header.checksum(Array(bytes[sector..<sector + max(20, Int(header.headerByteCount))])), 16)
  }

  @Test func noise() {
    var state: UInt64 = 1
    for _ in 0..<300 {
      var disk = TinyDisk()
      disk.changeHeaderBytes = { bytes in
        for _ in 0..<3 {
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          bytes[24 + Int(state >> 33) % 68] = UInt8(truncatingIfNeeded: state >> 40)
        }
      }
      exercise(ByteStore(disk.bytes))
    }
  }
}
