import FileTree
import ImageCore
import Synchronization
import TestSupport
import Testing

@testable import EROFS

/// Directories, honest and not.
@Suite(.timeLimit(.minutes(30))) struct ReaderDirectoryTests {
  private func names(_ block: [UInt8]) throws(ImageError) -> [FileName] {
    var entries: [ErofsEntry] = []
    var last: FileName?
    try DirectoryBlock(block.rawSpan).append(to: &entries, after: &last)
    return entries.map(\.name)
  }

  private func block(_ names: [String], padding: Int = 0) -> [UInt8] {
    ReaderCraft.directoryBlock(names.map { (Array($0.utf8), 7) }, padding: padding)
  }

  @Test func lastNames() throws {
    #expect(try names(block([".", "..", "a", "b"])).last == "b")
    #expect(try names(block([".", "..", "a"], padding: 1)).last == "a")
    #expect(try names(block([".", "..", "a"], padding: 3000)).last == "a")
    let longest = String(repeating: "x", count: 255)
    #expect(try names(block([".", "..", longest])).last == FileName(longest))
    #expect(try names(block([".", "..", longest], padding: 300)).last == FileName(longest))
    #expect(try names(block(["!", ".", "..", "\u{E9}"])).map(\.bytes.count) == [1, 2])
  }

  @Test func impossibleNames() {
    let blocks: [[UInt8]] = [
      block(["a/b"]), block(["a", ""]), block(["", "a"]), block(["b", "a"]), block(["a", "a"]), block(["a\0b", "c"]),
      block([String(repeating: "x", count: 256)]), block([String(repeating: "x", count: 256), "y"]), block([]),
      [UInt8](repeating: 0, count: 4096), [UInt8](repeating: 0xFF, count: 4096),
      [UInt8](block(["abc", "d"]).dropLast(4)),
    ]
    for block in blocks {
      let fault = readerFault { () throws(ImageError) in _ = try names(block) }
      #expect(fault.hasPrefix("corrupt") || block.count < Dirent.byteCount && fault.hasPrefix("truncated"), "\(fault)")
    }
    var backwards = block(["a", "b", "c"])
    backwards[12 + 8] = 30
    #expect(throws: ImageError(.corrupt, "")) { try names(backwards) }
  }

  @Test func blocksInOrder() throws {
    for isSorted in [true, false] {
      var craft = ReaderCraft()
      craft.inode(0, .directory, .flatPlain, byteCount: 2 * 4096, union: 10)
      craft.inode(8, .fifo, .flatPlain, byteCount: 0)
      let first = ReaderCraft.directoryBlock([([0x2E], 0), ([0x2E, 0x2E], 0), (Array("m".utf8), 8)])
      let second = ReaderCraft.directoryBlock([(Array((isSorted ? "n" : "m").utf8), 8)])
      craft.put(first, at: 10 * 4096)
      craft.put(second, at: 11 * 4096)
      let image = try craft.open()
      if isSorted {
        #expect(try image.tree().entries(of: FileTree().root).map(\.name) == ["m", "n"])
        #expect(try image.lookup([FileName("n")])?.nid == 8)
      } else {
        let fault = readerFault { () throws(ImageError) in _ = try image.tree() }
        #expect(fault.hasPrefix("corrupt: /: ") && fault.hasSuffix("(at byte \(11 * 4096 + 12))"), "\(fault)")
      }
    }
  }

  @Test func directoriesInCircles() throws {
    for target in [0, 8, 16] as [UInt64] {
      var craft = ReaderCraft()
      craft.directory(0, [(".", 0), ("..", 0), ("a", 8), ("b", 16)])
      craft.directory(8, [(".", 8), ("..", 0), ("again", target)])
      craft.directory(16, [(".", 16), ("..", 0)])
      let fault = readerFault { () throws(ImageError) in _ = try craft.open().tree() }
      #expect(fault.hasPrefix("corrupt: /a/again: a directory that has another name"), "\(fault)")
      #expect(throws: ImageError(.corrupt, "")) { try craft.open().statistics() }
    }
    // A root without entries, and one that is no directory.
    var craft = ReaderCraft()
    craft.inode(0, .directory, .flatPlain, byteCount: 0)
    #expect(try craft.open().tree().entries(of: FileTree().root).isEmpty)
    craft.inode(0, .regular, .flatPlain, byteCount: 0)
    #expect(throws: ImageError(.corrupt, "")) { try craft.open().tree() }
  }

  @Test func tooDeep() throws {
    for depth in [4096, 4097] {
      var craft = ReaderCraft(blockCount: 16 + depth / 32, metadataBlock: 2)
      for level in 0...depth {
        let nid = UInt64(level * 4)
        craft.directory(level * 4, [(".", nid), ("..", nid)] + (level < depth ? [("d", nid + 4)] : []))
      }
      let image = try craft.open()
      if depth == 4096 {
        var count = 0
        try image.tree().walk { (_) throws(ImageError) in
          count += 1
          return true
        }
        #expect(count == 4097)
      } else {
        #expect(throws: ImageError(.limit, "")) { try image.tree() }
      }
    }
  }

  @Test func directoriesThatShareTheirBlocks() throws {
    // 400 directories, each of them made of the same 512 blocks.
    var craft = ReaderCraft(blockCount: 700, metadataBlock: 640)
    craft.inode(0, .directory, .flatPlain, byteCount: 2 * 4096, union: 600)
    let entries = (100..<400).map { (Array("directory-\($0)".utf8), UInt64($0 * 2)) }
    craft.put(ReaderCraft.directoryBlock(Array(entries[..<150])), at: 600 * 4096)
    craft.put(ReaderCraft.directoryBlock(Array(entries[150...])), at: 601 * 4096)
    for entry in entries { craft.inode(Int(entry.1), .directory, .flatPlain, byteCount: 512 * 4096, union: 80) }
    craft.inode(820, .fifo, .flatPlain, byteCount: 0)
    for block in 0..<512 {
      let names = (0..<100).map { (Array("name-\(10_000 + block)-\(100 + $0)".utf8), UInt64(820)) }
      craft.put(ReaderCraft.directoryBlock(names), at: (80 + block) * 4096)
    }
    #expect(throws: ImageError(.limit, "")) { try craft.open().tree() }
    // A directory that claims all the bytes there are.
    craft.inode(0, .directory, .flatPlain, byteCount: 1 << 62, union: 600)
    #expect(throws: ImageError(.limit, "")) { try craft.open().tree() }
  }

  /// Counts what is asked of it.
  private final class CountingSource: ByteSource {
    let bytes: [UInt8]
    let total = Mutex(0)

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var byteCount: UInt64 { UInt64(bytes.count) }

    func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) {
      total.withLock { $0 += range.count }
      output.copy(bytes, Int(offset)..<Int(offset) + range.count, to: range.lowerBound)
    }
  }

  @Test(.needs("mkfs.erofs", in: .sid), .needsRoot) func touchesWhatIsNeeded() async throws {
    try await TempFolder.with { folder in
      try TreeBuilder.build(folder["source"]) { tree in
        try tree.file("large", .text(8_000_000, seed: 1))
        for index in 0..<2000 { try tree.file("many/\(index)", .text(100, seed: UInt64(index))) }
      }
      for options in [
        ["-zlz4"], ["-zlz4", "-C65536"], ["-zlz4", "-Elegacy-compress"], [], ["--chunksize=4096"],
        ["-zlz4", "-Eztailpacking"], ["-zlz4", "-C65536", "-Eall-fragments"],
        ["-zzstd", "-C65536", "-E48bit,fragments"],
      ] {
        _ = try await readerImage(of: folder["source"], options, at: folder["image"], by: .sid)
        let store = try ByteStore(contentsOf: folder["image"])
        let source = CountingSource(try store.bytes(at: 0, count: Int(store.byteCount)))
        let image = try ErofsFileSystem(ByteStore(source))
        let large = try #require(try image.lookup([FileName("large")]))
        let content = try image.content(of: large)
        source.total.withLock { $0 = 0 }
        var buffer = [UInt8](repeating: 0, count: 4096)
        try content.read(at: 5_000_000, into: &buffer, 0..<4096)
        #expect(source.total.withLock { $0 } < 160_000, "\(options)")
        source.total.withLock { $0 = 0 }
        _ = try content.bytes(limit: 8_000_000)
        #expect(source.total.withLock { $0 } < 8_500_000, "\(options)")
        source.total.withLock { $0 = 0 }
        _ = try image.tree()
        #expect(source.total.withLock { $0 } < 2_000_000, "\(options)")
      }
    }
  }
}
