import Foundation
import SysextImage
import TestSupport
import Testing

/// Partition tools on whole images.
@Suite(.tempFolder)
struct PartitionToolTests {
  /// What can be chosen of a partition.
  struct Layout: Sendable, CustomTestStringConvertible {
    let sectorSize: SectorSize
    let designator: PartitionType.Designator
    let architecture: Architecture

    static let all = [SectorSize.bytes512, .bytes4096].flatMap { size in
      PartitionType.Designator.allCases.flatMap { designator in
        [Architecture.x86_64, .arm64].map {
          Layout(sectorSize: size, designator: designator, architecture: $0)
        }
      }
    }

    var testDescription: String { "\(label) \(sectorSize.rawValue)" }
    var label: String { "\(designator)-\(architecture.rawValue)" }

    /// From the Discoverable Partitions Specification (UAPI.2), not from the code under test.
    var typeGUID: String {
      switch (designator, architecture) {
      case (.root, .x86_64): "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709"
      case (.root, _): "B921B045-1DF0-41C3-AF44-4C6F280D3FAE"
      case (.usr, .x86_64): "8484680C-9521-48C6-9C11-B0720656F69E"
      case (.usr, _): "B0E01050-EE5F-4390-949A-9101B17104E9"
      }
    }
  }

  @Test(.needsMount(), .needs("sgdisk", "sfdisk", "blkid", "losetup"), arguments: Layout.all)
  func toolsAcceptTheTable(_ layout: Layout) async throws {
    let packed = try await pack(layout)
    try await withDevice(packed.image, layout.sectorSize) { device in
      let sgdisk = try await Tool("sgdisk").check("--verify", device)
      // On a broken table it says so, and exits 0 all the same; its "Caution" is about encryption.
      #expect(sgdisk.text.contains("No problems found"), "\(sgdisk)")
      let bad = ["Warning", "Problem", "Identified", "ERROR", "Error", "CRC", "orrupt", "invalid", "will be corrected"]
      for word in bad { #expect(!sgdisk.text.contains(word), "\(sgdisk)") }

      let sfdisk = try await Tool("sfdisk").check("--verify", device)
      #expect(sfdisk.text.contains("No errors detected"), "\(sfdisk)")
      #expect(sfdisk.text.contains("Using 1 out of 128 partitions"), "\(sfdisk)")
      for word in ["orrupt", "mismatch", "rror:"] { #expect(!sfdisk.text.contains(word), "\(sfdisk)") }
    }
  }

  /// What `sfdisk --json` prints.
  private struct Listing: Decodable {
    struct Table: Decodable {
      let label: String
      let id: String
      let unit: String
      let sectorsize: UInt64
      let partitions: [Partition]
    }
    struct Partition: Decodable {
      let start: UInt64
      let size: UInt64
      let type: String
      let uuid: String
      let name: String
      let attrs: String
    }
    let partitiontable: Table
  }

  @Test(.needsMount(), .needs("sfdisk", "blkid", "losetup"), arguments: Layout.all)
  func toolsShowThePartition(_ layout: Layout) async throws {
    let packed = try await pack(layout)
    let report = packed.report
    let table = try #require(report.partitionTable)
    try await withDevice(packed.image, layout.sectorSize) { device in
      let json = try await Tool("sfdisk").check("--json", device).output
      let listing = try JSONDecoder().decode(Listing.self, from: Data(json)).partitiontable
      #expect(listing.label == "gpt" && listing.unit == "sectors")
      #expect(GUID(listing.id) == table.diskGUID)
      #expect(listing.sectorsize == layout.sectorSize.byteCount)
      #expect(listing.partitions.count == 1)
      let partition = try #require(listing.partitions.first)
      #expect(partition.type == layout.typeGUID)
      #expect(partition.name == layout.label)
      #expect(partition.attrs == "GUID:60")
      #expect(GUID(partition.uuid) == table.partitions.first?.uniqueGUID)
      #expect(partition.start * listing.sectorsize == 1 << 20)
      #expect(partition.size * listing.sectorsize == report.erofs.byteCount)

      let disk = try await probe(device)
      #expect(disk == ["PTTYPE": "gpt", "PTUUID": "\(table.diskGUID)"])
      #expect(try await probe("--offset", "\(1 << 20)", device) == fileSystem(report))
    }
  }

  /// A file system alone is what the partition would hold.
  @Test(.needs("blkid", "cmp"))
  func rawFileSystemIsThePartition() async throws {
    let folder = try TempFolder.current
    try Self.makeTree(folder["tree"])
    let packed = try await Packed.make(folder["tree"], in: folder.path, as: "hello-1.x86-64.raw")
    try FileManager.default.createDirectory(atPath: folder["raw"].string, withIntermediateDirectories: false)
    var options = BuildOptions()
    options.rawFileSystem = true
    let raw = try await Packed.make(folder["tree"], in: folder["raw"], as: "hello-1.x86-64.raw", options)
    #expect(raw.report.partitionTable == nil)
    #expect(raw.report.byteCount == raw.report.erofs.byteCount)
    #expect(try await probe(raw.image.string) == fileSystem(raw.report))
    try await packed.extractFileSystem(to: folder["partition"])
    try await Tool("cmp").check(folder["partition"].string, raw.image.string)
  }

  // MARK: helpers

  static func makeTree(_ path: FilePath) throws {
    for folder in ["usr/bin", "usr/share/hello"] {
      try FileManager.default.createDirectory(
        atPath: path.appending(folder).string, withIntermediateDirectories: true)
    }
    try "#!/bin/sh\necho hello\n".write(
      toFile: path.appending("usr/bin/hello").string, atomically: false, encoding: .utf8)
    try String(repeating: "hello, world\n", count: 2000).write(
      toFile: path.appending("usr/share/hello/text").string, atomically: false, encoding: .utf8)
  }

  private func pack(_ layout: Layout) async throws -> Packed {
    let folder = try TempFolder.current
    try Self.makeTree(folder["tree"])
    var options = BuildOptions()
    options.sectorSize = layout.sectorSize
    options.partition = layout.designator
    return try await Packed.make(
      folder["tree"], in: folder.path, as: "hello-1.\(layout.architecture.rawValue).raw", options)
  }

  /// The image itself, or a device of larger sectors: the size of sectors is nowhere in an image.
  private func withDevice(_ image: FilePath, _ size: SectorSize, _ body: (String) async throws -> Void) async throws {
    if size == .bytes512 { return try await body(image.string) }
    let device = try await Tool("losetup").check(
      "--find", "--show", "--read-only", "--sector-size", "\(size.rawValue)", image.string
    ).outputText.trimmingCharacters(in: .whitespacesAndNewlines)
    do { try await body(device) } catch {
      _ = try? await Tool("losetup").run("--detach", device)
      throw error
    }
    try await Tool("losetup").check("--detach", device)
  }

  private func fileSystem(_ report: BuildReport) -> [String: String] {
    ["TYPE": "erofs", "USAGE": "filesystem", "LABEL": "hello", "UUID": "\(report.erofs.uuid)"]
  }

  /// What `blkid --probe` says, without the size of blocks, which older ones do not know.
  private func probe(_ arguments: String...) async throws -> [String: String] {
    let text = try await Tool("blkid").check(["--probe", "--output", "export"] + arguments).outputText
    var fields: [String: String] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
      if parts.count == 2 { fields[parts[0]] = parts[1] }
    }
    for key in ["DEVNAME", "BLOCK_SIZE", "FSBLOCKSIZE", "FSSIZE"] { fields[key] = nil }
    return fields
  }
}
