import Compression
import FileTree
import ImageCore
import TestSupport
import Testing

@testable import EROFS

/// Maps with fragments and inline pclusters: images by hand, honest and not.
@Suite struct ReaderMapTests {
  let pattern = Content.random(16_384, seed: 99).bytes

  func craft() -> ReaderCraft {
    var craft = ReaderCraft()
    craft.superblock.incompatibleFeatures = IncompatibleFeatures([.fragments, .ztailpacking, .blockAddress48]).rawValue
    craft.put(pattern, at: 10 * 4096)
    return craft
  }

  func bytes(_ craft: ReaderCraft, nid: UInt64, at offset: UInt64, _ count: Int) throws -> [UInt8] {
    let image = try craft.open()
    var buffer = [UInt8](repeating: 0xEE, count: count)
    try image.content(of: try image.inode(nid)).read(at: offset, into: &buffer, buffer.indices)
    return buffer
  }

  func all(_ craft: ReaderCraft, nid: UInt64) throws -> [UInt8] {
    let image = try craft.open()
    return try image.content(of: try image.inode(nid)).bytes()
  }

  func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

  // MARK: fragments

  func packedHeader(_ offset: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendLE(offset | 1 << 63)
    return bytes
  }

  /// An image whose packed inode has the pattern, flat.
  func packedCraft() -> ReaderCraft {
    var craft = craft()
    craft.superblock.packedNID = 96
    craft.inode(96, .regular, .flatPlain, byteCount: 16_384, union: 10)
    return craft
  }

  @Test func wholeFilesInThePackedInode() throws {
    var craft = packedCraft()
    craft.inode(0, .regular, .compressedFull, byteCount: 5000, tail: packedHeader(1234))
    craft.inode(8, .regular, .compressedCompact, byteCount: 384, tail: packedHeader(16_000))
    #expect(try all(craft, nid: 0) == Array(pattern[1234..<6234]))
    #expect(try all(craft, nid: 8) == Array(pattern[16_000...]))
    #expect(try bytes(craft, nid: 0, at: 4990, 10) == Array(pattern[6224..<6234]))
  }

  @Test func tailsInThePackedInode() throws {
    var craft = packedCraft()
    var header = MapHeader()
    header.advise = MapHeader.fragmentPcluster
    header.fragmentOffset = 7000
    craft.inode(
      0, .regular, .compressedFull, byteCount: 5000,
      tail: fullIndexes(header, [(.plain, 0, 12), (.head1, 90, 0)]))
    // The stored block reaches to byte 4186 of the file: 90 bytes more than it has.
    #expect(throws: ImageError(.corrupt, "")) { try all(craft, nid: 0) }
    craft.inode(
      0, .regular, .compressedFull, byteCount: 5000, tail: fullIndexes(header, [(.plain, 0, 12), (.head1, 0, 0)]))
    #expect(try all(craft, nid: 0) == Array(pattern[8192..<12_288] + pattern[7000..<7904]))
    // The upper half of the offset stands in the index, in the full form only.
    craft.inode(
      0, .regular, .compressedFull, byteCount: 5000, tail: fullIndexes(header, [(.plain, 0, 12), (.head1, 0, 1)]))
    #expect(try bytes(craft, nid: 0, at: 0, 4096) == Array(pattern[8192..<12_288]))
    #expect(throws: ImageError(.corrupt, "")) { try bytes(craft, nid: 0, at: 4096, 1) }
  }

  @Test func fragmentsBeyond4GiB() throws {
    // The packed inode begins with a hole of 4 GiB.
    var packed = craft()
    packed.superblock.packedNID = 96
    packed.inode(
      96, .regular, .chunkBased, byteCount: 1 << 32 + 16_384, union: 20, tail: [255, 255, 255, 255, 10, 0, 0, 0])
    var header = MapHeader()
    header.advise = MapHeader.fragmentPcluster
    header.fragmentOffset = 7000
    var maps = [packedHeader(1 << 32 + 7000), fullIndexes(header, [(.head1, 0, 1)])]
    for size in 1..<4 as Range<UInt16> {
      maps.append(
        extents([Piece(start: 0, data: 1, length: 7000)], size: size, advise: MapHeader.fragmentPcluster))
    }
    for map in maps {
      var craft = packed
      craft.inode(0, .regular, .compressedFull, byteCount: 100, tail: map)
      #expect(try all(craft, nid: 0) == Array(pattern[7000..<7100]), "\(map)")
    }
  }

  @Test func fragmentsThatCannotBe() throws {
    for offset in [16_000, 16_384, 1 << 32, 1 << 63 - 1] as [UInt64] {
      var craft = packedCraft()
      craft.inode(0, .regular, .compressedFull, byteCount: 385, tail: packedHeader(offset))
      #expect(throws: ImageError(.corrupt, "")) { try all(craft, nid: 0) }
    }
    // In itself.
    var cycle = craft()
    cycle.superblock.packedNID = 96
    cycle.inode(96, .regular, .compressedFull, byteCount: 16_384, tail: packedHeader(0))
    cycle.inode(0, .regular, .compressedFull, byteCount: 100, tail: packedHeader(0))
    #expect(throws: ImageError(.corrupt, "")) { try all(cycle, nid: 0) }
    #expect(throws: ImageError(.corrupt, "")) { try all(cycle, nid: 96) }
    // In nothing, or in what is no inode.
    for nid in [0, 95, 1 << 40, UInt64.max] {
      var craft = packedCraft()
      craft.superblock.packedNID = nid
      craft.inode(0, .regular, .compressedFull, byteCount: 100, tail: packedHeader(0))
      #expect(throws: ImageError(.corrupt, "")) { try all(craft, nid: 0) }
    }
    var without = packedCraft()
    without.superblock.incompatibleFeatures = 0
    without.inode(0, .regular, .compressedFull, byteCount: 100, tail: packedHeader(0))
    #expect(throws: ImageError(.corrupt, "")) { try all(without, nid: 0) }
  }

  // MARK: inline pclusters

  /// Indexes in the full form after an inode without attributes: header, eight more bytes, entries.
  func fullIndexes(
    _ header: MapHeader, _ entries: [(type: LclusterType, offset: UInt16, union: UInt32)], flags: UInt16 = 0
  ) -> [UInt8] {
    var bytes = header.encoded + zeros(8)
    for entry in entries {
      var record = FullLclusterIndex()
      record.advise = UInt16(entry.type.rawValue) | flags
      record.clusterOffset = entry.offset
      record.union = entry.union
      bytes += record.encoded
    }
    return bytes
  }

  private func inlineHeader(_ byteCount: Int, _ advise: UInt16 = 0) -> MapHeader {
    var header = MapHeader()
    header.advise = MapHeader.inlinePcluster | advise
    header.fragmentOffset = UInt32(byteCount) << 16
    return header
  }

  /// Says that files may use every algorithm.
  func announceAlgorithms(_ craft: inout ReaderCraft) {
    craft.superblock.incompatibleFeatures |=
      IncompatibleFeatures([.compressionConfigurations, .lz4ZeroPadding, .deviceTable]).rawValue
    craft.superblock.algorithmsOrMaxDistance = 0b1111
    var lzma = LZMAConfiguration()
    lzma.dictionaryByteCount = 1 << 20
    var deflate = DeflateConfiguration()
    deflate.windowBits = 15
    craft.put(
      LZ4Configuration().encoded + lzma.encoded + deflate.encoded + ZstandardConfiguration().encoded,
      at: 1024 + Superblock.byteCount)
  }

  func compress(_ source: [UInt8], _ codec: BlockCodec, capacity: Int) throws -> [UInt8] {
    var target = zeros(capacity)
    let compressor = codec.makeCompressor(pclusterByteCount: capacity)
    let (consumed, produced) = compressor.compress(source, 0..<source.count, into: &target, 0..<capacity)
    try #require(consumed == source.count)
    return Array(target[..<produced])
  }

  @Test func inlinePclusters() throws {
    let source = Content.text(5000, seed: 4).bytes
    for codec in BlockCodec.all {
      let block = try compress(source, codec, capacity: 3900)
      var craft = craft()
      announceAlgorithms(&craft)
      var header = inlineHeader(block.count)
      header.algorithms = codec.algorithm.rawValue
      craft.inode(
        0, .regular, .compressedFull, byteCount: 5000,
        tail: fullIndexes(header, [(.head1, 0, 0), (.nonhead, 0, 1)]) + block)
      #expect(try all(craft, nid: 0) == source, "\(codec.name)")
      #expect(try bytes(craft, nid: 0, at: 4000, 1000) == Array(source[4000...]), "\(codec.name)")
    }
    // Stored, behind a whole block.
    var craft = craft()
    craft.inode(
      0, .regular, .compressedFull, byteCount: 4196,
      tail: fullIndexes(inlineHeader(100), [(.plain, 0, 10), (.plain, 0, 0)]) + source[..<100])
    #expect(try all(craft, nid: 0) == Array(pattern[..<4096] + source[..<100]))
  }

  @Test func twoAlgorithmsInOneFile() throws {
    let source = Content.text(8192, seed: 5).bytes
    var craft = craft()
    announceAlgorithms(&craft)
    for (index, codec) in [BlockCodec.zstd(level: 3), .lz4].enumerated() {
      let block = try compress(Array(source[index * 4096..<index * 4096 + 4096]), codec, capacity: 4096)
      craft.put(zeros(4096 - block.count) + block, at: (16 + index) * 4096)
    }
    var header = MapHeader()
    header.algorithms = BlockAlgorithm.zstd.rawValue | BlockAlgorithm.lz4.rawValue << 4
    let indexes = fullIndexes(header, [(.head1, 0, 16), (.head2, 0, 17)])
    craft.inode(0, .regular, .compressedFull, byteCount: 8192, tail: indexes)
    #expect(try all(craft, nid: 0) == source)
    #expect(try craft.open().superblock.kernelFeatures.contains(.secondAlgorithm))
    // An algorithm that is not announced, and one that nobody knows.
    craft.superblock.algorithmsOrMaxDistance = 0b0111
    #expect(throws: ImageError(.corrupt, "")) { try all(craft, nid: 0) }
    header.algorithms = 9
    craft.inode(
      0, .regular, .compressedFull, byteCount: 8192, tail: fullIndexes(header, [(.head1, 0, 16), (.head2, 0, 17)]))
    #expect(throws: ImageError(.corrupt, "")) { try all(craft, nid: 0) }
  }

  /// mkfs.erofs makes no blocks beyond the machine's page.
  @Test(arguments: [13, 14, 16] as [UInt8]) func compressedBlocksLongerThanAPage(_ bits: UInt8) throws {
    let block = 1 << Int(bits)
    let source = Content.text(3 * block / 2, seed: 6).bytes
    var craft = ReaderCraft(blockBits: bits, blockCount: 8, metadataBlock: 1)
    announceAlgorithms(&craft)
    for codec in BlockCodec.all {
      let bytes = try compress(source, codec, capacity: block)
      craft.put(zeros(block - bytes.count) + bytes, at: 5 * block)
      var header = MapHeader()
      header.algorithms = codec.algorithm.rawValue
      craft.inode(
        0, .regular, .compressedFull, byteCount: UInt64(source.count),
        tail: fullIndexes(header, [(.head1, 0, 5), (.nonhead, 0, 1)]))
      #expect(try all(craft, nid: 0) == source, "\(codec.name)")
      let tail = try self.bytes(craft, nid: 0, at: UInt64(block + 7), 100)
      #expect(tail == Array(source[block + 7..<block + 107]), "\(codec.name)")
    }
  }

  @Test func inlinePclustersThatCannotBe() throws {
    let cases: [(MapHeader, UInt16)] = [
      (inlineHeader(99), 0),  // 100 bytes stored in 99
      (inlineHeader(4096), 0),  // reaches into the next block
      (inlineHeader(65_535), 0),
      (inlineHeader(100, MapHeader.interlacedPcluster), 0),  // readers do not agree on what that would be
      (inlineHeader(100), 4096),  // begins beyond its lcluster
    ]
    for (header, offset) in cases {
      var craft = craft()
      craft.inode(
        0, .regular, .compressedFull, byteCount: 4196,
        tail: fullIndexes(header, [(.plain, 0, 10), (.plain, offset, 0)]) + zeros(100))
      #expect(throws: ImageError(.corrupt, ""), "\(header)") { try all(craft, nid: 0) }
    }
  }

  @Test func partialReferences() throws {
    // Two files on one pcluster, one of them on its beginning only; the flag is not part of the type.
    let source = Content.text(9000, seed: 4).bytes
    let block = try compress(source, .lz4, capacity: 8192)
    var craft = craft()
    craft.superblock.incompatibleFeatures |= IncompatibleFeatures.lz4ZeroPadding.rawValue
    craft.put(zeros(8192 - block.count) + block, at: 16 * 4096)
    var header = MapHeader()
    header.advise = MapHeader.bigPcluster1
    let blocks = UInt32(FullLclusterIndex.compressedBlockCountFlag | 2)
    craft.inode(
      0, .regular, .compressedFull, byteCount: 9000,
      tail: fullIndexes(header, [(.head1, 0, 16), (.nonhead, 0, blocks), (.nonhead, 0, 2)]))
    craft.inode(
      16, .regular, .compressedFull, byteCount: 4800,
      tail: fullIndexes(
        header, [(.head1, 0, 16), (.nonhead, 0, blocks)], flags: FullLclusterIndex.partialReferenceFlag))
    #expect(try all(craft, nid: 0) == source)
    #expect(try all(craft, nid: 16) == Array(source[..<4800]))
  }
}
