import Foundation
import SysextImage
import TestSupport
import Testing

/// Looking into what the builder made, whole and damaged.
@Suite(.tempFolder) struct InspectorTests {
  private static func tree(release: [(name: FilePath, text: String)] = []) throws -> FileTree {
    var tree = FileTree()
    let text = [UInt8](repeating: 97, count: 20_000)
    try tree.insert(.init(.regular(MemoryContent(text)), .file), at: "usr/share/doc/text")
    try tree.insert(.init(.symlink(target: Array("text".utf8)), .file), at: "usr/share/doc/link")
    try tree.insert(.init(.fifo, .file), at: "opt/pipe")
    for (name, text) in release {
      let content = MemoryContent(Array(text.utf8))
      try tree.insert(
        .init(.regular(content), .file), at: FilePath("usr/lib/extension-release.d").appending(name.components))
    }
    return tree
  }

  private static func build(
    _ name: String, _ tree: FileTree, _ change: (inout BuildOptions) -> Void = { _ in }
  ) async throws -> (path: FilePath, report: BuildReport) {
    var options = BuildOptions()
    options.release.versionID = "20260101"
    change(&options)
    let path = try TempFolder.current[name]
    let builder = try SysextBuilder(output: path, options: options)
    return (path, try await builder.build(tree, to: path))
  }

  @Test func showsWhatWasBuilt() async throws {
    let (path, report) = try await Self.build("debug-4.2.arm64.raw", Self.tree())
    let image = try SysextInspector(contentsOf: path)
    #expect(image.findings == [])
    #expect(image.image.store.byteCount == report.byteCount)
    #expect(try image.image.gpt?.primary.get() == report.partitionTable)
    #expect(try image.image.gpt?.backup.get() == report.partitionTable)
    #expect(image.image.partition?.type == PartitionType(designator: .root, architecture: .arm64))
    #expect(image.image.partition?.attributes.contains(.readOnly) == true)
    #expect(image.image.fileSystem.superblock.uuid == report.erofs.uuid)
    #expect(image.image.fileSystem.superblock.volumeName == "debug")
    #expect(image.releaseFiles.map(\.suffix) == ["debug", "debug-4.2.arm64"])
    let release = try #require(image.extensionRelease)
    #expect(release == report.release)
    #expect(
      ["ID", "VERSION_ID", "SYSEXT_ID", "SYSEXT_VERSION_ID", "SYSEXT_SCOPE", "ARCHITECTURE"].map { release[$0] } == [
        "_any", "20260101", "debug", "4.2", "initrd system portable", "arm64",
      ])
    let counts = try image.image.fileSystem.statistics()
    #expect(counts.fileCount == 3 && counts.symlinkCount == 1 && counts.specialCount == 1)
    #expect(counts.fileCountByStorage[.compressed] == 1)
  }

  /// The schema of docs/command-line.md: each member that the page names is there, and no other.
  @Test func jsonIsAsDocumented() async throws {
    let (path, report) = try await Self.build("debug-4.2.arm64.raw", Self.tree())
    func keys(_ json: JSON, _ path: String...) throws -> Set<String> {
      var value = try JSONSerialization.jsonObject(with: Data(json.text.utf8))
      for name in path {
        value = try #require((value as? [String: Any])?[name])
        if let list = value as? [Any] { value = try #require(list.first) }
      }
      return Set(try #require(value as? [String: Any]).keys)
    }
    #expect(
      try keys(report.json) == [
        "name", "version", "architecture", "fullName", "byteCount", "seed", "partitionTable", "rootHash",
        "fileSystem", "extensionRelease", "findings",
      ])
    let partition: Set = [
      "number", "type", "typeGUID", "uniqueGUID", "label", "offset", "byteCount", "readOnly",
    ]
    #expect(try keys(report.json, "partitionTable") == ["diskGUID", "sectorByteCount", "partitions"])
    #expect(try keys(report.json, "partitionTable", "partitions") == partition)
    #expect(
      try keys(report.json, "fileSystem") == [
        "type", "uuid", "byteCount", "inodeCount", "directoryCount", "fileCount", "compressedFileCount",
        "sparseFileCount", "fileByteCount",
      ])
    let image = try await SysextInspector(contentsOf: path).json()
    #expect(
      try keys(image) == [
        "byteCount", "partitionTable", "fileSystem", "releaseFiles", "extensionRelease", "regions", "largestFiles",
        "folders", "findings",
      ])
    #expect(try keys(image, "regions") == ["kind", "byteCount"])
    #expect(try keys(image, "largestFiles") == ["path", "byteCount", "storedByteCount"])
    #expect(try keys(image, "folders") == ["path", "files", "byteCount", "storedByteCount"])
    #expect(
      try keys(image, "partitionTable") == [
        "diskGUID", "sectorByteCount", "partitions", "primary", "backup", "protectiveMBR",
      ])
    #expect(try keys(image, "partitionTable", "partitions") == partition)
    #expect(
      try keys(image, "fileSystem") == [
        "type", "partition", "uuid", "volumeName", "blockByteCount", "blockCount", "inodeCount", "epochSeconds",
        "epochNanoseconds", "checksum", "compatibleFeatures", "incompatibleFeatures", "algorithms",
        "maxPclusterByteCount", "minimumKernel", "kernelFeatures", "counts",
      ])
    #expect(try keys(image, "fileSystem", "kernelFeatures") == ["name", "kernel"])
    #expect(
      try keys(image, "fileSystem", "counts") == [
        "directories", "files", "symlinks", "special", "hardLinks", "withExtendedAttributes", "filesByStorage",
        "logicalByteCount", "storedByteCount",
      ])
    #expect(try keys(image, "releaseFiles") == ["path", "fitsAnyName", "fields"])

    let verified = try await ImageVerifier(ByteStore(contentsOf: path), fileName: "debug-4.2.arm64.raw").verify().json
    #expect(
      try keys(verified) == [
        "byteCount", "sound", "quick", "errors", "warnings", "notes", "counts", "findings", "omittedFindings",
      ])
    #expect(
      try keys(verified, "counts") == [
        "inodes", "directories", "files", "symlinks", "special", "hardLinks", "extents", "dataByteCount",
        "decompressedByteCount", "unusedBlocks",
      ])
    var bytes = try Disk.read(path)
    bytes[520] ^= 1
    try Disk.write(bytes, to: TempFolder.current["bad.raw"])
    let repair = try ImageRepair(TempFolder.current["bad.raw"]).json
    #expect(try keys(repair) == ["found", "areas", "findings"])
    #expect(try keys(repair, "areas") == ["part", "offset", "byteCount"])
  }

  @Test func textsAreQuoted() {
    let json = JSON.object([
      .init("a\"\\\n\u{1}\u{7F}é", .array([.null, .bool(true), .integer(-5)])), .init("b", .object([])),
    ])
    #expect(
      json.text == "{\n  \"a\\\"\\\\\\n\\u0001\\u007fé\": [\n    null,\n    true,\n    -5\n  ],\n  \"b\": {}\n}\n")
  }

  @Test func damagedTablesAreReportedAndReadFromTheOtherCopy() async throws {
    let (path, report) = try await Self.build("debug-4.2.x86-64.raw", Self.tree())
    let store = try ByteStore(contentsOf: path)
    let bytes = try store.bytes(at: 0, count: Int(store.byteCount))
    for (offset, code) in [(512 + 16, "gpt-primary-damaged"), (bytes.count - 512 + 16, "gpt-backup-damaged")] {
      var damaged = bytes
      damaged[offset] ^= 1
      let image = try SysextInspector(DiskImage(ByteStore(damaged), fileName: "debug-4.2.x86-64.raw"))
      #expect(image.findings.contains { $0.code == code })
      #expect(image.extensionRelease == report.release)
    }
  }

  @Test func fileSystemsAloneAndUsrPartitions() async throws {
    let (bare, _) = try await Self.build("bare-1.x86-64.raw", Self.tree()) { $0.rawFileSystem = true }
    let image = try SysextInspector(contentsOf: bare)
    #expect(image.image.gpt == nil && image.image.partition == nil)
    #expect(image.findings.map(\.code) == ["no-partition-table"])
    #expect(image.extensionRelease?["SYSEXT_ID"] == "bare")
    let (usr, report) = try await Self.build("usr-1.x86-64.raw", Self.tree()) { $0.partition = .usr }
    let inspected = try SysextInspector(contentsOf: usr)
    #expect(report.findings.contains { $0.code == "left-out" })
    #expect(inspected.image.partition?.type?.designator == .usr)
    #expect(inspected.releaseFiles.map(\.path).allSatisfy { $0.hasPrefix("/lib/extension-release.d/") })
    #expect(inspected.releaseFiles.count == 2)
  }

  @Test func namesThatSystemdRefusesAreErrors() async throws {
    let (path, _) = try await Self.build("debug-4.2.x86-64.raw", Self.tree())
    let store = try ByteStore(contentsOf: path)
    for (name, isRefused) in [("debug-4.2.x86-64.raw", false), ("debug.raw", false), ("other.raw", true)] {
      let image = try SysextInspector(DiskImage(store, fileName: name))
      #expect(image.findings.contains { $0.code == "name-mismatch" } == isRefused, "\(name)")
    }
    let (loose, _) = try await Self.build("loose-4.2.x86-64.raw", Self.tree()) { $0.releaseFiles = .single }
    let image = try SysextInspector(DiskImage(ByteStore(contentsOf: loose), fileName: "any.raw"))
    #expect(image.releaseFiles.map(\.isLoose) == [true])
    #expect(!image.findings.contains { $0.code == "name-mismatch" })
  }

  @Test func whatIsNoImageIsRefused() throws {
    let folder = try TempFolder.current
    #expect(throws: ImageError(.notFound, "")) { try SysextInspector(contentsOf: folder["missing.raw"]) }
    #expect(throws: ImageError(.unsupported, "")) {
      try SysextInspector(DiskImage(ByteStore(Array("hsqs".utf8) + [UInt8](repeating: 0, count: 100_000))))
    }
    for count in [0, 1, 511, 512, 1024, 1152, 4095, 4096, 100_000] {
      #expect(throws: ImageError.self) {
        try SysextInspector(DiskImage(ByteStore([UInt8](repeating: 0, count: count))))
      }
    }
  }

  /// Whatever is spoilt in front, an image or an error comes back.
  @Test func spoiltImagesNeverTrap() async throws {
    let (path, _) = try await Self.build("debug-4.2.x86-64.raw", Self.tree())
    let store = try ByteStore(contentsOf: path)
    let bytes = try store.bytes(at: 0, count: Int(store.byteCount))
    var random = SplitMix64(seed: 11)
    let areas = [446..<1536, 1_048_576 + 1024..<1_048_576 + 4096, bytes.count - 33 * 512..<bytes.count]
    for _ in 0..<600 {
      var spoilt = bytes
      let area = areas[Int(random.next() % 3)]
      for _ in 0...Int(random.next() % 3) {
        spoilt[area.lowerBound + Int(random.next() % UInt64(area.count))] = UInt8(truncatingIfNeeded: random.next())
      }
      if let image = try? SysextInspector(DiskImage(ByteStore(spoilt), fileName: "debug-4.2.x86-64.raw")) {
        _ = image.json(try? image.image.fileSystem.statistics(), try? await ImageSurvey(image.image))
      }
    }
  }
}
