import GPT
import ImageCore
import Testing

@Suite struct WritingTests {
  /// systemd-repart 252, measured: one partition of 3 592 192 bytes, an image of 4 661 248.
  @Test func layoutIsRepartsOwn() throws {
    #expect(PartitionTable.firstPartitionOffset == 1_048_576)
    for (partition, image) in [(3_592_192, 4_661_248), (20_971_520, 22_040_576)] as [(UInt64, UInt64)] {
      var new = Samples.new(1)
      new[0].byteCount = partition
      let table = try PartitionTable(diskGUID: Samples.disk, layingOut: new)
      #expect(try table.imageByteCount == image)
      #expect(table.firstUsableLBA == 34)
      #expect(table.lastUsableLBA == image / 512 - 34)
      #expect(table.backupLBA == image / 512 - 1)
      #expect(table.partitions[0].firstLBA == 2048)
      #expect(try table.partitions[0].byteRange == 1_048_576..<1_048_576 + partition)
    }
  }

  @Test func layoutFor4096ByteSectors() throws {
    let table = try Samples.table(3, .bytes4096)
    let sum: UInt64 = (1 + 3 + 5) * 4096
    #expect(try table.imageByteCount == (1 << 20) + sum + 20_480)
    #expect(table.firstUsableLBA == 6)
    #expect(table.lastUsableLBA == 256 + 9 - 1)
    #expect(table.backupLBA == 256 + 9 + 4)
    #expect(table.partitions.map(\.firstLBA) == [256, 257, 260])
    let areas = try table.encodedAreas
    #expect(areas.map(\.bytes.count) == [6 * 4096, 5 * 4096])
    #expect(areas.map(\.offset) == [0, (256 + 9) * 4096])
  }

  /// Every byte of both headers, with the checksums of Python's zlib over the same fields.
  @Test func headerBytes() throws {
    let new = NewPartition(
      typeGUID: PartitionType(designator: .root, architecture: .x86_64).guid, uniqueGUID: Samples.guid(1),
      attributes: [.readOnly, .growFileSystem], label: "root-x86-64", byteCount: 8192)
    let areas = try PartitionTable(diskGUID: Samples.disk, layingOut: [new]).encodedAreas
    #expect(areas.map(\.offset) == [0, 1_060_352])
    let head = areas[0].bytes
    let tail = areas[1].bytes
    #expect(head.count == 34 * 512)
    #expect(tail.count == 33 * 512)
    #expect(head[446..<462].hex == "00000200eeffffff0100000037080000")
    #expect(
      head[512..<604].hex
        == "4546492050415254" + "00000100" + "5c000000" + "521f5813" + "00000000" + "0100000000000000"
        + "3708000000000000" + "2200000000000000" + "1608000000000000" + "d4c3b2a1f6e50847890a00000000d15c"
        + "0200000000000000" + "80000000" + "80000000" + "83bea625")
    #expect(head[604..<1024].allSatisfy { $0 == 0 })
    #expect(
      tail[16384..<16476].hex
        == "4546492050415254" + "00000100" + "5c000000" + "6ec73813" + "00000000" + "3708000000000000"
        + "0100000000000000" + "2200000000000000" + "1608000000000000" + "d4c3b2a1f6e50847890a00000000d15c"
        + "1708000000000000" + "80000000" + "80000000" + "83bea625")
    #expect(
      head[1024..<1152].hex
        == "e3bc684fcde8b14d96e7fbcaf984b709" + "d4c3b2a1f6e50847890a000000000001" + "0008000000000000"
        + "0f08000000000000" + "0000000000000018" + "72006f006f0074002d007800380036002d0036003400"
        + String(repeating: "00", count: 50))
    #expect(head[1152...].allSatisfy { $0 == 0 })
    #expect(head[1024...].elementsEqual(tail[..<16384]))
  }

  @Test func attributeBits() {
    #expect(PartitionAttributes.required.rawValue == 0x0000_0000_0000_0001)
    #expect(PartitionAttributes.growFileSystem.rawValue == 0x0800_0000_0000_0000)
    #expect(PartitionAttributes.readOnly.rawValue == 0x1000_0000_0000_0000)
    #expect(PartitionAttributes.noAuto.rawValue == 0x8000_0000_0000_0000)
  }

  @Test func upTo128PartitionsFit() throws {
    let new = (0..<129).map {
      NewPartition(
        typeGUID: Samples.disk, uniqueGUID: Samples.guid($0 + 1), label: "p\($0)", byteCount: 4096)
    }
    let table = try PartitionTable(diskGUID: Samples.disk, layingOut: Array(new.prefix(128)))
    #expect(try GPTReading(ByteStore(Samples.image(table))).table == table)
    #expect(throws: ImageError(.limit, "")) { try PartitionTable(diskGUID: Samples.disk, layingOut: new) }
  }

  @Test(arguments: [0, 1, 512, 4095, 4097, UInt64.max]) func lengthsOffTheGrainAreRefused(byteCount: UInt64) {
    var new = Samples.new(2)
    new[1].byteCount = byteCount
    let error = #expect(throws: ImageError(.invalidArgument, "")) {
      try PartitionTable(diskGUID: Samples.disk, layingOut: new)
    }
    #expect(error?.context == ["partition 2"])
  }

  @Test func impossibleRequestsAreRefused() throws {
    func make(_ change: (inout [NewPartition]) -> Void) throws {
      var new = Samples.new(2)
      change(&new)
      _ = try PartitionTable(diskGUID: Samples.disk, layingOut: new)
    }
    #expect(throws: ImageError(.limit, "")) { try make { $0[1].byteCount = .max & ~4095 } }
    #expect(throws: ImageError(.limit, "")) { try make { $0[1].byteCount = (1 << 63) - 4096 } }
    #expect(throws: ImageError(.limit, "")) { try make { $0[0].label = String(repeating: "x", count: 37) } }
    #expect(throws: ImageError(.invalidArgument, "")) { try make { $0[0].typeGUID = .zero } }
    #expect(throws: ImageError(.invalidArgument, "")) { try make { $0[0].uniqueGUID = .zero } }
    #expect(throws: ImageError(.invalidArgument, "")) { try make { $0[0].uniqueGUID = $0[1].uniqueGUID } }
    try make { $0[1].byteCount = 1 << 62 }
  }

  /// A table that did not come from our layout is looked at again before it is written.
  @Test(
    arguments: [
      ([[2048, 2055], [2055, 2060]], 0), ([[34, 40]], 0), ([[2048, 9999]], 0), ([[2060, 2059]], 0),
      ([[2048, 2055]], 128), ([[2048, 2055]], -1),
    ] as [([[UInt64]], Int)])
  func whatCannotBeWrittenIsRefused(ranges: [[UInt64]], base: Int) {
    let partitions = ranges.enumerated().map { index, range in
      Partition(
        index: base + index, typeGUID: Samples.disk, uniqueGUID: Samples.guid(index), firstLBA: range[0],
        lastLBA: range[1], attributes: [], rawName: PartitionName(units: []), sectorSize: .bytes512)
    }
    let table = PartitionTable(
      diskGUID: Samples.disk, sectorSize: .bytes512, partitions: partitions, firstUsableLBA: 2048, lastUsableLBA: 4062,
      backupLBA: 4095, entryCount: 128, entryByteCount: 128)
    #expect(throws: ImageError(.invalidArgument, "")) { try table.encodedAreas }
  }
}
