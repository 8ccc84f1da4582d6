import EROFS
import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

/// The packed inode when it is long: its segments are written between files and behind the last one.
@Suite(.tempFolder, .needsMount()) struct WriterPackedTests {
  private static let options: [ErofsOptions] = [
    .plain(6, 10, .zstd(level: 1), 65_536, .allFragments),
    .plain(6, 1, .lz4, 4096, .fragments) { $0.usesFullIndexes = true },
    .plain(6, 8, .lz4, 16_384, .allFragments) { $0.blockByteCount = 1024 },
  ]

  /// Fragments of several segments in three places, and between them more jobs than may be under way at one time.
  private static func tree() throws -> FileTree {
    var tree = FileTree()
    for part in ["a", "b", "c"] {
      for index in 0..<(part == "b" ? 30 : 80) {
        let seed = UInt64(index) + UInt64(part.utf8.first ?? 0) * 1000
        let bytes = Content.joined([.random(36_000, seed: seed), .text(3000 + index, seed: seed)]).bytes
        try tree.insert(FileTree.Node(.regular(MemoryContent(bytes)), .file), at: FilePath("\(part)/small-\(index)"))
        // And some that are the same: also as the end of another file.
        try tree.insert(FileTree.Node(.regular(MemoryContent(bytes)), .file), at: FilePath("c/\(part)-\(index)"))
      }
      for index in 0..<70 {
        let content = ZeroContent(byteCount: UInt64(513 << 10) + UInt64(index))
        try tree.insert(FileTree.Node(.regular(content), .file), at: FilePath("\(part)/z-\(index)"))
      }
    }
    return tree
  }

  @Test(arguments: options) func segmentsAreWrittenBetweenFiles(_ options: ErofsOptions) async throws {
    let image = try await writerRoundTrip(try Self.tree(), options, isMounted: true)
    #expect(image.superblock.incompatibleFeatures.contains(.fragments))
  }

  /// Where a segment goes depends on the tree alone.
  @Test(arguments: options) func segmentsDoNotDependOnThreads(_ options: ErofsOptions) async throws {
    let tree = try Self.tree()
    var images: [[UInt8]] = []
    for count in [1, 2, 3, 8, 40] {
      var options = options
      options.threadCount = count
      let path = try TempFolder.current["image"]
      _ = try await ErofsWriter(options: options).write(tree, to: path, uuid: .zero, replace: true)
      images.append(try Disk.read(path))
      #expect(images.first == images.last, "\(count) threads")
    }
  }
}

/// Zeros that are nowhere.
private struct ZeroContent: FileContent {
  let byteCount: UInt64

  func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) { output.fillZero(range) }
}
