import Foundation
import GPT
import ImageCore
import SystemPackage
import TestSupport
import Testing

/// Real tools judge what we write and make what we read.
///
/// They exit 0 on corrupt tables: what they say is what counts.
@Suite(.tempFolder) struct ToolTests {
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

  /// What a program says, on both outputs.
  private func said(_ tool: String, _ arguments: String..., input: String = "") async throws -> String {
    try await Tool(tool).run(arguments, input: Array(input.utf8)).text
  }

  /// A file of the test's own.
  private func file(_ bytes: [UInt8] = [UInt8](repeating: 0, count: 8 << 20)) throws -> FilePath {
    let path = try TempFolder.current["image"]
    try Disk.write(bytes, to: path)
    return path
  }

  private func isSound(sfdisk text: String) -> Bool {
    text.contains("No errors detected") && !text.contains("corrupt") && !text.contains("mismatch")
  }

  private func expectSound(_ device: FilePath, _ table: PartitionTable) async throws {
    let path = device.string
    let sgdisk = try await said("sgdisk", "--verify", path)
    #expect(isSound(sgdisk: sgdisk), "\(sgdisk)")
    let sfdisk = try await said("sfdisk", "--verify", path)
    #expect(isSound(sfdisk: sfdisk), "\(sfdisk)")
    #expect(sfdisk.contains("Using \(table.partitions.count) out of 128 partitions"), "\(sfdisk)")
    let blkid = try await said("blkid", "--probe", "--output", "export", path)
    #expect(blkid.contains("PTTYPE=gpt") && blkid.contains("PTUUID=\(table.diskGUID)"), "\(blkid)")

    let json = try await Tool("sfdisk").check("--json", path).output
    let listing = try JSONDecoder().decode(Listing.self, from: Data(json)).partitiontable
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
  func toolsAcceptWhatWeWrite(count: Int) async throws {
    let table = try Samples.table(count)
    let path = try file(Samples.image(table))
    try await expectSound(path, table)
    let fdisk = try await said("fdisk", "--list", path.string)
    #expect(fdisk.contains("Disklabel type: gpt"), "\(fdisk)")
    #expect(fdisk.contains("Disk identifier: \("\(table.diskGUID)".uppercased())"), "\(fdisk)")
    for fault in ["corrupt", "mismatch", "not on the end", "does not"] { #expect(!fdisk.contains(fault), "\(fdisk)") }
    for partition in table.partitions {
      #expect(fdisk.contains("\(path)\(partition.number) "), "\(fdisk)")
    }
  }

  @Test(.needs("sgdisk", "sfdisk", "blkid", "losetup"), .needsLoopDevices)
  func toolsAccept4096ByteSectors() async throws {
    let table = try Samples.table(3, .bytes4096)
    try await LoopMount.withDevice(file(Samples.image(table)), sectorSize: 4096) { try await expectSound($0, table) }
  }

  /// The tools do notice: without this, their agreement would mean nothing.
  @Test(.needs("sgdisk", "sfdisk"), arguments: [512 + 60, 1024 + 60, -512 + 60, -1024])
  func toolsNoticeDamage(offset: Int) async throws {
    var image = try Samples.image(Samples.table(1))
    image[offset < 0 ? image.count + offset : offset] ^= 1
    let path = try file(image).string
    let sgdisk = try await said("sgdisk", "--verify", path)
    #expect(!isSound(sgdisk: sgdisk), "\(sgdisk)")
    let sfdisk = try await said("sfdisk", "--verify", path)
    #expect(!isSound(sfdisk: sfdisk), "\(sfdisk)")
  }

  private let root = PartitionType(designator: .root, architecture: .x86_64).guid

  @Test(.needs("sgdisk")) func readsTablesOfSgdisk() async throws {
    let path = try file()
    try await Tool("sgdisk").check(
      "--disk-guid=\(Samples.disk)", "--new=5:8192:+1M", "--new=2:4096:8191", "--typecode=2:\(root)",
      "--partition-guid=2:\(Samples.guid(2))", "--change-name=2:Größe 😀", "--attributes=2:set:60",
      "--attributes=5:set:63", path.string)
    let reading = try GPTReading(ByteStore(contentsOf: path))
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

  @Test(.needs("sgdisk")) func readsOddTablesOfSgdisk() async throws {
    let path = try file()
    try await Tool("sgdisk").check(
      "--resize-table=256", "--move-main-table=100", "--new=200:4096:+1M", "--hybrid=200", path.string)
    let reading = try GPTReading(ByteStore(contentsOf: path))
    let table = try reading.table
    #expect(table.entryCount == 256)
    #expect(table.partitions.map(\.number) == [200])
    #expect(try reading.backup.get() == table)
  }

  @Test(.needs("sfdisk")) func readsTablesOfSfdisk() async throws {
    let path = try file()
    let script = """
      label: gpt
      label-id: \(Samples.disk)
      table-length: 12
      7 : start=2048, size=2048, type=\(root), uuid=\(Samples.guid(7)), name="seven", attrs="GUID:59,60"
      3 : start=6144, size=8, type=L

      """
    let text = try await said("sfdisk", path.string, input: script)
    let reading = try GPTReading(ByteStore(contentsOf: path))
    #expect(reading.findings == [], "\(text)")
    let table = try reading.table
    #expect(table.diskGUID == Samples.disk)
    #expect(table.entryCount == 12)
    #expect(table.partitions.map(\.number) == [3, 7])
    #expect(table.partitions[1].name == "seven")
    #expect(table.partitions[1].attributes == [.growFileSystem, .readOnly])
    #expect(PartitionType.name(of: table.partitions[0].typeGUID) == "linux-generic")
    #expect(try table.partitions[0].byteRange == 3 << 20..<(3 << 20) + 4096)
  }

  @Test(.needs("sgdisk", "losetup"), .needsLoopDevices) func reads4096ByteSectors() async throws {
    let path = try file()
    let text = try await LoopMount.withDevice(path, sectorSize: 4096) { device in
      try await said("sgdisk", "--new=3:512:+1M", "--typecode=3:\(root)", device.string)
    }
    let reading = try GPTReading(ByteStore(contentsOf: path))
    #expect(reading.sectorSize == .bytes4096, "\(text)")
    #expect(reading.findings == [])
    #expect(try reading.table.partitions.map(\.number) == [3])
    #expect(try reading.table.partitions[0].byteRange == 2 << 20..<3 << 20)
    #expect(try reading.table.partitions[0].type?.label == "root-x86-64")
  }

  /// What systemd-repart made, read and laid out again, has the same bytes.
  ///
  /// (Not so for images of little more than 1 MiB: in these its first partition is at LBA 40.)
  @Test(
    .needs("systemd-repart", in: .bookworm), .needs("systemd-repart", in: .trixie), .needs("systemd-repart", in: .sid),
    arguments: Peer.trees)
  func agreesWithRepart(_ peer: Peer) async throws {
    let folder = try TempFolder.current
    for (name, type, bytes) in [("10-a", "root-x86-64", "12K"), ("20-b", "usr-arm64", "64K"), ("30-c", "srv", "8M")] {
      let text = "[Partition]\nType=\(type)\nSizeMinBytes=\(bytes)\nSizeMaxBytes=\(bytes)\n"
      try Disk.write(text, to: folder["\(name).conf"])
    }
    let result = try await Tool("systemd-repart", in: peer).check(
      "--definitions=\(folder.path)", "--empty=create", "--size=auto", "--dry-run=no",
      "--seed=6b8b4567327b23c6643c986966334873", folder["image"].string)
    let store = try ByteStore(contentsOf: folder["image"])
    let reading = try GPTReading(store)
    #expect(reading.findings == [], "\(result)")
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
    // Up to 257 the file ends where a block of 4096 bytes does, like ours; later, right behind the backup.
    #expect(try ours.imageByteCount == store.byteCount.roundedUp(to: 4096))
    #expect((store.byteCount % 4096 == 0) == (peer != .sid))
  }
}
