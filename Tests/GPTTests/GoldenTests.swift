import GPT
import ImageCore
import SystemPackage
import TestSupport
import Testing

/// Tables that other programs made, against what sfdisk says of them; needs no tool and no root.
@Suite struct GoldenTests {
  private static let images = GoldenFiles.paths("gpt", suffix: ".gpt").map { $0.lastComponent?.stem ?? "" }

  private func store(_ name: String) throws -> ByteStore {
    ByteStore(try Disk.read(GoldenFiles.path("gpt", "\(name).gpt")))
  }

  private func expected(_ name: String) throws -> [String] {
    try GoldenFiles.lines(GoldenFiles.path("gpt", "\(name).list"))
  }

  /// The lines that `make.sh` makes of what sfdisk says.
  private func lines(_ table: PartitionTable) throws -> [String] {
    let partitions = try table.partitions.map { partition in
      let range = try partition.byteRange
      let bits = (0..<64).filter { partition.attributes.rawValue >> $0 & 1 == 1 }.map(String.init)
      let attributes = bits.isEmpty ? "-" : "GUID:" + bits.joined(separator: ",")
      return [
        "\(partition.number)", "\(range.lowerBound)", "\(range.count)", "\(partition.typeGUID)",
        "\(partition.uniqueGUID)", attributes, partition.name,
      ].joined(separator: "\t")
    }
    return ["gpt \(table.diskGUID) \(table.sectorSize.rawValue)"] + partitions
  }

  @Test func allAreThere() { #expect(Self.images.count == 13) }

  @Test(arguments: images.filter { !["mbr", "both-lost"].contains($0) }) func tables(_ name: String) throws {
    let reading = try GPTReading(store(name))
    #expect(try lines(reading.table) == expected(name))
    let findings = reading.findings.map { "\($0.severity) \($0.code)" }
    switch name {
    case "backup-only", "damaged-entries":
      #expect(findings.count { $0.hasPrefix("error") } == 1 && isLost(reading.primary), "\(findings)")
      #expect(try lines(reading.backup.get()) == expected(name))
    case "no-backup":
      #expect(findings.contains { $0.hasPrefix("error") } && isLost(reading.backup), "\(findings)")
    case "sgdisk-hybrid": #expect(reading.mbr == .hybrid && !findings.contains { $0.hasPrefix("error") })
    default:
      #expect(findings == [])
      #expect(try reading.primary.get() == reading.backup.get())
    }
  }

  private func isLost(_ result: Result<PartitionTable, ImageError>) -> Bool { (try? result.get()) == nil }

  @Test func bothAreLost() throws {
    let reading = try GPTReading(store("both-lost"))
    #expect(throws: ImageError(.corrupt, "")) { try reading.table }
  }

  @Test func noTableButAnMBR() throws {
    let image = try store("mbr")
    #expect(throws: ImageError(.notFound, "")) { try GPTReading(image) }
    let table = try #require(try MBRTable(image))
    let lines = table.partitions.map {
      "\($0.number)\t\($0.byteRange.lowerBound)\t\($0.byteRange.count)\t\(String($0.type, radix: 16))\t-\t-\t"
    }
    #expect(["dos 0x12345678 512"] + lines == (try expected("mbr")))
    #expect(table.partitions.map(\.isActive) == [false, true])
  }

  /// A repaired table is the one that was damaged.
  @Test(arguments: ["backup-only", "damaged-entries"]) func repaired(_ name: String) throws {
    let (damaged, good) = (
      try Disk.read(GoldenFiles.path("gpt", "\(name).gpt")), try Disk.read(GoldenFiles.path("gpt", "sgdisk.gpt"))
    )
    #expect(damaged != good)
    var bytes = damaged
    for area in try GPTReading(ByteStore(damaged)).repair().areas {
      bytes.replaceSubrange(Int(area.offset)..<Int(area.offset) + area.bytes.count, with: area.bytes)
    }
    #expect(Samples.difference(bytes, good) == nil)
  }
}
