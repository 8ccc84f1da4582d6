import FileTree
import ImageCore
import TestSupport
import Testing

@testable import EROFS

/// What opens, and what is refused with which words.
@Suite struct ReaderSuperblockTests {
  private func craft() -> ReaderCraft {
    var craft = ReaderCraft()
    craft.directory(0, [(".", 0), ("..", 0)])
    return craft
  }

  @Test func tellsWhatItIs() throws {
    var craft = craft()
    craft.superblock.volumeName = Array("name\u{1B}x".utf8)
    craft.superblock.epoch = 1_700_000_000
    craft.superblock.fixedNanoseconds = 5
    craft.superblock.inodeCount = 1
    craft.superblock.uuid = GUID(bytes: 1...16)
    craft.superblock.incompatibleFeatures = IncompatibleFeatures.compressionConfigurations.rawValue
    craft.superblock.algorithmsOrMaxDistance = 0b1101
    var configuration = LZ4Configuration()
    configuration.maxPclusterBlocks = 16
    craft.put(
      configuration.encoded + deflate(15) + ZstandardConfiguration().encoded, at: 1024 + Superblock.byteCount)
    let superblock = try craft.open().superblock
    #expect(superblock.volumeName == "name\\x1bx")
    #expect(superblock.uuid.description == "01020304-0506-0708-090a-0b0c0d0e0f10")
    #expect(superblock.blockByteCount == 4096 && superblock.blockCount == 32 && superblock.inodeCount == 1)
    #expect(superblock.epoch.seconds == 1_700_000_000 && superblock.epoch.nanoseconds == 5)
    #expect(superblock.algorithms == ["lz4", "deflate", "zstd"])
    #expect(superblock.maxPclusterByteCount == 65536)
    #expect(superblock.checksum != nil)
  }

  @Test(arguments: 9...16) func takesEveryBlockSize(_ bits: UInt8) throws {
    var craft = ReaderCraft(blockBits: bits, blockCount: 16)
    craft.directory(0, [(".", 0), ("..", 0), ("file", 8)])
    craft.inode(8, .regular, .flatPlain, byteCount: UInt64(craft.blockByteCount) + 5, union: 12)
    craft.put(Array("start".utf8), at: 12 * craft.blockByteCount)
    craft.put(Array("end!!".utf8), at: 13 * craft.blockByteCount)
    let image = try craft.open()
    let file = try #require(try image.lookup([FileName("file")]))
    let bytes = try image.content(of: file).bytes()
    #expect(bytes.prefix(5) == Array("start".utf8)[...] && bytes.suffix(5) == Array("end!!".utf8)[...])
    var spoilt = try craft.finished()
    spoilt[max(1024 + 200, craft.blockByteCount - 1) - (bits < 11 ? 1 : 0)] ^= 1
    if bits != 9 { #expect(throws: ImageError(.mismatch, "")) { try ErofsFileSystem(ByteStore(spoilt)) } }
  }

  private func deflate(_ windowBits: UInt8) -> [UInt8] {
    var configuration = DeflateConfiguration()
    configuration.windowBits = windowBits
    return configuration.encoded
  }

  private func lzma(_ dictionary: UInt32, format: UInt16 = 0) -> [UInt8] {
    var configuration = LZMAConfiguration()
    configuration.dictionaryByteCount = dictionary
    configuration.format = format
    return configuration.encoded
  }

  private func zstandard(_ windowLog: UInt8, format: UInt8 = 0) -> [UInt8] {
    var configuration = ZstandardConfiguration()
    configuration.windowLog = windowLog
    configuration.format = format
    return configuration.encoded
  }

  @Test func checksConfigurations() throws {
    let longer: [UInt8] = [20, 0] + lzma(65536)[2...] + [0, 0, 0, 0, 0, 0]
    let good: [(UInt16, [UInt8])] = [
      (0b1000, zstandard(10)), (0b0110, lzma(4096) + deflate(0)),
      (0b1110, longer + [0, 0] + deflate(15) + zstandard(0)),
    ]
    let bad: [(UInt16, [UInt8])] = [
      (1, []), (0b1000, zstandard(11)), (0b1000, zstandard(5, format: 1)), (0b0100, deflate(16)),
      (0b0010, lzma(4095)), (0b0010, lzma(8 << 20 + 1)), (0b0010, lzma(65536, format: 1)), (0b0010, deflate(15)),
      (0b0110, lzma(65536)), (0b0001, LZ4Configuration().encoded.map { $0 == 14 ? 13 : 0xFF }),
    ]
    for (isGood, cases) in [(true, good), (false, bad)] {
      for (algorithms, bytes) in cases {
        var craft = craft()
        craft.superblock.incompatibleFeatures = IncompatibleFeatures.compressionConfigurations.rawValue
        craft.superblock.algorithmsOrMaxDistance = algorithms
        craft.put(bytes, at: 1024 + Superblock.byteCount)
        let fault = readerFault { () throws(ImageError) in _ = try craft.open() }
        #expect(fault.hasPrefix(isGood ? "no error" : "corrupt: superblock"), "\(algorithms) \(bytes) \(fault)")
      }
    }
    var craft = craft()
    craft.superblock.incompatibleFeatures = IncompatibleFeatures.compressionConfigurations.rawValue
    craft.superblock.algorithmsOrMaxDistance = 0x10
    #expect(throws: ImageError(.unsupported, "")) { try craft.open() }
  }

  @Test func wideAddresses() throws {
    var craft = craft()
    craft.directory(64, [("..", 64), ("x", 0)])
    craft.superblock.incompatibleFeatures = IncompatibleFeatures.blockAddress48.rawValue
    craft.superblock.rootNID64 = 64
    #expect(try craft.open().root().nid == 64)
    // With a wide root the narrow field is the upper part of the block count.
    craft.superblock.rootNID = 1
    #expect(throws: ImageError(.truncated, "")) { try craft.open() }
    craft.superblock.rootNID = 0
    craft.superblock.rootNID64 = 0
    #expect(try craft.open().root().nid == 0)
  }

  @Test func refusesByName() throws {
    var craft = craft()
    craft.superblock.incompatibleFeatures = 0x3FF
    #expect(
      readerFault { () throws(ImageError) in _ = try ErofsFileSystem(ByteStore(bytes(craft))) }
        == "unsupported: superblock: needs bit9 (at byte 1024)")
    craft.superblock.incompatibleFeatures = 0x8000_0000
    #expect(
      readerFault { () throws(ImageError) in _ = try ErofsFileSystem(ByteStore(bytes(craft))) }
        == "unsupported: superblock: needs bit31 (at byte 1024)")
    craft.superblock.incompatibleFeatures = 0
    craft.superblock.compatibleFeatures = 0xFFFF_FFFF
    #expect(throws: Never.self) { try craft.open().tree() }
    craft.superblock.incompatibleFeatures = IncompatibleFeatures.deviceTable.rawValue
    #expect(throws: Never.self) { try craft.open().tree() }
    craft.superblock.directoryBlockBits = 1
    #expect(throws: ImageError(.unsupported, "")) { try craft.open() }
  }

  @Test(arguments: [(8, "corrupt"), (17, "corrupt"), (255, "corrupt")] as [(UInt8, String)])
  func refusesBlockSizes(_ bits: UInt8, _ code: String) throws {
    var bytes = try craft().finished()
    bytes[1024 + 12] = bits
    #expect(readerFault { () throws(ImageError) in _ = try ErofsFileSystem(ByteStore(bytes)) }.hasPrefix(code))
  }

  @Test func refusesSpoiltOnes() throws {
    var spoilt = try craft().finished()
    spoilt[1024 + 60] ^= 1
    #expect(throws: ImageError(.mismatch, "")) { try ErofsFileSystem(ByteStore(spoilt)) }
    var craft = craft()
    craft.superblock.blockCount = 33
    #expect(throws: ImageError(.truncated, "")) { try craft.open() }
    craft.superblock.blockCount = 32
    craft.superblock.fixedNanoseconds = 1_000_000_000
    #expect(throws: ImageError(.corrupt, "")) { try craft.open() }
    craft.superblock.fixedNanoseconds = 0
    craft.superblock.rootNID = 0x7000
    let image = try craft.open()
    #expect(throws: ImageError(.corrupt, "")) { try image.tree() }
  }

  @Test func offsetsCountFromTheOutermostFile() throws {
    var craft = craft()
    craft.superblock.incompatibleFeatures = 0x200
    let disk = try ByteStore([UInt8](repeating: 7, count: 10_000) + craft.finished())
    let partition = try disk.slice(10_000..<disk.byteCount)
    #expect(
      readerFault { () throws(ImageError) in _ = try ErofsFileSystem(partition) }.hasSuffix("(at byte 11024)"))
  }

  @Test(
    arguments: [
      (0, "hsqs", "squashfs"), (0, "XFSB", "XFS"), (1080, "\u{53}\u{EF}", "ext2"), (65600, "_BHRfS_M", "Btrfs"),
      (82, "FAT32   ", "FAT"), (512, "EFI PART", "GPT"), (4096, "EFI PART", "GPT"),
    ] as [(Int, String, String)])
  func namesOtherFileSystems(_ offset: Int, _ magic: String, _ name: String) {
    var bytes = [UInt8](repeating: 0, count: 70_000)
    let data = magic.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    bytes.copy(data, data.indices, to: offset)
    let fault = readerFault { () throws(ImageError) in _ = try ErofsFileSystem(ByteStore(bytes)) }
    #expect(fault.hasPrefix("unsupported") && fault.contains(name))
  }

  @Test func refusesWhatIsNothing() {
    for count in [0, 1, 1024, 1027, 1028, 5000] {
      #expect(throws: ImageError(.corrupt, "")) { try ErofsFileSystem(ByteStore([UInt8](repeating: 0, count: count))) }
    }
  }

  private func bytes(_ craft: ReaderCraft) -> [UInt8] { (try? craft.finished()) ?? [] }
}
