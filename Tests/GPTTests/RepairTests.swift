import GPT
import ImageCore
import Testing

/// Tables damaged in every way, and made whole.
@Suite struct RepairTests {
  /// Applies a repair's areas, and checks after each that a good copy is there.
  private func applied(_ image: [UInt8], _ comment: Comment? = nil) throws -> [UInt8] {
    var image = image
    let table = try GPTReading(ByteStore(image)).table
    for area in try GPTReading(ByteStore(image)).repair().areas {
      // Torn in the middle: what was good must still be readable.
      var torn = image
      let half = area.bytes.count / 2
      torn.replaceSubrange(Int(area.offset)..<Int(area.offset) + half, with: area.bytes.prefix(half))
      #expect(
        try GPTReading(ByteStore(torn)).table.partitions == table.partitions, "torn \(area.part), \(comment ?? "")")
      image.replaceSubrange(Int(area.offset)..<Int(area.offset) + area.bytes.count, with: area.bytes)
      #expect(try GPTReading(ByteStore(image)).table.partitions == table.partitions, "\(area.part), \(comment ?? "")")
    }
    return image
  }

  @Test(arguments: SectorSize.allCases) func everySingleDamageIsUndone(size: SectorSize) throws {
    let good = try Samples.image(Samples.table(3, size))
    #expect(try GPTReading(ByteStore(good)).repair().areas == [])
    let sector = size.rawValue
    let places = [
      446..<512, sector..<sector + 92, sector * 2..<sector * 2 + 16384, good.count - sector..<good.count,
      good.count - sector - 16384..<good.count - sector, sector..<sector * 2 + 16384,
      good.count - sector - 16384..<good.count,
    ]
    for range in places {
      for byte in [0, 0xFF, 0x5A] as [UInt8] {
        var bad = good
        bad.replaceSubrange(range, with: repeatElement(byte, count: range.count))
        #expect(try Samples.difference(applied(bad, "\(range), \(byte)"), good) == nil, "\(range), \(byte)")
      }
    }
    for offset in [sector, sector + 8, sector + 16, sector + 24, sector + 72, sector * 2, good.count - sector + 30] {
      var bad = good
      bad[offset] ^= 0x10
      #expect(try Samples.difference(applied(bad), good) == nil, "\(offset)")
    }
  }

  /// What odd tables have of their own stays.
  @Test(
    arguments: [
      (3, 128, 92, 2), (4, 256, 92, 2), (4, 128, 512, 2), (4, 128, 96, 3), (4, 4096, 200, 2), (700, 128, 92, 2),
      (256, 128, 92, 7), (2048, 128, 92, 2),
    ] as [(UInt32, UInt32, Int, UInt64)])
  func oddShapesStay(count: UInt32, width: UInt32, header: Int, entriesLBA: UInt64) throws {
    var disk = TinyDisk.ofShape(count, width, header, entriesLBA)
    disk.changeArray = { if width > 128 { $0[200] = 0x77 } }
    let good = disk.bytes
    #expect(try GPTReading(ByteStore(good)).repair().areas == [])
    for range in [512..<1024, good.count - 512..<good.count] {
      var bad = good
      bad.fillZero(range)
      #expect(try Samples.difference(applied(bad), good) == nil, "\(range)")
    }
    var bad = good
    bad[Int(entriesLBA) * 512 + 3] ^= 1
    #expect(try Samples.difference(applied(bad), good) == nil)
  }

  @Test func bothDamagedIsRefused() throws {
    var image = try Samples.image(Samples.table(1))
    image[512 + 60] ^= 1
    image[image.count - 512 + 60] ^= 1
    let reading = try GPTReading(ByteStore(image))
    #expect(throws: ImageError(.corrupt, "")) { try reading.repair() }
  }

  /// The backup moves to the end, the room behind the last partition becomes usable; a few sectors more are enough to
  /// have the new backup lie on the old one.
  @Test(arguments: [512, 5 * 512, 33 * 512, 34 * 512, 1 << 20, (1 << 20) + 100], [false, true])
  func grownImages(by growth: Int, isPrimaryLost: Bool) throws {
    var image = try Samples.image(Samples.table(2)) + [UInt8](repeating: 0, count: growth)
    if isPrimaryLost { image.fillZero(512..<1024) }
    let whole = try applied(image)
    let reading = try GPTReading(ByteStore(whole))
    let isUneven = growth % 512 != 0
    #expect(reading.findings.map(\.code) == (isUneven ? ["gpt-backup-not-at-end"] : []))
    let table = try reading.table
    #expect(table.backupLBA == UInt64(whole.count / 512 - 1))
    #expect(table.lastUsableLBA == table.backupLBA - 33)
    #expect(try table.partitions == Samples.table(2).partitions)
    #expect(try reading.backup.get() == table)
    #expect(try reading.repair().areas == [])
  }

  /// Cut behind the last partition there may be room for a backup, inside it there is none.
  @Test func cutImages() throws {
    let table = try Samples.table(2)
    let image = try Samples.image(table)
    let end = Int(try #require(table.partitions.last).byteRange.upperBound)
    let whole = try applied(Array(image.prefix(end + 33 * 512)))
    #expect(try GPTReading(ByteStore(whole)).findings == [])
    for count in [end + 32 * 512, end, end - 4096] {
      let cut = try GPTReading(ByteStore(Array(image.prefix(count))))
      let error = #expect(throws: ImageError(.corrupt, "")) { _ = try cut.repair() }
      #expect(error?.context.first?.hasPrefix("partition") == true)
    }
  }

  /// Boot code, hybrid records and foreign partitions are not ours to write over.
  @Test func theFirstSector() throws {
    let good = try Samples.image(Samples.table(1))
    func changed(_ change: (inout ProtectiveMBR) -> Void) throws -> [UInt8] {
      var mbr = try ProtectiveMBR(good.rawSpan)
      change(&mbr)
      var image = good
      mbr.write(to: &image, at: 0)
      return image
    }
    let booting = try changed {
      $0.bootCode[5] = 0x90
      $0.uniqueMBRDiskSignature = 7
      $0.signature = 0
    }
    let booted = try applied(booting)
    #expect(booted[5] == 0x90 && booted[440] == 7)
    #expect(try GPTReading(ByteStore(booted)).mbr == .protective)
    #expect(try Samples.difference(applied(changed { $0.partitionRecords[0].startingLBA = 0 }), good) == nil)
    #expect(try Samples.difference(applied(changed { $0.partitionRecords[0].lbaCount = 5 }), good) == nil)
    let hybrid = try changed { $0.partitionRecords[2].osType = 0x0C }
    #expect(try Samples.difference(applied(hybrid), hybrid) == nil)
    let foreign = try changed { $0.partitionRecords[0].osType = 0x83 }
    #expect(try Samples.difference(applied(foreign), foreign) == nil)
    #expect(try GPTReading(ByteStore(foreign)).repair().findings.map(\.code) == ["gpt-mbr-in-use"])
  }

  /// A partition where the table must be is not written over.
  @Test func partitionsInTheWay() throws {
    var disk = TinyDisk()
    disk.entries = [TinyDisk.entry(8...22, 1)]
    var bytes = disk.bytes
    bytes.fillZero(bytes.count - 512..<bytes.count)
    let reading = try GPTReading(ByteStore(bytes))
    #expect(throws: ImageError(.corrupt, "")) { try reading.repair() }
  }

  /// Whatever a header says with a good checksum: a repair or an error.
  @Test func hostileHeaders() {
    for field in Header().described {
      for value in [0, 1, 2, 22, 23, 24, .max, 1 << 63, .max / 512] as [UInt64] {
        for copies in [[1], [23], [1, 23]] as [[UInt64]] {
          for lost in [512..<513, 23 * 512..<23 * 512 + 1, 0..<0] {
            var disk = TinyDisk()
            disk.changeHeader = { header in
              guard copies.contains(header.myLBA) else { return }
              var bytes = header.encoded
              for index in 0..<min(8, field.byteCount) {
                bytes[field.offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(index)))
              }
              if let spoilt = try? Header(bytes.rawSpan) { header = spoilt }
            }
            var bytes = disk.bytes
            bytes.fillZero(lost)
            guard let reading = try? GPTReading(ByteStore(bytes)), let repair = try? reading.repair() else { continue }
            for area in repair.areas { #expect(area.offset + UInt64(area.bytes.count) <= UInt64(bytes.count)) }
          }
        }
      }
    }
  }
}
