import Compression
import FileTree
import ImageCore
import TestSupport
import Testing

@testable import EROFS

/// Forms that are legal and rare: images by hand.
@Suite struct ReaderCraftedTests {
  private func content(_ craft: ReaderCraft, nid: UInt64) throws -> ErofsContent {
    let image = try craft.open()
    return try image.content(of: try image.inode(nid))
  }

  private func bytes(_ content: ErofsContent, at offset: UInt64, _ count: Int) throws -> [UInt8] {
    var buffer = [UInt8](repeating: 0xEE, count: count)
    try content.read(at: offset, into: &buffer, buffer.indices)
    return buffer
  }

  @Test func inodeAcrossBlocks() throws {
    var craft = ReaderCraft()
    // The 64 bytes of inode 127 begin 32 bytes before the end of a block; its inline data is in the next one.
    craft.directory(0, [(".", 0), ("..", 0), ("file", 127)])
    craft.inode(127, .regular, .flatInline, byteCount: 5, tail: Array("tail!".utf8))
    #expect(try content(craft, nid: 127).bytes() == Array("tail!".utf8))
    #expect(try craft.open().tree().entries(of: FileTree().root).count == 1)
  }

  @Test func inlineDataAcrossBlocksIsRefused() throws {
    var craft = ReaderCraft()
    craft.inode(120, .regular, .flatInline, byteCount: 300)
    #expect(throws: ImageError(.corrupt, "")) { try content(craft, nid: 120).bytes() }
  }

  @Test func compactInodes() throws {
    var craft = ReaderCraft()
    craft.superblock.epoch = 1000
    craft.superblock.fixedNanoseconds = 77
    craft.compactInode(1, .regular, .flatPlain, byteCount: 4096, flags: 1 << 4) { record in
      record.modified = 23
      record.linkCount = 0
      record.union = 9
    }
    craft.compactInode(2, .regular, .flatPlain, byteCount: 5000) { $0.union = .max }
    craft.compactInode(3, .regular, .flatPlain, byteCount: 4096, flags: 1 << 4) { record in
      record.linkCount = 1
      record.union = 9
    }
    craft.put([42], at: 9 * 4096)
    let image = try craft.open()
    let first = try image.inode(1)
    #expect(first.modified == Timestamp(seconds: 1023, nanoseconds: 77) && first.linkCount == 1)
    #expect(try image.content(of: first).bytes().first == 42)
    // No address: a hole.
    #expect(try image.content(of: image.inode(2)).bytes() == [UInt8](repeating: 0, count: 5000))
    // Bit 32 of the address is set: beyond the end.
    #expect(throws: ImageError(.corrupt, "")) { try content(craft, nid: 3).bytes() }
  }

  @Test func impossibleInodes() throws {
    var craft = ReaderCraft()
    craft.inode(0, .regular, .flatPlain, byteCount: 1 << 63)
    craft.compactInode(2, .regular, .flatPlain, byteCount: 0, flags: 1 << 5)
    craft.compactInode(3, .regular, .flatPlain, byteCount: 0, flags: 5 << 1)
    craft.compactInode(4, .regular, .flatPlain, byteCount: 0) { $0.mode = 0o050644 }
    craft.inode(6, .symlink, .flatPlain, byteCount: 0)
    craft.inode(8, .symlink, .flatInline, byteCount: 3, tail: [65, 0, 65])
    craft.inode(12, .symlink, .flatPlain, byteCount: 4096, union: 1)
    let image = try craft.open()
    for nid in [0, 4, 1 << 40, UInt64.max, UInt64.max / 32] as [UInt64] {
      #expect(throws: ImageError(.corrupt, "")) { try image.inode(nid) }
    }
    for nid in [2, 3] as [UInt64] { #expect(throws: ImageError(.unsupported, "")) { try image.inode(nid) } }
    for nid in [6, 8, 12] as [UInt64] {
      let inode = try image.inode(nid)
      #expect(throws: ImageError(.corrupt, "")) { try image.readLink(inode) }
    }
  }

  @Test func chunkForms() throws {
    var craft = ReaderCraft()
    let pattern = SplitMix64.bytes(8192)
    craft.put(pattern, at: 10 * 4096)
    func index(_ high: UInt16, _ device: UInt16, _ low: UInt32) -> [UInt8] {
      var bytes: [UInt8] = []
      bytes.appendLE(high)
      bytes.appendLE(device)
      bytes.appendLE(low)
      return bytes
    }
    // 8-byte indexes without 48-bit addresses: the upper bits mean nothing.
    craft.inode(
      0, .regular, .chunkBased, byteCount: 10_000, union: 0x20,
      tail: index(9, 0, 11) + index(.max, 0, .max) + index(0, 0, 10))
    // With them, a hole is all ones.
    craft.inode(
      4, .regular, .chunkBased, byteCount: 12_288, union: 0x60,
      tail: index(0, 0, 10) + index(.max, 0, .max) + index(1, 0, 10))
    // A file of 9·10^15 bytes in chunks of 8 TiB, all holes but the last.
    var map = [UInt8](repeating: 0xFF, count: 4 * 1023)
    map += [10, 0, 0, 0]
    craft.inode(32, .regular, .chunkBased, byteCount: 1023 << 43 + 5000, union: 31, tail: map)
    craft.inode(8, .regular, .chunkBased, byteCount: 1, union: 0x80)

    let first = try content(craft, nid: 0)
    #expect(try bytes(first, at: 0, 4096) == Array(pattern[4096...]))
    #expect(
      try bytes(first, at: 4000, 4300) == Array(pattern[8096...]) + [UInt8](repeating: 0, count: 4096) + pattern[..<108]
    )
    let second = try content(craft, nid: 4)
    #expect(try bytes(second, at: 4095, 2) == [pattern[4095], 0])
    #expect(throws: ImageError(.corrupt, "")) { try bytes(second, at: 8192, 1) }
    let huge = try content(craft, nid: 32)
    #expect(huge.byteCount > 8_900_000_000_000_000)
    #expect(try bytes(huge, at: 1 << 50, 3) == [0, 0, 0])
    #expect(try bytes(huge, at: 1023 << 43 - 1, 5001) == [0] + pattern[..<5000])
    #expect(throws: ImageError(.limit, "")) { try huge.bytes() }
    #expect(throws: ImageError(.invalidArgument, "")) { try bytes(huge, at: huge.byteCount - 1, 2) }
    #expect(throws: ImageError(.unsupported, "")) { try content(craft, nid: 8).bytes() }
  }

  /// Indexes in the full form after an inode without attributes: padding, header, eight more bytes, entries.
  private func fullIndexes(_ advise: UInt16, _ entries: [(type: LclusterType, offset: UInt16, union: UInt32)])
    -> [UInt8]
  {
    var header = MapHeader()
    header.advise = advise
    var bytes = header.encoded + [UInt8](repeating: 0, count: 8)
    for entry in entries {
      var record = FullLclusterIndex()
      record.advise = UInt16(entry.type.rawValue)
      record.clusterOffset = entry.offset
      record.union = entry.union
      bytes += record.encoded
    }
    return bytes
  }

  @Test func interlacedAndShiftedBlocks() throws {
    var craft = ReaderCraft()
    let pattern = SplitMix64.bytes(4096)
    craft.put(pattern, at: 10 * 4096)
    // 1000 bytes, then a stored block's worth that begins there.
    let entries: [(LclusterType, UInt16, UInt32)] = [(.plain, 0, 11), (.plain, 1000, 10), (.plain, 1000, 11)]
    craft.inode(
      0, .regular, .compressedFull, byteCount: 9200,
      tail: fullIndexes(MapHeader.interlacedPcluster, [(.plain, 0, 11), (.plain, 1000, 10), (.plain, 904, 11)]))
    craft.inode(8, .regular, .compressedFull, byteCount: 9200, tail: fullIndexes(0, entries))
    // The extent from 5096 holds byte x at x mod 4096.
    let interlaced = try content(craft, nid: 0)
    #expect(try bytes(interlaced, at: 5096, 4000) == Array(pattern[1000...] + pattern[..<904]))
    #expect(try bytes(interlaced, at: 8190, 4) == Array(pattern[4094...] + pattern[..<2]))
    let shifted = try content(craft, nid: 8)
    #expect(try bytes(shifted, at: 5096, 4096) == pattern)
    #expect(try bytes(shifted, at: 9191, 1) == [pattern[4095]])
  }

  @Test(arguments: [true, false]) func lz4AtTheEndAndAtTheBeginning(_ isPadded: Bool) throws {
    let source = Content.text(9000, seed: 4).bytes
    var target = [UInt8](repeating: 0, count: 8192)
    let compressor = BlockCodec.lz4.makeCompressor(pclusterByteCount: 8192)
    let (consumed, produced) = compressor.compress(source, 0..<9000, into: &target, 0..<8192)
    try #require(consumed == 9000)
    var craft = ReaderCraft()
    craft.superblock.incompatibleFeatures = isPadded ? IncompatibleFeatures.lz4ZeroPadding.rawValue : 0
    // Without the feature the data is in front, and what follows is anything.
    craft.put([UInt8](repeating: isPadded ? 0 : 0xAB, count: 8192), at: 10 * 4096)
    craft.put(Array(target[..<produced]), at: 10 * 4096 + (isPadded ? 8192 - produced : 0))
    craft.inode(
      0, .regular, .compressedFull, byteCount: 9000,
      tail: fullIndexes(
        MapHeader.bigPcluster1,
        [(.head1, 0, 10), (.nonhead, 0, UInt32(FullLclusterIndex.compressedBlockCountFlag | 2)), (.nonhead, 0, 2)]))
    let file = try content(craft, nid: 0)
    #expect(try file.bytes() == source)
    #expect(try bytes(file, at: 8990, 10) == Array(source[8990...]))
    #expect(try bytes(file, at: 4000, 200) == Array(source[4000..<4200]))
  }

  @Test func impossibleClusters() throws {
    let flag = UInt32(FullLclusterIndex.compressedBlockCountFlag)
    let cases: [(UInt16, [(LclusterType, UInt16, UInt32)])] = [
      (0, [(.nonhead, 0, 1), (.head1, 0, 10), (.head1, 0, 11)]),  // begins with no head
      (0, [(.head1, 5, 10), (.head1, 0, 10), (.head1, 0, 11)]),  // byte 0 belongs to nobody
      (0, [(.nonhead, 0, 0), (.head1, 0, 10), (.head1, 0, 11)]),  // no way back
      (0, [(.nonhead, 0, flag | 1), (.head1, 0, 10), (.head1, 0, 11)]),  // a length without big pclusters
      (0, [(.head1, 4096, 10), (.head1, 0, 10), (.head1, 0, 11)]),  // an offset beyond the lcluster
      (0, [(.plain, 0, 10), (.nonhead, 0, 1), (.head1, 0, 11)]),  // 8192 bytes stored in 4096
      (2, [(.head1, 0, 10), (.nonhead, 0, 1), (.head1, 0, 11)]),  // no length where one must be
      (2, [(.head1, 0, 10), (.nonhead, 0, flag), (.head1, 0, 11)]),  // no blocks
      (2, [(.head1, 0, 10), (.nonhead, 0, flag | 300), (.head1, 0, 11)]),  // more than 1 MiB
      (0, [(.head1, 0, 10), (.head1, 0, 11), (.head1, 0, 11)]),  // nothing but zeros is no LZ4 block
      (4, [(.plain, 0, 10), (.nonhead, 0, 1), (.head1, 0, 11)]),  // a stored one lacks its length
      (0, [(.head1, 0, 0x1000_0000), (.head1, 0, 11), (.head1, 0, 11)]),  // beyond the end
    ]
    for (advise, entries) in cases {
      var craft = ReaderCraft()
      craft.superblock.incompatibleFeatures = IncompatibleFeatures.lz4ZeroPadding.rawValue
      craft.inode(0, .regular, .compressedFull, byteCount: 12_288, tail: fullIndexes(advise, entries))
      #expect(throws: ImageError(.corrupt, ""), "\(entries)") { try content(craft, nid: 0).bytes() }
    }
  }

  @Test func aWayBackThatMeetsAnotherHead() throws {
    var craft = ReaderCraft()
    // Lcluster 2 says that its extent began with 0, but 1 is a head.
    craft.inode(
      0, .regular, .compressedFull, byteCount: 12_288,
      tail: fullIndexes(0, [(.head1, 0, 10), (.head1, 0, 11), (.nonhead, 0, 2)]))
    #expect(throws: ImageError(.corrupt, "")) { try bytes(content(craft, nid: 0), at: 8192, 10) }
  }
}

extension SplitMix64 {
  fileprivate static func bytes(_ count: Int) -> [UInt8] {
    var generator = SplitMix64(seed: 99)
    return generator.bytes(count)
  }
}
