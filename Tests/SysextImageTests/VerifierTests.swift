import Foundation
import SysextImage
import TestSupport
import Testing

/// Whole images, sound and damaged; and what is no image of ours.
@Suite(.tempFolder) struct VerifierTests {
  private static let name = "debug-4.2.x86-64.raw"

  private static func built(_ change: (inout BuildOptions) -> Void = { _ in }) async throws -> [UInt8] {
    var tree = FileTree()
    var text: [UInt8] = []
    for index in 0..<9000 { text += Array("line \(index * 7919 % 1000)\n".utf8) }
    try tree.insert(.init(.regular(MemoryContent(text)), .file), at: "usr/share/doc/text")
    try tree.insert(.init(.regular(MemoryContent(Array("short".utf8))), .file), at: "usr/share/doc/short")
    try tree.insert(.init(.symlink(target: Array("text".utf8)), .file), at: "usr/share/doc/link")
    var options = BuildOptions()
    options.release.versionID = "20260101"
    change(&options)
    let path = try TempFolder.current[name]
    let builder = try SysextBuilder(output: path, options: options)
    _ = try await builder.build(tree, to: path)
    return try Disk.read(path)
  }

  private func codes(_ bytes: [UInt8], name: String = name, quick: Bool = false) async throws -> [String] {
    let report = try await ImageVerifier(ByteStore(bytes), fileName: name).verify(quick: quick, threadCount: 2)
    #expect(report.isSound == (report.findings.count(.error) == 0))
    return report.findings.kept.filter { $0.severity > .note }.map(\.code)
  }

  @Test(arguments: [false, true]) func soundImages(isBare: Bool) async throws {
    let bytes = try await Self.built { $0.rawFileSystem = isBare }
    for quick in [false, true] { #expect(try await codes(bytes, quick: quick) == []) }
    #expect(try await codes(bytes, name: "other.raw") == ["name-mismatch"])
  }

  @Test func damage() async throws {
    let good = try await Self.built()
    let image = try DiskImage(ByteStore(good))
    let start = Int(image.fileSystemRange.lowerBound)
    func spoilt(_ offset: Int, _ bits: UInt8 = 0xFF) -> [UInt8] {
      var bytes = good
      bytes[offset] ^= bits
      return bytes
    }
    #expect(try await codes(spoilt(520)) == ["gpt-primary-damaged", "gpt-backup-used"])
    #expect(try await codes(spoilt(good.count - 500)) == ["gpt-backup-damaged"])
    // The superblock's checksum, which fsck.erofs only mentions.
    #expect(try await codes(spoilt(start + 1024 + 4)) == ["erofs-superblock"])
    // And what is wrong beside it.
    var twice = spoilt(start + 1024 + 4)
    twice[520] ^= 0xFF
    #expect(try await codes(twice) == ["gpt-primary-damaged", "gpt-backup-used", "erofs-superblock"])
    // A spoilt block is found where everything is decompressed.
    let inode = try #require(try image.fileSystem.lookup("/usr/share/doc/text"))
    #expect(inode.storage == .compressed)
    var found = 0
    for offset in stride(from: start + 4096, to: start + 3 * 4096, by: 97) {
      let bytes = spoilt(offset)
      if try await codes(bytes).contains("erofs-extent") { found += 1 }
      #expect(try await codes(bytes, quick: true).contains("erofs-extent") == false)
    }
    #expect(found > 0)
  }

  @Test(.needs("mkfs.erofs")) func whatAnExtensionMustNotHave() async throws {
    let folder = try TempFolder.current
    try TreeBuilder.build(folder["tree"]) { tree in
      try tree.file("usr/lib/os-release", .utf8("ID=x\n"))
      try tree.file(
        "usr/lib/extension-release.d/extension-release.debug-4.2.x86-64",
        .utf8("ID=_any\nVERSION_ID=1\nARCHITECTURE=x86-64\nSYSEXT_VERSION_ID=4.2\nSYSEXT_SCOPE=system\n"))
      try tree.file("var/x")
    }
    try await Tool("mkfs.erofs").check("--quiet", "--all-root", folder["image"].string, folder["tree"].string)
    let found = try await codes(try Disk.read(folder["image"]))
    #expect(Set(found).subtracting(["directory-attributes"]) == ["not-merged", "os-release"])
  }

  // MARK: what is none of ours

  private func error(_ bytes: [UInt8]) throws -> ImageError {
    try #require(throws: ImageError.self) { _ = try DiskImage(ByteStore(bytes)) }
  }

  @Test(
    arguments: [
      (0, Array("hsqs".utf8), "squashfs"), (1080, [0x53, 0xEF], "ext4"), (65600, Array("_BHRfS_M".utf8), "Btrfs"),
      (0, Array("XFSB".utf8), "XFS"), (82, Array("FAT32   ".utf8), "FAT"), (0, Array("verity\0\0".utf8), "dm-verity"),
      (0, Array("LUKS".utf8) + [0xBA, 0xBE], "LUKS"), (0, [0x28, 0xB5, 0x2F, 0xFD], "zstd"),
    ] as [(Int, [UInt8], String)])
  func otherFormatsAreNamed(offset: Int, magic: [UInt8], name: String) async throws {
    var bytes = [UInt8](repeating: 0, count: 1 << 17)
    bytes.replaceSubrange(offset..<offset + magic.count, with: magic)
    // The signature that boot sectors have, too.
    if offset > 2 { bytes.replaceSubrange(510..<512, with: [0x55, 0xAA]) }
    #expect(try error(bytes).message.contains(name))
    // And in a partition.
    let table = try PartitionTable(
      diskGUID: GUID(bytes: 0..<16),
      layingOut: [
        NewPartition(
          typeGUID: PartitionType(designator: .root, architecture: .native).guid, uniqueGUID: GUID(bytes: 1..<17),
          label: "root", byteCount: 1 << 17)
      ])
    var disk = [UInt8](repeating: 0, count: Int(try table.imageByteCount))
    for area in try table.encodedAreas {
      disk.replaceSubrange(Int(area.offset)..<Int(area.offset) + area.bytes.count, with: area.bytes)
    }
    disk.replaceSubrange(1 << 20..<(1 << 20) + bytes.count, with: bytes)
    let error = try error(disk)
    #expect(error.context == ["partition 1"] && error.message.contains(name))
    #expect(try await codes(disk) == ["unreadable"])
  }

  @Test(.needs("sfdisk")) func imagesWithAnMBRAlone() async throws {
    let bare = try await Self.built { $0.rawFileSystem = true }
    let path = try TempFolder.current["mbr"]
    try Disk.write([UInt8](repeating: 0, count: (1 << 20) + bare.count + (1 << 20)), to: path)
    let script = "label: dos\nstart=2048, size=\(bare.count / 512), type=83\nstart=\(2048 + bare.count / 512), type=c\n"
    try await Tool("sfdisk").check([path.string], input: Array(script.utf8))
    var disk = try Disk.read(path)
    #expect(try error(disk).message.contains("1: Linux, \(bare.count) bytes at 1048576; 2: FAT"))
    disk.replaceSubrange(1 << 20..<(1 << 20) + bare.count, with: bare)
    let image = try DiskImage(ByteStore(disk))
    #expect(image.gpt == nil && image.findings.map(\.code) == ["mbr-partition-table"])
    #expect(image.fileSystemRange == 1 << 20..<UInt64((1 << 20) + bare.count))
    #expect(try await codes(disk) == ["mbr-partition-table"])
    // Two of them: which one is meant, nobody knows.
    disk[446 + 16 + 4] = 0x83
    #expect(try error(disk).message.contains("single Linux partition"))
  }

  @Test func lostHeaders() async throws {
    var bytes = try await Self.built()
    bytes.replaceSubrange(512..<1024, with: repeatElement(0, count: 512))
    bytes.replaceSubrange(bytes.count - 512..<bytes.count, with: repeatElement(0, count: 512))
    #expect(try error(bytes).message.contains("both headers are lost"))
  }

  // MARK: repair

  @Test func repairsInPlaceAndIntoACopy() async throws {
    let good = try await Self.built()
    let folder = try TempFolder.current
    for offset in [510, 520, 1030, good.count - 500, good.count - 1000] {
      var bad = good
      bad[offset] ^= 0xFF
      try Disk.write(bad, to: folder["bad.raw"])
      let repair = try ImageRepair(folder["bad.raw"])
      try repair.write(to: folder["copy.raw"], replace: true)
      #expect(try Disk.read(folder["bad.raw"]) == bad && Disk.read(folder["copy.raw"]) == good)
      try repair.writeInPlace()
      #expect(try Disk.read(folder["bad.raw"]) == good)
    }
  }
}
