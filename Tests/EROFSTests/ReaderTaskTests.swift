import EROFS
import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

/// Reading from many tasks, and in pieces.
@Suite(.needs("mkfs.erofs", in: .sid), .needsRoot, .timeLimit(.minutes(30))) struct ReaderTaskTests {
  @Test(arguments: [
    ["-zlz4", "-C65536"], ["-zlz4", "-Eall-fragments", "-C1048576"], ["-zzstd", "-C65536", "-m4096", "--zD"],
    ["-zdeflate", "-Efragments,dedupe"], ["-zlzma", "-C65536"], ["--chunksize=4096"],
  ])
  func manyTasksReadTheSameAndOtherFiles(_ options: [String]) async throws {
    try await TempFolder.with { folder in
      try TreeBuilder.build(folder["source"]) { tree in
        for index in 0..<60 { try tree.file("small/\(index)", .text(index * 331, seed: UInt64(index))) }
        for index in 0..<3 { try tree.file("large/\(index)", .text(1_500_000, seed: UInt64(100 + index))) }
      }
      let source = try await DirectorySource(folder["source"]).tree()
      let contents = try readerContents(source)
      let image = try await readerImage(of: folder["source"], options, at: folder["image"], by: .sid)
      let faults = await withTaskGroup(of: [String].self) { group in
        for task in 0..<16 {
          group.addTask { self.readAtRandom(image, contents, seed: UInt64(task)) }
        }
        return await group.reduce(into: []) { $0 += $1 }
      }
      #expect(faults == [], "\(options)")
    }
  }

  private func readAtRandom(_ image: ErofsFileSystem, _ contents: [[FileName]: [UInt8]], seed: UInt64) -> [String] {
    var random = SplitMix64(seed: seed)
    var faults: [String] = []
    let paths = contents.keys.sorted { $0.description < $1.description }
    for _ in 0..<60 {
      let path = paths[Int(random.next() % UInt64(paths.count))]
      do {
        let name = FilePath("/" + path.map(\.description).joined(separator: "/"))
        guard let inode = try image.lookup(name), let wanted = contents[path] else {
          faults.append("\(name) is not there")
          continue
        }
        let start = Int(random.next() % UInt64(wanted.count + 1))
        let count = min(wanted.count - start, Int(random.next() % 200_000))
        var bytes = [UInt8](repeating: 0xEE, count: count)
        try image.content(of: inode).read(at: UInt64(start), into: &bytes, bytes.indices)
        if bytes != Array(wanted[start..<start + count]) { faults.append("\(name): \(count) bytes at \(start)") }
      } catch { faults.append("\(error)") }
    }
    return faults
  }

  @Test func chunksInOrder() async throws {
    try await TempFolder.with { folder in
      let bytes = Content.text(2_500_000, seed: 3).bytes
      try TreeBuilder.build(folder["source"]) { tree in
        try tree.file("file", .text(2_500_000, seed: 3))
        try tree.file("empty")
      }
      let image = try await readerImage(of: folder["source"], ["-zlz4"], at: folder["image"], by: .sid)
      let content = try image.content(of: try #require(try image.lookup("/file")))
      var pieces: [[UInt8]] = []
      for try await chunk in content.chunks() { pieces.append(chunk) }
      #expect(pieces.map(\.count) == [1 << 20, 1 << 20, 2_500_000 - (2 << 20)])
      #expect(Array(pieces.joined()) == bytes)
      pieces = []
      for try await chunk in content.chunks(in: 99_999..<200_001, of: 50_000) { pieces.append(chunk) }
      #expect(pieces.map(\.count) == [50_000, 50_000, 2])
      #expect(Array(pieces.joined()) == Array(bytes[99_999..<200_001]))
      let empty = try image.content(of: try #require(try image.lookup("/empty")))
      for try await chunk in empty.chunks() { Issue.record("\(chunk.count) bytes of an empty file") }
      await #expect(throws: ImageError(.invalidArgument, "")) {
        for try await _ in content.chunks(in: 2_499_999..<2_500_001) {}
      }
    }
  }

  @Test func cancelledTasksStop() async throws {
    try await TempFolder.with { folder in
      try TreeBuilder.build(folder["source"]) { try $0.file("file", .text(900_000, seed: 3)) }
      let image = try await readerImage(of: folder["source"], ["-zlz4"], at: folder["image"], by: .sid)
      let content = try image.content(of: try #require(try image.lookup("/file")))
      let task = Task {
        for try await _ in content.chunks(of: 1000) {
          while !Task.isCancelled { await Task.yield() }
        }
      }
      task.cancel()
      await #expect(throws: ImageError(.cancelled, "")) { try await task.value }
    }
  }
}
