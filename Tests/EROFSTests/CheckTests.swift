import Compression
import FileTree
import ImageCore
import TestSupport
import Testing

@testable import EROFS

/// Faults put together by hand: each is found, by its code and at its place, and hides nothing else.
@Suite struct CheckTests {
  /// A root with two files and a folder with one; `change` spoils it.
  private func image(_ change: (inout ReaderCraft) -> Void = { _ in }) -> ReaderCraft {
    var craft = ReaderCraft()
    craft.superblock.inodeCount = 5
    directory(&craft, 0, [(".", 0, 2), ("..", 0, 2), ("a", 10, 1), ("b", 20, 1), ("d", 30, 2)], links: 3)
    craft.inode(10, .regular, .flatInline, byteCount: 5, tail: Array("hello".utf8))
    craft.inode(20, .regular, .flatPlain, byteCount: 8192, union: 10)
    directory(&craft, 30, [(".", 30, 2), ("..", 0, 2), ("c", 40, 1)], links: 2)
    craft.inode(40, .regular, .flatPlain, byteCount: 4096, union: 12)
    change(&craft)
    return craft
  }

  private func directory(
    _ craft: inout ReaderCraft, _ nid: Int, _ entries: [(name: String, nid: UInt64, type: UInt8)], links: UInt32
  ) {
    var block = ReaderCraft.directoryBlock(entries.map { (Array($0.name.utf8), $0.nid) })
    for (index, entry) in entries.enumerated() { block[index * 12 + 10] = entry.type }
    craft.inode(nid, .directory, .flatInline, byteCount: UInt64(block.count), tail: block)
    setLinks(&craft, nid, links)
  }

  private func setLinks(_ craft: inout ReaderCraft, _ nid: Int, _ links: UInt32) {
    craft.put([UInt8(truncatingIfNeeded: links), 0, 0, 0], at: craft.offset(ofInode: nid) + 44)
  }

  private func codes(_ craft: ReaderCraft) async throws -> [String] {
    let report = try await craft.open().check(threadCount: 2)
    return report.findings.kept.filter { $0.severity > .note }.map { "\($0.code) \($0.place ?? "")" }
  }

  @Test func soundImage() async throws {
    let report = try await image().open().check()
    #expect(report.findings.kept.filter { $0.severity > .note } == [])
    #expect(report.counts.inodeCount == 5 && report.counts.fileCount == 3 && report.counts.directoryCount == 2)
    // Superblock, metadata (4), data (10, 11, 12) are used.
    #expect(report.counts.unusedBlockCount == 32 - 5)
  }

  /// What leaves the file system readable is a finding, and the rest is looked at all the same.
  @Test func superblocks() async throws {
    func findings(_ craft: ReaderCraft, spoilt: Int? = nil) async throws -> [String] {
      var bytes = try craft.finished()
      if let spoilt { bytes[spoilt] ^= 0xFF }
      let store = ByteStore(bytes)
      #expect(throws: ImageError.self) { try ErofsFileSystem(store) }
      let report = try await ErofsFileSystem(examining: store, devices: []).check(threadCount: 2)
      return report.findings.kept.filter { $0.severity > .note }.map { "\($0.code) \($0.place ?? "") \($0.message)" }
    }
    let links = image { setLinks(&$0, 10, 2) }
    let checksum = try await findings(links, spoilt: 1024 + 4)
    #expect(checksum.count == 2 && checksum[0].hasPrefix("erofs-superblock  superblock: checksum 0x"), "\(checksum)")
    #expect(checksum.last?.hasPrefix("erofs-links inode 10") == true, "\(checksum)")
    let time = try await findings(image { $0.superblock.fixedNanoseconds = 1_000_000_000 })
    #expect(time == ["erofs-superblock  superblock: fixed_nsec is 1000000000 (at byte 1024)"])
    // Longer than what is there, up to all that can be said.
    for count in [33, .max] as [UInt32] {
      let short = try await findings(image { $0.superblock.blockCount = count })
      #expect(short.count == 1 && short[0].contains("the file system has \(count) blocks"), "\(short)")
    }
    var wide = image()
    wide.superblock.incompatibleFeatures |= IncompatibleFeatures.blockAddress48.rawValue
    wide.superblock.rootNID64 = 0
    wide.superblock.blockCount = .max
    #expect(try await findings(wide).count == 1)
    // Nothing can be said of these.
    for change in [{ $0.superblock.incompatibleFeatures = 0x200 }, { $0.superblock.directoryBlockBits = 1 }]
      as [(inout ReaderCraft) -> Void]
    {
      let bytes = try image(change).finished()
      #expect(throws: ImageError(.unsupported, "")) { try ErofsFileSystem(examining: ByteStore(bytes), devices: []) }
    }
  }

  @Test func directories() async throws {
    func entry(_ index: Int, of nid: Int, _ craft: ReaderCraft) -> Int { craft.offset(ofInode: nid) + 64 + index * 12 }
    // file_type
    #expect(try await codes(image { $0.put([7], at: entry(2, of: 0, $0) + 10) }) == ["erofs-type /a"])
    // `.` and `..`
    #expect(try await codes(image { $0.put([9], at: entry(0, of: 30, $0)) }) == ["erofs-directory /d"])
    #expect(try await codes(image { $0.put([30], at: entry(1, of: 30, $0)) }) == ["erofs-directory /d"])
    // An inode that cannot be: its siblings are still looked at.
    #expect(
      try await codes(image { $0.put([0xFF, 0xFF, 0xFF], at: entry(2, of: 0, $0) + 1) })
        == ["erofs-inode /a", "erofs-inode-count superblock"])
    // nameoff that runs backwards
    #expect(
      try await codes(image { $0.put([200], at: entry(3, of: 0, $0) + 8) }).contains("erofs-directory /"))
    // Names out of order, and twice.
    var craft = image()
    directory(&craft, 30, [(".", 30, 2), ("..", 0, 2), ("e", 40, 1), ("c", 40, 1), ("c", 40, 1)], links: 2)
    #expect(
      try await codes(craft) == ["erofs-directory /d", "erofs-directory /d", "erofs-links inode 40"])
    directory(&craft, 30, [("c", 40, 1)], links: 2)
    #expect(try await codes(craft) == ["erofs-dots /d", "erofs-dots /d"])
    directory(&craft, 30, [(".", 30, 2), ("..", 0, 2), ("c", 40, 1), ("x/y", 10, 1)], links: 2)
    #expect(try await codes(craft) == ["erofs-directory /d"])
    // A folder in itself.
    directory(&craft, 30, [(".", 30, 2), ("..", 0, 2), ("c", 40, 1), ("d", 30, 2)], links: 2)
    #expect(try await codes(craft) == ["erofs-directory /d/d"])
  }

  @Test func countsOfLinks() async throws {
    #expect(try await codes(image { setLinks(&$0, 10, 2) }) == ["erofs-links inode 10"])
    #expect(try await codes(image { setLinks(&$0, 0, 2) }) == ["erofs-links inode 0"])
    #expect(try await codes(image { setLinks(&$0, 0, 1) }) == [])
    #expect(try await codes(image { $0.superblock.inodeCount = 9 }) == ["erofs-inode-count superblock"])
  }

  @Test func whatLiesOnTopOfOtherThings() async throws {
    // Data on the inodes, data on other data, the same data twice.
    #expect(
      try await codes(image { $0.inode(40, .regular, .flatPlain, byteCount: 4096, union: 4) }) == ["erofs-overlap /d/c"]
    )
    #expect(
      try await codes(image { $0.inode(40, .regular, .flatPlain, byteCount: 4096, union: 0) }) == ["erofs-overlap /d/c"]
    )
    #expect(
      try await codes(image { $0.inode(40, .regular, .flatPlain, byteCount: 4096, union: 11) }) == [
        "erofs-overlap /d/c"
      ])
    #expect(try await codes(image { $0.inode(40, .regular, .flatPlain, byteCount: 8192, union: 10) }) == [])
    #expect(
      try await codes(image { $0.inode(40, .regular, .flatPlain, byteCount: 8192, union: 9) }) == ["erofs-overlap /d/c"]
    )
    // An inode on the inline data of another.
    #expect(
      try await codes(
        image {
          $0.inode(36, .regular, .flatInline, byteCount: 400, tail: [UInt8](repeating: 65, count: 64))
          directory(&$0, 30, [(".", 30, 2), ("..", 0, 2), ("c", 40, 1), ("e", 36, 1)], links: 2)
          $0.superblock.inodeCount = 6
          $0.inode(40, .regular, .flatPlain, byteCount: 4096, union: 12)
        }) == ["erofs-overlap /d/e"])
    // Beyond the end of the superblock's count, and of the image.
    #expect(
      try await codes(image { $0.superblock.blockCount = 12 }) == ["erofs-beyond-end /d/c"])
    #expect(
      try await codes(image { $0.inode(40, .regular, .flatPlain, byteCount: 8192, union: 31) }) == ["erofs-map /d/c"])
  }

  /// A block of LZ4 that ends early, late or never.
  @Test func extents() async throws {
    func code(_ block: [UInt8], _ byteCount: UInt64, zeros: Int? = nil) async throws -> [String] {
      var craft = image()
      craft.superblock.incompatibleFeatures = IncompatibleFeatures.lz4ZeroPadding.rawValue
      var header = MapHeader()
      header.advise = 0
      var index = FullLclusterIndex()
      index.advise = UInt16(LclusterType.head1.rawValue)
      index.union = 12
      var rest = FullLclusterIndex()
      rest.advise = UInt16(LclusterType.nonhead.rawValue)
      rest.union = 1
      craft.inode(
        40, .regular, .compressedFull, byteCount: byteCount, union: 1,
        tail: header.encoded + [UInt8](repeating: 0, count: 8) + index.encoded + rest.encoded)
      craft.put([UInt8](repeating: 0, count: 4096), at: 12 * 4096)
      craft.put(block, at: 13 * 4096 - block.count - (zeros ?? 0))
      return try await codes(craft)
    }
    let text = [UInt8](repeating: 97, count: 5000)
    var block = [UInt8](repeating: 0, count: 4096)
    let made = BlockCodec.lz4.makeCompressor(pclusterByteCount: 4096).compress(
      text, 0..<5000, into: &block, 0..<4096)
    #expect(made.consumed == 5000)
    let whole = Array(block[..<made.produced])
    #expect(try await code(whole, 5000) == [])
    #expect(try await code(whole, 4999) == ["erofs-extent-length /d/c"])
    #expect(try await code(whole, 5001) == ["erofs-extent /d/c"])
    #expect(try await code([], 5000) == ["erofs-extent /d/c"])
    #expect(try await code(whole.dropLast(2), 5000) == ["erofs-extent /d/c"])
  }

  @Test func attributes() async throws {
    var entry = XattrEntry()
    entry.nameIndex = 1
    entry.nameByteCount = 1
    entry.valueByteCount = 2
    func put(_ filter: UInt32, _ craft: inout ReaderCraft, _ sharedCount: UInt8 = 0) {
      var header = XattrHeader()
      header.nameFilter = filter
      header.sharedCount = sharedCount
      craft.superblock.compatibleFeatures |= CompatibleFeatures.xattrFilter.rawValue
      craft.inode(
        20, .regular, .flatPlain, byteCount: 8192, union: 10, tail: header.encoded + entry.encoded + [65, 1, 2, 0])
      craft.put([3, 0], at: craft.offset(ofInode: 20) + 2)
    }
    let bit = XattrNameFilter.bit(index: 1, suffix: [65])
    #expect(try await codes(image { put(~bit, &$0) }) == [])
    #expect(try await codes(image { put(0, &$0) }) == [])
    #expect(try await codes(image { put(.max, &$0) }) == ["erofs-xattr-filter /b"])
    #expect(try await codes(image { put(~bit, &$0, 200) }) == ["erofs-xattrs /b"])
  }

  /// Many faults: all are counted, the first ones kept.
  @Test func manyFindings() {
    var list = FindingList(limit: 3)
    list.append(Finding(.note, "n", "1"))
    for index in 0..<5 { list.append(Finding(.warning, "w", "\(index)")) }
    list.append(Finding(.error, "e", "late"))
    #expect(list.kept.map(\.code) == ["w", "w", "e"] && list.count == 7 && list.omittedCount == 4)
    var both = FindingList(limit: 5)
    both.append(contentsOf: list)
    #expect(both.count == 7 && both.count(.warning) == 5 && both.count(.note) == 1 && both.kept.count == 3)
  }

  /// Bits against sets: near each other and far apart, over the borders of pages.
  @Test func sparseBits() {
    var random = SplitMix64(seed: 3)
    var bits = [SparseBits(), SparseBits()]
    var sets: [Set<UInt64>] = [[], []]
    for step in 0..<400 {
      let start = random.next() % 100_000 + (step % 5 == 0 ? 1 << 40 : 0)
      let range = start..<start + random.next() % 300
      let which = Int(random.next() % 2)
      let (set, both) = (sets[which], sets[0].union(sets[1]))
      #expect(bits[0].count(in: range, orIn: bits[1]) == UInt64(range.filter(both.contains).count))
      #expect(bits[which].intersects(range) == range.contains(where: set.contains))
      #expect(bits[which].contains(start) == set.contains(start))
      #expect(bits[which].insert(range) == UInt64(range.filter { !set.contains($0) }.count))
      sets[which].formUnion(range)
    }
    #expect(bits[0].count(in: 0..<1 << 41, orIn: bits[1]) == UInt64(sets[0].union(sets[1]).count))
    #expect(bits.allSatisfy { $0.pageCount > 4 && $0.pageCount < 12 })
  }
}
