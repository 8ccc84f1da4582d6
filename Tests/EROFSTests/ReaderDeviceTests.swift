import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

@testable import EROFS

/// Images whose data is on further devices.
@Suite struct ReaderDeviceTests {
  private func store(_ path: FilePath) throws -> ByteStore { try ByteStore(contentsOf: path) }

  private func manifest(_ image: ErofsFileSystem) throws -> [String] { try readerManifest(image.tree()) }

  @Test(
    .needs("mkfs.erofs", in: .bookworm), .needs("mkfs.erofs", in: .trixie), .needs("mkfs.erofs", in: .sid), .needsRoot,
    arguments: Peer.trees)
  func blobDevices(_ peer: Peer) async throws {
    try await TempFolder.with { folder in
      try ReaderMatrix.makeTree(at: folder["source"])
      let expected = try await readerManifest(DirectorySource(folder["source"]).tree())
      for options in [["--chunksize=4096"], ["--chunksize=65536", "-Eforce-inode-extended"]] {
        // 1.8 wants it to be there, and all append to what is in it.
        try FileDescriptor.open(
          folder["blob"], .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite
        ).close()
        let image = try await readerImage(
          of: folder["source"], options + ["--blobdev=\(folder["blob"])"], at: folder["image"], by: peer)
        #expect(image.devices.map(\.number) == [1] && image.devices.map(\.isAvailable) == [false])
        // All but the data is there.
        #expect(try image.tree().entries(of: FileTree().root).count > 5 && image.statistics().fileCount > 100)
        let fault = readerFault { () throws(ImageError) in
          guard let file = try image.lookup("/files/mixed") else { return }
          _ = try image.content(of: file).bytes()
        }
        #expect(fault.hasPrefix("device-missing: \(folder["image"]): inode"), "\(fault)")
        #expect(fault.hasSuffix("device 1 of 1, which was not given"), "\(fault)")
        let whole = try ErofsFileSystem(store(folder["image"]), devices: [store(folder["blob"])])
        #expect(whole.devices.map(\.isAvailable) == [true])
        let difference = try readerDifference(expected, manifest(whole))
        #expect(difference == [], "\(peer) \(options)\n\(difference.prefix(5).joined(separator: "\n"))")
        #expect(throws: ImageError(.invalidArgument, "")) {
          try ErofsFileSystem(store(folder["image"]), devices: [store(folder["blob"]), store(folder["blob"])])
        }
      }
    }
  }

  @Test(.needs("mkfs.erofs", in: .sid), .needs("tar"), .needsRoot) func anArchiveIsADevice() async throws {
    try await TempFolder.with { folder in
      try TreeBuilder.build(folder["source"]) { tree in
        for size in [0, 1, 511, 512, 5000, 300_000] { try tree.file("\(size)", .random(size, seed: UInt64(size))) }
        try tree.file("below/text", .text(100_000, seed: 1))
      }
      let expected = try await readerManifest(DirectorySource(folder["source"]).tree())
      try await Tool("tar").check("--sort=name", "-C", folder["source"].string, "-cf", folder["tar"].string, ".")
      try await Tool("mkfs.erofs", in: .sid).check("--quiet", "--tar=i", folder["image"].string, folder["tar"].string)
      let (image, archive) = (try store(folder["image"]), try store(folder["tar"]))
      let apart = try ErofsFileSystem(image, devices: [archive])
      #expect(try readerDifference(expected, manifest(apart)) == [])
      // The space of all devices in one file.
      let joined =
        try image.bytes(at: 0, count: Int(image.byteCount)) + archive.bytes(at: 0, count: Int(archive.byteCount))
      let together = try ErofsFileSystem(ByteStore(joined))
      #expect(together.devices.map(\.isAvailable) == [true])
      #expect(try readerDifference(expected, manifest(together)) == [])
    }
  }

  @Test(.needs("mkfs.erofs", in: .sid), .needsRoot) func severalDevices() async throws {
    try await TempFolder.with { folder in
      let tool = Tool("mkfs.erofs", in: .sid)
      for name in ["a", "b", "c"] {
        try TreeBuilder.build(folder[name]) { tree in
          try tree.file(RawName("file-\(name)"), .random(50_000, seed: UInt64(name.utf8.first ?? 0)))
        }
        try await tool.check("--quiet", "-E^inline_data", folder["\(name).image"].string, folder[name].string)
      }
      let parts = ["a", "b", "c"].map { folder["\($0).image"] }
      try await tool.check(["--quiet", folder["image"].string] + parts.map(\.string))
      let devices = try parts.map { try store($0) }
      let image = try ErofsFileSystem(store(folder["image"]), devices: devices)
      #expect(image.devices.count == 3 && image.devices.allSatisfy { $0.tag.count == 32 })
      for name in ["a", "b", "c"] {
        let file = try #require(try image.lookup(FilePath("/file-\(name)")))
        let wanted = Content.random(50_000, seed: UInt64(name.utf8.first ?? 0)).bytes
        #expect(try image.content(of: file).bytes() == wanted)
      }
      // Only the first of them.
      let partly = try ErofsFileSystem(store(folder["image"]), devices: [devices[0]])
      let first = try #require(try partly.lookup("/file-a"))
      #expect(try partly.content(of: first).bytes().count == 50_000)
      let third = try #require(try partly.lookup("/file-c"))
      let fault = readerFault { () throws(ImageError) in _ = try partly.content(of: third).bytes() }
      #expect(fault.contains("device 3 (\(image.devices[2].tag)) of 3"), "\(fault)")
    }
  }

  // MARK: by hand

  /// One file of two chunks, on the devices of these numbers.
  private func craft(_ count: UInt16, chunksOn devices: [UInt16], block: UInt32 = 0) -> ReaderCraft {
    var craft = ReaderCraft()
    craft.superblock.incompatibleFeatures = IncompatibleFeatures([.chunkedFiles, .deviceTable]).rawValue
    craft.superblock.extraDeviceCount = count
    craft.superblock.deviceTableSlot = 64
    var chunks: [UInt8] = []
    for device in devices {
      chunks.appendLE(0 as UInt16)
      chunks.appendLE(device)
      chunks.appendLE(block)
    }
    craft.inode(0, .regular, .chunkBased, byteCount: 8192, union: 0x20, tail: chunks)
    for index in 0..<Int(min(count, 8)) {
      var slot = DeviceSlot()
      slot.blockCount = 4
      slot.tag = Array("tag \(index + 1)".utf8)
      craft.put(slot.encoded, at: 64 * 128 + index * 128)
    }
    return craft
  }

  private func read(_ craft: ReaderCraft, _ devices: [[UInt8]]) throws(ImageError) -> [UInt8] {
    let image = try ErofsFileSystem(ByteStore(craft.finished()), devices: devices.map { ByteStore($0) })
    return try image.content(of: try image.inode(0)).bytes()
  }

  @Test func numbersOfDevices() throws {
    let devices = (1...3).map { [UInt8](repeating: UInt8($0), count: 16_384) }
    let bytes = try read(craft(3, chunksOn: [1, 3]), devices)
    #expect(bytes[0] == 1 && bytes[4095] == 1 && bytes[4096] == 3 && bytes[8191] == 3)
    // Bits beyond those that three numbers need do not count.
    #expect(try read(craft(3, chunksOn: [2 | 0x100, 0xFFFC | 1]), devices).last == 1)
    // Two devices have numbers of two bits, and there is no third.
    #expect(throws: ImageError(.corrupt, "")) { try read(craft(2, chunksOn: [1, 3]), Array(devices[..<2])) }
    #expect(throws: ImageError(.deviceMissing, "")) { try read(craft(2, chunksOn: [1, 2]), Array(devices[..<1])) }
    // A device that is shorter than what is on it.
    #expect(throws: ImageError(.truncated, "")) { try read(craft(1, chunksOn: [1, 1], block: 4), devices.dropLast(2)) }
    #expect(throws: ImageError(.truncated, "")) { try read(craft(1, chunksOn: [1, 1], block: 1), [[1, 2, 3]]) }
  }

  @Test func tablesThatCannotBe() throws {
    // Behind the end, and longer than the image.
    var behind = craft(1, chunksOn: [1, 1])
    behind.superblock.deviceTableSlot = 0xFFFF
    #expect(throws: ImageError(.truncated, "")) { try behind.open() }
    #expect(throws: ImageError(.truncated, "")) { try craft(0xFFFF, chunksOn: [1, 1]).open() }
    // Devices that lie over the image and over each other, and what no device has.
    var slot = DeviceSlot()
    for (first, count, block) in [(1, 4, 1), (.max - 1, .max, .max - 1), (2, .max, 9), (100, 4, 99), (100, 4, 103)]
      as [(UInt32, UInt32, UInt32)]
    {
      var craft = craft(2, chunksOn: [0, 0], block: block)
      slot.firstBlock = first
      slot.blockCount = count
      craft.put(slot.encoded + slot.encoded, at: 64 * 128)
      let device = [UInt8](repeating: 9, count: 40_960)
      if first < 100 || block == 103 {
        #expect(try read(craft, [device]).first == 9)
      } else if block == 99 {
        #expect(throws: ImageError(.truncated, "")) { try read(craft, [device]) }
      }
    }
    var wide = craft(1, chunksOn: [0, 0])
    wide.superblock.incompatibleFeatures |= IncompatibleFeatures.blockAddress48.rawValue
    slot.firstBlockHigh = .max
    slot.blockCountHigh = .max
    wide.put(slot.encoded, at: 64 * 128)
    #expect(throws: Never.self) { try wide.open() }
    wide.superblock.blockSizeBits = 16
    #expect(throws: (any Error).self) { try wide.open() }
    // Without the feature's bit there is no table.
    var unannounced = craft(9, chunksOn: [1, 1], block: 3)
    unannounced.superblock.incompatibleFeatures = IncompatibleFeatures.chunkedFiles.rawValue
    #expect(try unannounced.open().devices.isEmpty)
  }

  @Test func dataReachesOverTheEndOfADevice() throws {
    // Flat data, the first block on one device, the second on the next one.
    var craft = craft(2, chunksOn: [])
    craft.inode(0, .regular, .flatPlain, byteCount: 8192, union: 103)
    for index in 0..<2 {
      var slot = DeviceSlot()
      slot.blockCount = 4
      slot.firstBlock = UInt32(100 + 4 * index)
      craft.put(slot.encoded, at: 64 * 128 + index * 128)
    }
    let bytes = try read(craft, [[UInt8](repeating: 1, count: 16_384), [UInt8](repeating: 2, count: 16_384)])
    #expect(bytes[4095] == 1 && bytes[4096] == 2)
  }

  /// A result or an error: a trap ends the whole run.
  @Test func everyByteOfTheTable() throws {
    let honest = craft(2, chunksOn: [1, 2])
    let device = [UInt8](repeating: 9, count: 16_384)
    for place in Array(64 * 128 + 60..<64 * 128 + 80)
      + Array(honest.offset(ofInode: 0)..<honest.offset(ofInode: 0) + 80)
    {
      for value in [0, 1, 0x40, 0x7F, 0x80, 0xFF] as [UInt8] {
        var craft = honest
        craft.bytes[place] = value
        _ = readerFault { () throws(ImageError) in _ = try read(craft, [device, device]) }
        craft.superblock.incompatibleFeatures |= IncompatibleFeatures.blockAddress48.rawValue
        _ = readerFault { () throws(ImageError) in _ = try read(craft, [device, device]) }
      }
    }
  }
}
