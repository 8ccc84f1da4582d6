import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

@testable import EROFS

/// Metadata in the metabox: images by hand, honest and not.
@Suite struct ReaderMetaboxTests {
  private static let flag: UInt64 = 1 << 63

  /// A root in the metabox with one file in it; the metabox inode is number 64, its bytes are those of block 10.
  private func craft() -> ReaderCraft {
    var craft = ReaderCraft()
    craft.superblock.incompatibleFeatures = IncompatibleFeatures([.metabox, .blockAddress48]).rawValue
    craft.superblock.extensionSlotCount = 1
    craft.superblock.rootNID64 = Self.flag | 2
    craft.put(metabox(64), at: 1024 + Superblock.byteCount)
    craft.inode(64, .regular, .flatPlain, byteCount: 8192, union: 10)
    // What `ReaderCraft` writes as inodes goes to where they are counted from.
    var inside = ReaderCraft(blockCount: 2, metadataBlock: 0)
    inside.directory(2, [(".", Self.flag | 2), ("..", Self.flag | 2), ("file", Self.flag | 120), ("out", 80)])
    inside.inode(120, .regular, .flatInline, byteCount: 5, tail: Array("hello".utf8))
    craft.put(inside.bytes, at: 10 * 4096)
    craft.inode(80, .regular, .flatInline, byteCount: 3, tail: Array("out".utf8))
    return craft
  }

  private func metabox(_ nid: UInt64) -> [UInt8] {
    var record = SuperblockExtension()
    record.metaboxNID = nid
    return record.encoded
  }

  private func fault(_ craft: ReaderCraft) -> String {
    readerFault { () throws(ImageError) in
      let image = try craft.open()
      let tree = try image.tree()
      try tree.walk { (visit) throws(ImageError) in
        if case .regular(let content) = tree[visit.node].kind { _ = try content.bytes() }
        return true
      }
    }
  }

  @Test func readsInodesInsideAndOutside() throws {
    let image = try craft().open()
    for (path, text) in [("/file", "hello"), ("/out", "out")] {
      let inode = try #require(try image.lookup(FileName.components(of: .init(path))))
      #expect(try image.content(of: inode).bytes() == Array(text.utf8))
    }
    #expect(try image.root().nid == Self.flag | 2)
    #expect(try image.statistics().minimumKernel == KernelVersion(6, 17))
    #expect(fault(craft()) == "no error")
  }

  @Test func cyclesAreRefused() throws {
    var inItself = craft()
    inItself.put(metabox(Self.flag | 64), at: 1024 + Superblock.byteCount)
    #expect(fault(inItself).contains("metabox_nid"))
    var packed = craft()
    packed.superblock.incompatibleFeatures |= IncompatibleFeatures.fragments.rawValue
    packed.superblock.packedNID = Self.flag | 120
    #expect(fault(packed).contains("packed_nid"))
    var without = craft()
    without.superblock.extensionSlotCount = 0
    #expect(fault(without).hasPrefix("corrupt: superblock: sb_extslots"))
    var featureless = craft()
    featureless.superblock.incompatibleFeatures = IncompatibleFeatures.blockAddress48.rawValue
    #expect(fault(featureless).hasPrefix("corrupt: inode"))
  }

  @Test func endsAreErrors() throws {
    // The file's inode, its inline data and the root itself behind the metabox's end.
    for byteCount in [120 * 32 + 66, 120 * 32 + 40, 120 * 32, 100, 0] as [UInt64] {
      var craft = craft()
      craft.inode(64, .regular, .flatPlain, byteCount: byteCount, union: 10)
      #expect(fault(craft).contains("of the metabox"), "\(byteCount)")
    }
    for nid in [Self.flag | 1 << 58, .max, Self.flag | 0x7000] as [UInt64] {
      var craft = craft()
      craft.superblock.rootNID64 = nid
      #expect(["corrupt", "truncated"].contains { fault(craft).hasPrefix($0) }, "\(nid)")
    }
    // The metabox is nowhere, or claims to be all there is, or is no file with data.
    for union in [31, 32, 1 << 30, .max] as [UInt32] {
      var craft = craft()
      craft.inode(64, .regular, .flatPlain, byteCount: 1 << 62, union: union)
      #expect(fault(craft) != "no error", "\(union)")
    }
    var fragment = craft()
    fragment.inode(64, .regular, .compressedFull, byteCount: 8192, tail: [0, 0, 0, 0, 0, 0, 0, 0x80])
    #expect(fault(fragment).hasPrefix("corrupt"))
  }

  @Test func placesAreNamed() throws {
    var craft = craft()
    // The name of the second entry begins with a slash.
    let root = 10 * 4096 + 64 + 64
    craft.put(Array("/".utf8), at: root + 4 * Dirent.byteCount + 3)
    #expect(fault(craft).hasPrefix("corrupt: /: directory block 0: the name /ile contains a slash"))
    #expect(fault(craft).hasSuffix("at byte 179 of the metabox"))
  }

  @Test func sharedAttributesInTheMetabox() throws {
    var craft = craft()
    craft.superblock.compatibleFeatures |= CompatibleFeatures.sharedXattrsInMetabox.rawValue
    craft.superblock.xattrBlockAddress = 1
    var entry = XattrEntry()
    entry.nameIndex = 1
    entry.nameByteCount = 1
    entry.valueByteCount = 1
    craft.put(entry.encoded + [0x61, 7], at: 11 * 4096 + 8)
    var header = XattrHeader()
    header.sharedCount = 1
    craft.compactInode(96, .fifo, .flatPlain, byteCount: 0, tail: header.encoded + [2, 0, 0, 0]) { $0.xattrCount = 2 }
    let image = try craft.open()
    #expect(try image.xattrs(of: image.inode(96)) == [ExtendedAttribute("user.a", [7])])
  }

  /// A result or an error: a trap ends the whole run.
  @Test func everyByteOfTheMetadata() throws {
    let honest = try craft().finished()
    let box = 10 * 4096
    let places: [Range<Int>] = [
      1024..<1168, 4 * 4096 + 64 * 32..<4 * 4096 + 84 * 32, box + 64..<box + 320, box + 3840..<box + 3912,
    ]
    var faults = 0
    for place in places.joined() {
      for value in [0, 1, 0x3F, 0x7F, 0x80, 0xFF] as [UInt8] where honest[place] != value {
        var bytes = honest
        bytes[place] = value
        let checksum = try Superblock.checksum(ofFirstBlock: Array(bytes[..<4096]))
        for index in 0..<4 { bytes[1028 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index)) }
        let fault = readerFault { () throws(ImageError) in
          let image = try ErofsFileSystem(ByteStore(bytes))
          let tree = try image.tree()
          _ = try image.statistics()
          try tree.walk { (visit) throws(ImageError) in
            if case .regular(let content) = tree[visit.node].kind { _ = try content.bytes() }
            return true
          }
        }
        if fault != "no error" { faults += 1 }
      }
    }
    #expect(faults > 500)
  }
}
