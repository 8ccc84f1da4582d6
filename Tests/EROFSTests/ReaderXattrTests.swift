import FileTree
import ImageCore
import TestSupport
import Testing

@testable import EROFS

/// Extended attributes, honest and not.
@Suite struct ReaderXattrTests {
  private func entry(_ index: UInt8, _ name: String, _ value: [UInt8]) -> [UInt8] {
    var record = XattrEntry()
    record.nameIndex = index
    record.nameByteCount = UInt8(name.utf8.count)
    record.valueByteCount = UInt16(value.count)
    var bytes = record.encoded + Array(name.utf8) + value
    bytes.pad(to: 4)
    return bytes
  }

  private func image(
    _ entries: [UInt8], shared: [UInt32] = [], _ change: (inout ReaderCraft) -> Void = { _ in }
  ) throws -> ErofsFileSystem {
    var craft = ReaderCraft()
    craft.superblock.xattrBlockAddress = 20
    craft.put(entry(1, "shared", [9]), at: 20 * 4096 + 8)
    var header = XattrHeader()
    header.sharedCount = UInt8(shared.count)
    var area = header.encoded
    for id in shared { area.appendLE(id) }
    area += entries
    craft.compactInode(1, .fifo, .flatPlain, byteCount: 0, tail: area) { record in
      record.xattrCount = UInt16((area.count - XattrHeader.byteCount) / 4 + 1)
    }
    change(&craft)
    return try craft.open()
  }

  @Test func attributes() throws {
    let own = entry(6, "selinux", Array("label".utf8)) + entry(2, "", [1, 2]) + [0, 0, 0, 0] + entry(4, "x", [])
    let image = try image(own, shared: [2])
    let attributes = try image.attributes(of: image.inode(1)).extendedAttributes
    #expect(
      attributes.map { printable($0.name) }
        == ["security.selinux", "system.posix_acl_access", "trusted.x", "user.shared"])
    #expect(attributes.map(\.value) == [Array("label".utf8), [1, 2], [], [9]])
  }

  @Test func impossibleAttributes() throws {
    var tooLong = entry(1, "name", [1, 2, 3])
    tooLong[2] = 200
    let cases: [([UInt8], [UInt32], ImageError.Code)] = [
      (tooLong, [], .corrupt), (entry(2, "x", []), [], .corrupt), (entry(1, "", []), [], .corrupt),
      (entry(1, "a\0b", []), [], .corrupt), (entry(1, "a", [1]) + entry(1, "a", [2]), [], .corrupt),
      (entry(1, "shared", []), [2], .corrupt), (entry(9, "a", []), [], .unsupported),
      (entry(0x81, "a", []), [], .corrupt), ([], [.max], .truncated), ([], [2, 2], .corrupt),
    ]
    for (entries, shared, code) in cases {
      let image = try image(entries, shared: shared)
      let inode = try image.inode(1)
      #expect(throws: ImageError(code, ""), "\(entries) \(shared)") { try image.attributes(of: inode) }
    }
    var craft = ReaderCraft()
    var header = XattrHeader()
    header.sharedCount = 2
    craft.compactInode(1, .fifo, .flatPlain, byteCount: 0, tail: header.encoded + [0, 0, 0, 0]) { $0.xattrCount = 2 }
    let image = try craft.open()
    #expect(throws: ImageError(.corrupt, "")) { try image.attributes(of: image.inode(1)) }
  }

  /// A table of long prefixes: lengths, short prefixes and what follows them.
  private func table(_ prefixes: [(base: UInt8, infix: String)]) -> [UInt8] {
    var bytes: [UInt8] = []
    for prefix in prefixes {
      bytes.pad(to: 4)
      bytes.appendLE(UInt16(prefix.infix.utf8.count + 1))
      bytes += [prefix.base] + Array(prefix.infix.utf8)
    }
    return bytes
  }

  /// Says that the table is at byte 80,004, of the image or of a packed inode that begins with the block 15.
  private func announce(_ table: [UInt8], count: Int, isPacked: Bool, _ craft: inout ReaderCraft) {
    var features: IncompatibleFeatures = [.xattrPrefixes]
    if isPacked {
      features.insert(.fragments)
      craft.superblock.packedNID = 96
      craft.inode(96, .regular, .flatPlain, byteCount: 30_000, union: 15)
    }
    craft.superblock.incompatibleFeatures = features.rawValue
    craft.superblock.xattrPrefixCount = UInt8(count)
    craft.superblock.xattrPrefixStart = UInt32((80_004 - (isPacked ? 15 * 4096 : 0)) / 4)
    craft.put(table, at: 80_004)
  }

  @Test(arguments: [false, true]) func longPrefixes(_ isPacked: Bool) throws {
    let entries = entry(0x80, "opaque", [1]) + entry(0x81, "", [2]) + entry(0x82, "", []) + entry(1, "a", [])
    let image = try image(entries) { craft in
      announce(table([(4, "overlay."), (6, "selinux"), (2, "")]), count: 3, isPacked: isPacked, &craft)
    }
    let attributes = try image.attributes(of: image.inode(1)).extendedAttributes
    #expect(
      attributes.map { printable($0.name) }
        == ["security.selinux", "system.posix_acl_access", "trusted.overlay.opaque", "user.a"])
    #expect(attributes.map(\.value) == [[2], [], [1], []])
  }

  @Test func aPlainTableBesideAPackedInode() throws {
    let image = try image(entry(0x80, "x", [])) { craft in
      announce(table([(1, "plain.")]), count: 1, isPacked: true, &craft)
      craft.superblock.compatibleFeatures |= CompatibleFeatures.plainXattrPrefixes.rawValue
      craft.superblock.xattrPrefixStart = 80_004 / 4
    }
    #expect(try image.attributes(of: image.inode(1)).extendedAttributes.map(\.name) == [Array("user.plain.x".utf8)])
    #expect(image.superblock.kernelFeatures.contains(.plainXattrPrefixes))
  }

  @Test(arguments: [false, true]) func impossibleLongPrefixes(_ isPacked: Bool) throws {
    let long = String(repeating: "x", count: 255)
    let cases: [(table: [UInt8], count: Int, index: UInt8, name: String)] = [
      (table([(1, "a")]), 1, 0x81, "a"),  // not in the table
      (table([(1, "a")]), 0, 0x80, "a"),  // no table
      (table([(9, "a")]), 1, 0x80, "a"),  // no such short prefix
      (table([(0x80, "a")]), 1, 0x80, "a"),  // itself
      (table([(1, "")]), 1, 0x80, ""),  // nothing behind `user.`
      (table([(2, "a")]), 1, 0x80, ""),  // something behind a whole name
      (table([(1, long), (1, long + "x")]), 2, 0x80, "a"),
      ([0, 0, 1, 97], 1, 0x80, "a"),
      (table([(1, "a")]), 255, 0x80, "a"),
    ]
    for test in cases {
      let image = try image(entry(test.index, test.name, [])) { craft in
        announce(test.table, count: test.count, isPacked: isPacked, &craft)
      }
      #expect(throws: ImageError(.corrupt, ""), "\(test)") { try image.attributes(of: image.inode(1)) }
    }
    let beyond = try image(entry(0x80, "a", [])) { craft in
      announce([], count: 1, isPacked: isPacked, &craft)
      craft.superblock.xattrPrefixStart = .max
    }
    #expect(throws: ImageError(isPacked ? .corrupt : .truncated, "")) { try beyond.attributes(of: beyond.inode(1)) }
  }

  @Test func filters() throws {
    #expect(XattrNameFilter.value([]) == .max)
    #expect(XattrNameFilter.value([Array("security.selinux".utf8)]).nonzeroBitCount == 31)
    let image = try image(entry(6, "selinux", []) + entry(2, "", []))
    let filter = try #require(try image.nameFilter(of: image.inode(1)))
    let names = ["security.selinux", "system.posix_acl_access"].map { Array($0.utf8) }
    #expect(filter.stored == 0 && filter.fitting == XattrNameFilter.value(names))
  }
}
