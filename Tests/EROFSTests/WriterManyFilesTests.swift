import EROFS
import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

/// A million files, most of them of a few bytes.
@Suite(.tempFolder, .needsMount()) struct WriterManyFilesTests {
  private static let wideCount = 200_000
  private static let folderCount = 800
  private static let fileCount = 1000

  /// One directory of 200,000 names and 800 of 1000.
  private static func tree() throws -> FileTree {
    var tree = FileTree()
    let wide = try tree.insert(FileTree.Node(.directory, .directory), at: "wide")
    for index in 0..<wideCount { add(index, &tree, wide) }
    for folder in 0..<folderCount {
      let directory = try tree.insert(FileTree.Node(.directory, .directory), at: FilePath("folders/\(1000 + folder)"))
      for index in 0..<fileCount { add(wideCount + folder * fileCount + index, &tree, directory) }
    }
    return tree
  }

  private static func name(_ index: Int) -> FileName { FileName("file-\(1_000_000 + index)") }

  private static func add(_ index: Int, _ tree: inout FileTree, _ directory: FileTree.NodeID) {
    let content = MemoryContent(content(index))
    _ = tree.add(FileTree.Node(.regular(content), .file), as: name(index), in: directory)
  }

  /// Mostly a line; each 500th is longer than a block, and compresses.
  private static func content(_ index: Int) -> [UInt8] {
    let line = Array("content of file \(index)\n".utf8)
    return index % 500 == 0 ? Content.repeating(line, count: 300).bytes : line
  }

  /// In a few seconds: what took longer with each file or name would be seen.
  @Test(.timeLimit(.minutes(30))) func aMillionFiles() async throws {
    let tree = try Self.tree()
    for options in [ErofsOptions.plain(6, 4, .lz4, 4096, .inline), .plain(6, 4, .lz4, 65_536, .allFragments)] {
      try await check(tree, options)
    }
  }

  private func check(_ tree: FileTree, _ options: ErofsOptions) async throws {
    let path = try TempFolder.current["image"]
    let report = try await ErofsWriter(options: options).write(tree, to: path, uuid: .zero, replace: true)
    let inodeCount = Self.wideCount + Self.folderCount * (Self.fileCount + 1) + 3
    #expect(report.statistics.inodeCount == inodeCount)
    #expect(report.statistics.fileCount == 1_000_000)
    let image = try ErofsFileSystem(ByteStore(contentsOf: path))
    #expect(image.superblock.inodeCount == UInt64(inodeCount))
    let wide = try #require(try image.lookup("wide"))
    let entries = try image.readDirectory(wide)
    #expect(entries.map(\.name) == (0..<Self.wideCount).map(Self.name))
    let samples = stride(from: 0, to: 1_000_000, by: 997).map { ($0, Self.path($0)) }
    for (index, path) in samples {
      let inode = try #require(try image.lookup(path))
      #expect(try image.content(of: inode).bytes() == Self.content(index), "\(path)")
    }
    try await LoopMount.with(path) { folder in
      #expect(try names(in: folder.appending("wide")) == Self.wideCount)
      #expect(try names(in: folder.appending("folders")) == Self.folderCount)
      #expect(try names(in: folder.appending("folders/1799")) == Self.fileCount)
      for (index, path) in samples {
        let bytes = try Disk.read(FilePath("\(folder)/\(path)"))
        #expect(bytes == Self.content(index), "the kernel, \(path)")
      }
    }
  }

  private static func path(_ index: Int) -> FilePath {
    let number = index - wideCount
    return FilePath(number < 0 ? "wide/\(name(index))" : "folders/\(1000 + number / fileCount)/\(name(index))")
  }

  private func names(in folder: FilePath) throws -> Int { try TreeListing.order(in: folder).count }
}
