import Foundation
import GPT
import ImageCore
import SystemPackage
import Testing

/// Real tools judge what we write and make what we read.
@Suite struct ToolTests {
  /// What `sfdisk -J` prints.
  private struct Listing: Decodable {
    struct Table: Decodable {
      struct Item: Decodable {
        let node: String
        let start: UInt64
        let size: UInt64
        let type: String
        let uuid: String
        let name: String?
        let attrs: String?
      }
      let label: String
      let id: String
      let firstlba: UInt64
      let lastlba: UInt64
      let sectorsize: Int
      let partitions: [Item]?
    }
    let partitiontable: Table
  }

  /// Judges `sgdisk --verify`, which finds "no problems" on tables with wrong checksums, too.
  ///
  /// It also remarks ("Caution") on an end off its own grain, which systemd-repart's images have, too.
  private func isSound(sgdisk text: String) -> Bool {
    text.contains("No problems found")
      && !["Warning", "Problem", "Identified", "ERROR", "CRC", "corrupt", "invalid"].contains { text.contains($0) }
  }

  private func isSound(sfdisk text: String) -> Bool {
    text.contains("No errors detected") && !text.contains("corrupt") && !text.contains("mismatch")
  }

  private func expectSound(_ path: String, _ table: PartitionTable) throws {
    let sgdisk = try RunTool.run("sgdisk", "--verify", path)
    #expect(isSound(sgdisk: sgdisk), "\(sgdisk)")
    let sfdisk = try RunTool.run("sfdisk", "--verify", path)
    #expect(isSound(sfdisk: sfdisk), "\(sfdisk)")
    #expect(sfdisk.contains("Using \(table.partitions.count) out of 128 partitions"), "\(sfdisk)")
    let blkid = try RunTool.run("blkid", "--probe", "--output", "export", path)
    #expect(blkid.contains("PTTYPE=gpt") && blkid.contains("PTUUID=\(table.diskGUID)"), "\(blkid)")

    let json = try RunTool.run("sfdisk", "--json", path)
    let listing = try JSONDecoder().decode(Listing.self, from: Data(json.utf8)).partitiontable
    #expect(listing.label == "gpt")
    #expect(GUID(listing.id) == table.diskGUID)
    #expect(listing.sectorsize == table.sectorSize.rawValue)
    #expect(listing.firstlba == table.firstUsableLBA)
    #expect(listing.lastlba == table.lastUsableLBA)
    let items = listing.partitions ?? []
    #expect(items.count == table.partitions.count)
    for (item, partition) in zip(items, table.partitions) {
      #expect(item.node.hasSuffix("\(partition.number)"))
      #expect(item.start == partition.firstLBA)
      #expect(item.size == partition.lastLBA - partition.firstLBA + 1)
      #expect(GUID(item.type) == partition.typeGUID)
      #expect(GUID(item.uuid) == partition.uniqueGUID)
      #expect(item.name ?? "" == partition.name)
      #expect((item.attrs ?? "").contains("GUID:") == !partition.attributes.isEmpty)
      if partition.attributes == .readOnly { #expect(item.attrs == "GUID:60") }
      if partition.attributes == [.readOnly, .noAuto] { #expect(item.attrs == "GUID:60,63") }
    }
  }

  @Test(.needs("sgdisk", "sfdisk", "fdisk", "blkid"), arguments: 1...5)
  func toolsAcceptWhatWeWrite(count: Int) throws {
    let table = try Samples.table(count)
    try RunTool.withFile(Samples.image(table)) { path in
      try expectSound(path, table)
      let fdisk = try RunTool.run("fdisk", "--list", path)
      #expect(fdisk.contains("Disklabel type: gpt"), "\(fdisk)")
      #expect(fdisk.contains("Disk identifier: \("\(table.diskGUID)".uppercased())"), "\(fdisk)")
      for fault in ["corrupt", "mismatch", "not on the end", "does not"] { #expect(!fdisk.contains(fault), "\(fdisk)") }
      for partition in table.partitions {
        #expect(fdisk.contains("\(path)\(partition.number) "), "\(fdisk)")
      }
    }
  }

  @Test(.needs("sgdisk", "sfdisk", "blkid", "losetup"), .needsLoopDevices)
  func toolsAccept4096ByteSectors() throws {
    let table = try Samples.table(3, .bytes4096)
    try RunTool.withFile(Samples.image(table)) { path in
      try RunTool.withLoop4096(path) { try expectSound($0, table) }
    }
  }

  /// The tools do notice: without this, their agreement would mean nothing.
  @Test(.needs("sgdisk", "sfdisk"), arguments: [512 + 60, 1024 + 60, -512 + 60, -1024])
  func toolsNoticeDamage(offset: Int) throws {
    var image = try Samples.image(Samples.table(1))
    image[offset < 0 ? image.count + offset : offset] ^= 1
    try RunTool.withFile(image) { path in
      let sgdisk = try RunTool.run("sgdisk", "--verify", path)
      #expect(!isSound(sgdisk: sgdisk), "\(sgdisk)")
      let sfdisk = try RunTool.run("sfdisk", "--verify", path)
      #expect(!isSound(sfdisk: sfdisk), "\(sfdisk)")
    }
  }

  private let root = PartitionType(designator: .root, architecture: .x86_64).guid

  @Test(.needs("sgdisk")) func readsTablesOfSgdisk() throws {
    try RunTool.withFile([UInt8](repeating: 0, count: 8 << 20)) { path in
      _ = try RunTool.run(
        "sgdisk", "--disk-guid=\(Samples.disk)", "--new=5:8192:+1M", "--new=2:4096:8191", "--typecode=2:\(root)",
        "--partition-guid=2:\(Samples.guid(2))", "--change-name=2:Größe 😀", "--attributes=2:set:60",
        "--attributes=5:set:63", path)
      let reading = try GPTReading(ByteStore(contentsOf: FilePath(path)))
      #expect(reading.findings == [])
      #expect(reading.mbr == .protective)
      let table = try reading.table
      #expect(table.diskGUID == Samples.disk)
      #expect(table.firstUsableLBA == 34)
      #expect(table.partitions.map(\.number) == [2, 5])
      #expect(table.partitions[0].typeGUID == root)
      #expect(table.partitions[0].uniqueGUID == Samples.guid(2))
      #expect(table.partitions[0].name == "Größe 😀")
      #expect(table.partitions.map(\.attributes) == [.readOnly, .noAuto])
      #expect(try table.partitions[0].byteRange == 2 << 20..<4 << 20)
      #expect(try table.partitions[1].byteRange == 4 << 20..<5 << 20)
    }
  }

  @Test(.needs("sgdisk")) func readsOddTablesOfSgdisk() throws {
    try RunTool.withFile([UInt8](repeating: 0, count: 8 << 20)) { path in
      _ = try RunTool.run(
        "sgdisk", "--resize-table=256", "--move-main-table=100", "--new=200:4096:+1M", "--hybrid=200", path)
      let reading = try GPTReading(ByteStore(contentsOf: FilePath(path)))
      let table = try reading.table
      #expect(table.entryCount == 256)
      #expect(table.partitions.map(\.number) == [200])
      #expect(try reading.backup.get() == table)
    }
  }

  @Test(.needs("sfdisk")) func readsTablesOfSfdisk() throws {
    try RunTool.withFile([UInt8](repeating: 0, count: 8 << 20)) { path in
      let script = """
        label: gpt
        label-id: \(Samples.disk)
        table-length: 12
        7 : start=2048, size=2048, type=\(root), uuid=\(Samples.guid(7)), name="seven", attrs="GUID:59,60"
        3 : start=6144, size=8, type=L
        """
      let said = try RunTool.run("sfdisk", path, input: script + "\n")
      let reading = try GPTReading(ByteStore(contentsOf: FilePath(path)))
      #expect(reading.findings == [], "\(said)")
      let table = try reading.table
      #expect(table.diskGUID == Samples.disk)
      #expect(table.entryCount == 12)
      #expect(table.partitions.map(\.number) == [3, 7])
      #expect(table.partitions[1].name == "seven")
      #expect(table.partitions[1].attributes == [.growFileSystem, .readOnly])
      #expect(PartitionType.name(of: table.partitions[0].typeGUID) == "linux-generic")
      #expect(try table.partitions[0].byteRange == 3 << 20..<(3 << 20) + 4096)
    }
  }

  @Test(.needs("sgdisk", "losetup"), .needsLoopDevices) func reads4096ByteSectors() throws {
    try RunTool.withFile([UInt8](repeating: 0, count: 8 << 20)) { path in
      let said = try RunTool.withLoop4096(path) {
        try RunTool.run("sgdisk", "--new=3:512:+1M", "--typecode=3:\(root)", $0)
      }
      let reading = try GPTReading(ByteStore(contentsOf: FilePath(path)))
      #expect(reading.sectorSize == .bytes4096, "\(said)")
      #expect(reading.findings == [])
      #expect(try reading.table.partitions.map(\.number) == [3])
      #expect(try reading.table.partitions[0].byteRange == 2 << 20..<3 << 20)
      #expect(try reading.table.partitions[0].type?.label == "root-x86-64")
    }
  }

  /// What systemd-repart made, read and laid out again, has the same bytes.
  ///
  /// (Not so for images of little more than 1 MiB: in these its first partition is at LBA 40.)
  @Test(.needs("systemd-repart")) func agreesWithRepart() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("repart-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for (name, type, bytes) in [("10-a", "root-x86-64", "12K"), ("20-b", "usr-arm64", "64K"), ("30-c", "srv", "8M")] {
      let text = "[Partition]\nType=\(type)\nSizeMinBytes=\(bytes)\nSizeMaxBytes=\(bytes)\n"
      try text.write(toFile: "\(folder)/\(name).conf", atomically: false, encoding: .utf8)
    }
    let path = "\(folder)/image"
    let said = try RunTool.run(
      "systemd-repart", "--definitions=\(folder)", "--empty=create", "--size=auto", "--dry-run=no",
      "--seed=6b8b4567327b23c6643c986966334873", path)
    let store = try ByteStore(contentsOf: FilePath(path))
    let reading = try GPTReading(store)
    #expect(reading.findings == [], "\(said)")
    let read = try reading.table
    #expect(read.partitions.map(\.name) == ["root-x86-64", "usr-arm64", "srv"])
    #expect("\(read.diskGUID)" == "205aabf2-8d7c-4aad-8cfd-989b20fc0ada")
    let ours = try PartitionTable(
      diskGUID: read.diskGUID,
      layingOut: read.partitions.map {
        NewPartition(
          typeGUID: $0.typeGUID, uniqueGUID: $0.uniqueGUID, attributes: $0.attributes, label: $0.name,
          byteCount: try $0.byteCount)
      })
    #expect(ours.partitions == read.partitions)
    #expect(try store.bytes(at: 1024, count: 16384) == Array(ours.encodedAreas[0].bytes[1024...]))
    // repart's first usable LBA is its first partition's; all else is the same.
    #expect(read.firstUsableLBA == 2048)
    for area in try read.encodedAreas {
      #expect(try store.bytes(at: area.offset, count: area.bytes.count) == area.bytes)
    }
    // Versions after 257 make the file end sooner.
    #expect(try ours.imageByteCount >= store.byteCount)
  }
}
