import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

@testable import EROFS

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

  // MARK: the limit

  /// Small files, many whose end is almost a segment long, and small files again.
  private static func longTree() throws -> FileTree {
    var tree = FileTree()
    for part in ["a", "c"] {
      for index in 0..<100 {
        let content = MemoryContent(Content.text(300 + index, seed: UInt64(index)).bytes)
        try tree.insert(FileTree.Node(.regular(content), .file), at: FilePath("\(part)/\(index)"))
      }
    }
    for index in 0..<120 {
      let content = ZeroContent(byteCount: UInt64(ImageFormat.segmentByteCount - index))
      try tree.insert(FileTree.Node(.regular(content), .file), at: FilePath("b/\(index)"))
    }
    return tree
  }

  /// Whatever comes when the packed inode is almost full goes elsewhere, so that each offset fits in 32 bits.
  @Test(arguments: [options[0], .plain(6, 1, .lz4, 16_384, .fragments) { $0.usesFullIndexes = true }])
  func whatDoesNotFitIsNoFragment(_ options: ErofsOptions) async throws {
    let tree = try Self.longTree()
    var limits = ErofsWriter.Limits()
    // What may be under way, and two files.
    let segment = ImageFormat.segmentByteCount
    limits.fragmentByteCount = UInt64(DataQueue.lag * ImageFormat.maxSegmentByteCount + 2 * segment)
    let image = try await writerRoundTrip(tree, options, limits: limits, isMounted: true)
    var reader = MetadataReader(image.volume)
    let packed = try reader.packedInode().byteCount
    #expect(packed < limits.fragmentByteCount && packed > UInt64(DataQueue.lag * segment))
    // The last files are small enough to stand beside their inodes.
    let last = try #require(try image.lookup("c/99"))
    #expect(last.storage == .inline)
    let bytes = try Disk.read(try TempFolder.current["image"])
    for count in [1, 7] {
      var options = options
      options.threadCount = count
      let path = try TempFolder.current["other"]
      let writer = ErofsWriter(options: options, limits: limits)
      _ = try await writer.write(tree, to: path, uuid: GUID(bytes: 0..<16), replace: true)
      let other = try Disk.read(path)
      #expect((other == bytes) as Bool, "\(count) threads")
    }
  }
}

/// Zeros that are nowhere.
private struct ZeroContent: FileContent {
  let byteCount: UInt64

  func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) { output.fillZero(range) }
}
