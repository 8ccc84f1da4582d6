import GPT
import ImageCore
import Testing

@Suite struct ReadingTests {
  @Test(arguments: SectorSize.allCases, 0...5) func whatIsWrittenIsRead(sectorSize: SectorSize, count: Int) throws {
    let table = try Samples.table(count, sectorSize)
    let image = try Samples.image(table)
    let reading = try GPTReading(ByteStore(image))
    #expect(reading.sectorSize == sectorSize)
    #expect(try reading.primary.get() == table)
    #expect(try reading.backup.get() == table)
    #expect(try reading.table == table)
    #expect(reading.mbr == .protective)
    #expect(reading.findings == [])
    for (partition, new) in zip(table.partitions, Samples.new(count)) {
      #expect(partition.typeGUID == new.typeGUID)
      #expect(partition.uniqueGUID == new.uniqueGUID)
      #expect(partition.attributes == new.attributes)
      #expect(partition.name == new.label)
      #expect(partition.type?.label == new.label)
      #expect(try partition.byteCount == new.byteCount)
      let bytes = try ByteStore(image).slice(partition.byteRange)
      #expect(try bytes.bytes(at: 0, count: 1) == [0x50 + UInt8(partition.index)])
      #expect(try bytes.bytes(at: bytes.byteCount - 1, count: 1) == [0x50 + UInt8(partition.index)])
    }
  }

  /// Damage to the signature, the revision, the checksum, an LBA, and an entry.
  @Test(arguments: [SectorSize.bytes512, .bytes4096])
  func aDamagedPrimaryIsReplacedByTheBackup(size: SectorSize) throws {
    let table = try Samples.table(2, size)
    for offset in [0, 8, 16, 40, size.rawValue] {
      var image = try Samples.image(table)
      image[size.rawValue + offset] ^= 1
      let reading = try GPTReading(ByteStore(image))
      #expect(throws: ImageError.self) { try reading.primary.get() }
      #expect(try reading.backup.get() == table)
      #expect(try reading.table == table)
      #expect(reading.findings.map(\.code) == ["gpt-primary-damaged", "gpt-backup-used"])
    }
  }

  @Test func aDamagedBackupIsReported() throws {
    let table = try Samples.table(2)
    var image = try Samples.image(table)
    image[image.count - 512 + 56] ^= 0x80
    let reading = try GPTReading(ByteStore(image))
    #expect(try reading.table == table)
    #expect(throws: ImageError(.corrupt, "")) { try reading.backup.get() }
    #expect(reading.findings.map(\.code) == ["gpt-backup-damaged"])
    #expect(reading.findings[0].message.contains("backup partition table: the header's checksum is wrong (at byte"))
  }

  @Test func bothDamaged() throws {
    var image = try Samples.image(Samples.table(1))
    image[512 + 60] ^= 1
    image[image.count - 512 + 60] ^= 1
    let reading = try GPTReading(ByteStore(image))
    #expect(throws: ImageError(.corrupt, "")) { try reading.table }
    #expect(reading.findings.map(\.code) == ["gpt-primary-damaged", "gpt-backup-damaged"])
  }

  @Test func noTable() throws {
    for count in [0, 1, 511, 512, 513, 8192, 100_000] {
      let bytes = [UInt8](repeating: 0, count: count)
      #expect(throws: ImageError(.notFound, "")) { try GPTReading(ByteStore(bytes)) }
    }
    let lost = ProtectiveMBR(lbaCount: 100).encoded + [UInt8](repeating: 0, count: 50_000)
    let error = #expect(throws: ImageError(.notFound, "")) { try GPTReading(ByteStore(lost)) }
    #expect(error?.message.contains("both headers are lost") == true)
  }

  /// Grown: the backup is where the primary says.
  ///
  /// Cut: it is gone, and so is a part of a partition.
  @Test func grownAndCutImages() throws {
    let table = try Samples.table(2)
    let image = try Samples.image(table)
    let grown = try GPTReading(ByteStore(image + [UInt8](repeating: 0, count: 1 << 16)))
    #expect(try grown.backup.get() == table)
    #expect(grown.findings.map(\.code) == ["gpt-protective-mbr-length", "gpt-backup-not-at-end"])

    let cut = try GPTReading(ByteStore(Array(image.prefix((1 << 20) + 6000))))
    #expect(try cut.table == table)
    #expect(throws: ImageError(.truncated, "")) { try cut.backup.get() }
    #expect(
      cut.findings.map(\.code) == [
        "gpt-protective-mbr-length", "gpt-backup-damaged", "gpt-backup-not-at-end", "gpt-partition-cut",
      ])
    #expect(cut.findings.last?.place == "partition 2")
  }

  @Test func copiesThatDiffer() throws {
    var image = try Samples.image(Samples.table(2))
    var other = Samples.new(2)
    other[0].attributes = []
    let area = try PartitionTable(diskGUID: Samples.disk, layingOut: other).encodedAreas[1]
    image.replaceSubrange(Int(area.offset)..., with: area.bytes)
    let reading = try GPTReading(ByteStore(image))
    #expect(reading.findings.map(\.code) == ["gpt-copies-differ"])
    #expect(try reading.table.partitions[0].attributes == .readOnly)
  }

  @Test func firstSector() throws {
    let image = try Samples.image(Samples.table(1))
    func read(_ change: (inout ProtectiveMBR) -> Void) throws -> (GPTReading.MBRState, [String]) {
      var mbr = try ProtectiveMBR(image.rawSpan)
      change(&mbr)
      var bytes = image
      mbr.write(to: &bytes, at: 0)
      let reading = try GPTReading(ByteStore(bytes))
      return (reading.mbr, reading.findings.map(\.code))
    }
    #expect(try read { $0.signature = 0 } == (.missing, ["gpt-no-protective-mbr"]))
    #expect(try read { $0.partitionRecords[0].osType = 0x83 } == (.missing, ["gpt-no-protective-mbr"]))
    #expect(try read { $0.partitionRecords.swapAt(0, 3) } == (.protective, []))
    #expect(try read { $0.partitionRecords[0].lbaCount = .max } == (.protective, []))
    #expect(try read { $0.partitionRecords[0].lbaCount = 5 } == (.protective, ["gpt-protective-mbr-length"]))
    #expect(try read { $0.partitionRecords[0].startingLBA = 0 } == (.protective, ["gpt-protective-mbr-start"]))
    #expect(try read { $0.partitionRecords[2].osType = 0x0C } == (.hybrid, ["gpt-hybrid-mbr"]))
  }

  /// Shapes that other tools make.
  @Test(
    arguments: [
      (1, 128, 92, 2), (3, 128, 92, 2), (4, 256, 92, 2), (4, 128, 512, 2), (4, 128, 96, 3), (4, 4096, 200, 2),
      (256, 256, 92, 2), (700, 128, 92, 2), (1024, 128, 92, 5), (2048, 128, 92, 2),
    ] as [(UInt32, UInt32, Int, UInt64)])
  func oddShapes(count: UInt32, width: UInt32, header: Int, entriesLBA: UInt64) throws {
    let reading = try GPTReading(ByteStore(TinyDisk.ofShape(count, width, header, entriesLBA).bytes))
    for table in [try reading.primary.get(), try reading.backup.get()] {
      #expect(table.entryCount == Int(count))
      #expect(table.entryByteCount == Int(width))
      #expect(table.partitions.map(\.number) == (count == 1 ? [1] : [1, 3]))
      #expect(table.partitions.allSatisfy { $0.name == "ab" })
      #expect(try table.partitions.last?.byteRange == 600 * 512..<610 * 512)
    }
    let codes = (width == 128 ? [] : ["gpt-wide-entries"]) + (count <= 1024 ? [] : ["gpt-many-entries"])
    #expect(reading.findings.map(\.code) == codes)
  }

  /// Refused by what the header says, before anything of that length is read.
  @Test(
    arguments: [
      (0, 128, "0 entries"), (32769, 128, "32769 entries"), (.max, 128, "4294967295 entries"), (4, 0, "of 0 bytes"),
      (4, 64, "of 64 bytes"), (4, 129, "of 129 bytes"), (4, 4224, "of 4224 bytes"), (1024, .max, "of 4294967295 bytes"),
    ] as [(UInt32, UInt32, String)])
  func impossibleShapes(count: UInt32, width: UInt32, message: String) throws {
    var disk = TinyDisk()
    disk.changeHeader = {
      $0.partitionEntryCount = count
      $0.partitionEntryByteCount = width
    }
    let reading = try GPTReading(ByteStore(disk.bytes))
    for copy in [reading.primary, reading.backup] {
      let error = try #require(throws: ImageError(.corrupt, "")) { try copy.get() }
      #expect(error.message.contains(message))
    }
  }

  @Test func numbersMayHaveGapsAndAnyOrder() throws {
    var disk = TinyDisk()
    disk.entries = [PartitionEntry(), TinyDisk.entry(12...13, 1), PartitionEntry(), TinyDisk.entry(8...9, 2)]
    let reading = try GPTReading(ByteStore(disk.bytes))
    #expect(try reading.table.partitions.map(\.number) == [2, 4])
    #expect(reading.findings == [])
  }

  @Test(
    arguments: [
      ([8...9, 9...10], ["gpt-overlap"]), ([8...12, 9...10, 12...13], ["gpt-overlap", "gpt-overlap"]),
      ([2...9], ["gpt-out-of-bounds"]), ([8...23], ["gpt-out-of-bounds"]),
    ] as [([ClosedRange<UInt64>], [String])])
  func partitionsThatCannotBe(ranges: [ClosedRange<UInt64>], codes: [String]) throws {
    var disk = TinyDisk()
    disk.entries = ranges.enumerated().map { TinyDisk.entry($1, $0) }
    #expect(try GPTReading(ByteStore(disk.bytes)).findings.map(\.code) == codes)
  }

  @Test func invertedAndDuplicatePartitions() throws {
    var disk = TinyDisk()
    disk.entries = [TinyDisk.entry(8...9, 1), TinyDisk.entry(11...12, 1)]
    disk.entries[0].endingLBA = 7
    let reading = try GPTReading(ByteStore(disk.bytes))
    #expect(reading.findings.map(\.code) == ["gpt-inverted", "gpt-duplicate-guid"])
    let error = try #require(throws: ImageError(.corrupt, "")) { try reading.table.partitions[0].byteRange }
    #expect(error.context == ["partition 1"])
  }

  /// A header for 512-byte sectors and one for 4096-byte sectors in one image: systemd refuses it.
  @Test func twoSectorSizes() throws {
    var image = try Samples.image(Samples.table(2))
    let table = try Samples.table(1, .bytes4096)
    let small = try table.encodedAreas[0].bytes
    image.replaceSubrange(4096..<4096 + 92, with: small[4096..<4096 + 92])
    let reading = try GPTReading(ByteStore(image))
    #expect(reading.findings.contains { $0.code == "gpt-ambiguous" })
  }

  /// The primary must not serve as its own backup.
  @Test(arguments: [0, 1] as [UInt64]) func alternateThatIsNone(lba: UInt64) throws {
    var disk = TinyDisk()
    disk.changeHeader = { if $0.myLBA == 1 { $0.alternateLBA = lba } }
    var bytes = disk.bytes
    let reading = try GPTReading(ByteStore(bytes))
    #expect(reading.findings.map(\.code).contains("gpt-copies-differ"))
    bytes.replaceSubrange((bytes.count - 512)..., with: repeatElement(0, count: 512))
    #expect(throws: ImageError(.corrupt, "")) { try GPTReading(ByteStore(bytes)).backup.get() }
  }

  /// A header that is a copy of another place's, checksum and all.
  @Test(arguments: [1, 23] as [UInt64]) func headerOfAnotherPlace(lba: UInt64) throws {
    var disk = TinyDisk()
    let table = try GPTReading(ByteStore(disk.bytes)).table
    disk.changeHeader = { if $0.myLBA == lba { $0.myLBA = 9 } }
    let reading = try GPTReading(ByteStore(disk.bytes))
    let error = try #require(throws: ImageError(.corrupt, "")) {
      try (lba == 1 ? reading.primary : reading.backup).get()
    }
    #expect(error.message.contains("says that it is in LBA 9"))
    #expect(try reading.table == table)
  }

  /// Where the table lies on what it describes.
  @Test func tablesInTheWay() throws {
    func codes(_ change: @escaping (inout Header) -> Void) throws -> [String] {
      var disk = TinyDisk()
      disk.changeHeader = change
      return try GPTReading(ByteStore(disk.bytes)).findings.map(\.code)
    }
    #expect(try codes { _ in } == [])
    #expect(try codes { $0.firstUsableLBA = 2 } == ["gpt-table-in-use"])
    #expect(try codes { $0.lastUsableLBA = 23 } == ["gpt-table-in-use", "gpt-table-in-use"])
    #expect(try codes { if $0.myLBA == 23 { $0.alternateLBA = 5 } } == ["gpt-backup-alternate"])
    var disk = TinyDisk()
    disk.primaryEntriesLBA = 8
    disk.changeHeader = { $0.firstUsableLBA = 3 }
    let findings = try GPTReading(ByteStore(disk.bytes)).findings.filter { $0.code == "gpt-table-in-use" }
    #expect(findings.map(\.severity) == [.error] && findings.map(\.place) == ["partition 1"])
  }

  /// A header longer than a sector is none: the kernel says so, too.
  @Test func headersLongerThanASector() throws {
    let disk = TinyDisk(changeHeader: { $0.headerByteCount = 513 })
    #expect(throws: ImageError(.corrupt, "")) { try GPTReading(ByteStore(disk.bytes)).primary.get() }
  }

  /// The primary copy is gone and the image has grown: the protective MBR knows where the backup was.
  @Test func theBackupOfAGrownImageIsFound() throws {
    let table = try Samples.table(2)
    var image = try Samples.image(table) + [UInt8](repeating: 0, count: 1 << 16)
    image.fillZero(512..<1024)
    let reading = try GPTReading(ByteStore(image))
    #expect(try reading.table == table)
    #expect(throws: ImageError(.notFound, "")) { try reading.primary.get() }
  }

  /// Offsets in errors count from the beginning of the outermost file.
  @Test func offsetsOfASlice() throws {
    var image = try Samples.image(Samples.table(1))
    image[512 + 30] ^= 1
    let outer = [UInt8](repeating: 0, count: 10_000) + image
    let reading = try GPTReading(ByteStore(outer).slice(10_000..<UInt64(outer.count)))
    let error = try #require(throws: ImageError(.corrupt, "")) { try reading.primary.get() }
    #expect(error.offset == 10_512)
    #expect(error.context == ["primary partition table"])
  }
}
