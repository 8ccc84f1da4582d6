import FileTree
import Foundation
import ImageCore
import SystemPackage
import TestSupport
import Testing

@Suite(.tempFolder) struct DirectorySourceTests {
  @Test(.needsRoot, arguments: TreeCase.small) func findsAllThatIsThere(_ tree: TreeCase) async throws {
    let folder = try tree.build(at: TempFolder.current["tree"])
    let expected = try TreeListing(of: folder)
    #expect(expected.entries.count > (tree.name == "empty" ? 0 : 1))
    for threads in [1, 3] {
      let found = try await TreeListing(DirectorySource(folder).tree(threadCount: threads))
      #expect(TreeListing.differences(expected, found) == [], "\(threads) threads")
    }
  }

  /// Compared name by name: entries in byte order, links to their first name.
  @Test(.needsRoot, arguments: [TreeCase.names, .hardLinks, .longNames])
  func theOrderOfTheDiskDoesNotMatter(_ tree: TreeCase) async throws {
    try await TempFolder.with(.memory) { folder in
      let plain = try tree.build(at: folder["plain"])
      let expected = try await TreeListing(DirectorySource(plain).tree())
      for seed in 1...2 {
        let shuffled = try tree.build(at: folder["shuffled-\(seed)"], shuffled: UInt64(seed))
        #expect(try TreeListing.order(in: shuffled) != TreeListing.order(in: plain))
        #expect(try await TreeListing(DirectorySource(shuffled).tree()).description == expected.description)
      }
    }
  }

  @Test func oneFileUnderManyNamesIsOneNode() async throws {
    let folder = try TempFolder.current
    try Disk.write("1", to: folder["b"])
    try Disk.makeFolder(folder["d"])
    try Disk.makeHardLink(folder["d"].appending("a"), to: folder["b"])
    try Disk.write("1", to: folder["twin"])
    // One name is here, another one outside.
    try Disk.makeFolder(folder["d/inner"])
    try Disk.makeHardLink(folder["d/inner/c"], to: folder["b"])
    let tree = try await DirectorySource(folder.path).tree()
    #expect(tree.lookup("b") != nil && tree.lookup("b") == tree.lookup("d/a"))
    #expect(tree.lookup("b") == tree.lookup("d/inner/c"))
    #expect(tree.lookup("b") != tree.lookup("twin"))
    let inner = try await DirectorySource(folder["d/inner"]).tree()
    #expect(inner.entries(of: inner.root).map(\.name) == ["c"])
  }

  // MARK: where to begin

  private func error(_ path: FilePath) async -> ImageError? {
    await #expect(throws: ImageError.self) { try await DirectorySource(path).tree() }
  }

  @Test func whatIsNoDirectory() async throws {
    let folder = try TempFolder.current
    try Disk.write("", to: folder["file"])
    try Disk.makeFIFO(folder["fifo"])
    try Disk.makeLink(folder["dangling"], to: "nowhere")
    for (name, code) in [
      ("file", .notADirectory), ("fifo", .notADirectory), ("missing", .notFound), ("dangling", .notFound),
      ("file/inside", .notADirectory), ("missing/inside", .notFound),
    ] as [(String, ImageError.Code)] {
      let error = await error(folder[name])
      #expect(error?.code == code && error?.context == [folder[name].string], "\(name)")
    }
    #expect(await error("")?.code == .notFound)
  }

  @Test func theFirstFolderMayBeGivenByALink() async throws {
    let folder = try TempFolder.current
    try Disk.makeFolder(folder["real"])
    try Disk.write("1", to: folder["real/file"])
    try Disk.makeLink(folder["link"], to: "real")
    let tree = try await DirectorySource(folder["link"]).tree()
    #expect(tree[tree.root].isDirectory && tree.lookup("file") != nil)
  }

  @Test func linksInsideAreNotFollowed() async throws {
    let folder = try TempFolder.current
    try Disk.makeFolder(folder["outside"])
    try Disk.write("secret", to: folder["outside/file"])
    try Disk.makeFolder(folder["tree"])
    try Disk.makeLink(folder["tree/folder"], to: "../outside")
    try Disk.makeLink(folder["tree/file"], to: "../outside/file")
    try Disk.makeLink(folder["tree/up"], to: "..")
    let tree = try await DirectorySource(folder["tree"]).tree()
    #expect(tree.entries(of: tree.root).map(\.name) == ["file", "folder", "up"])
    for entry in tree.entries(of: tree.root) {
      guard case .symlink = tree[entry.node].kind else {
        Issue.record("\(entry.name) is no link")
        continue
      }
      #expect(tree.entries(of: entry.node).isEmpty)
    }
  }

  /// Someone swaps a folder for a link to elsewhere again and again; no scan may come back with what is elsewhere.
  @Test(.timeLimit(.minutes(30))) func noScanIsLedAstray() async throws {
    let folder = try TempFolder.current
    try Disk.makeFolder(folder["elsewhere"])
    try Disk.makeFolder(folder["elsewhere/b"])
    try Disk.write("secret", to: folder["elsewhere/b/secret"])
    for path in ["tree", "tree/a", "tree/a/b"] { try Disk.makeFolder(folder[path]) }
    for index in 0..<20 { try Disk.write("", to: folder["tree/a/\(index)"]) }
    try Disk.makeLink(folder["link"], to: "\(folder["elsewhere"])")
    let swapping = Task.detached {
      while !Task.isCancelled {
        try Disk.rename(folder["tree/a"], to: folder["aside"])
        try Disk.rename(folder["link"], to: folder["tree/a"])
        await Task.yield()
        try Disk.rename(folder["tree/a"], to: folder["link"])
        try Disk.rename(folder["aside"], to: folder["tree/a"])
        await Task.yield()
      }
    }
    for _ in 0..<400 {
      guard let tree = try? await DirectorySource(folder["tree"]).tree() else { continue }
      #expect(tree.lookup("a/b/secret") == nil && tree.lookup("a/secret") == nil)
    }
    swapping.cancel()
    try await swapping.value
  }

  @Test func aScanInACancelledTaskStops() async throws {
    let folder = try TempFolder.current
    let scan = Task {
      unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
      return try await DirectorySource(folder.path).tree().lookup("/")
    }
    await #expect(throws: ImageError(.cancelled, "")) { try await scan.value }
  }

  // MARK: as another user

  /// In another process, because a user counts for all of it.
  @Test(.needsRoot) func whatMayNotBeReadIsNamed() async throws {
    let folder = try TempFolder.current
    try Disk.setMode(0o755, of: folder.path)
    try TreeBuilder.build(folder["tree"]) {
      try $0.file("open/file", .utf8("text"), .owner(65_534, 65_534))
      try $0.file("open/closed", .utf8("text"), .mode(0o600))
    }
    try TreeBuilder.build(folder["closed-tree"]) {
      try $0.directory("a/closed", .mode(0o700))
      try $0.file("a/closed/file")
    }
    await #expect(processExitsWith: .success) { [path = folder.path.string as String] in
      try #require(setgid(65_534) == 0 && setuid(65_534) == 0)
      let error = await #expect(throws: ImageError.self) {
        try await DirectorySource(FilePath(path + "/closed-tree")).tree()
      }
      #expect(error?.code == .io && error?.errno == .permissionDenied)
      #expect(error?.context == [path + "/closed-tree/a/closed"])
      // A file's content is not looked at before someone asks for it.
      let tree = try await DirectorySource(FilePath(path + "/tree")).tree()
      func content(_ name: String) throws -> [UInt8] {
        let node = try tree[#require(tree.lookup(FilePath(name)))]
        guard case .regular(let content) = node.kind else { return [] }
        return try content.bytes()
      }
      #expect(try content("open/file") == Array("text".utf8))
      let unreadable = #expect(throws: ImageError.self) { try content("open/closed") }
      #expect(unreadable?.code == .io && unreadable?.errno == .permissionDenied)
      #expect(unreadable?.context == [path + "/tree/open/closed"])
    }
  }
}

/// What a file's content does when the file is another one than the scan saw.
@Suite(.tempFolder) struct ContentTests {
  private static let text = String(repeating: "0123456789", count: 1000)

  private func content(_ tree: FileTree, _ path: FilePath) throws -> any FileContent {
    let node = try tree[#require(tree.lookup(path), "\(path)")]
    guard case .regular(let content) = node.kind else { throw ImageError(.invalidArgument, "no file") }
    return content
  }

  private static let changes: [(name: String, change: @Sendable (FilePath) throws -> Void)] = [
    ("longer", { try Disk.append("more", to: $0) }),
    ("shorter", { try Disk.setByteCount(9999, of: $0) }),
    ("empty", { try Disk.setByteCount(0, of: $0) }),
    (
      "rewritten, with its old time",
      {
        let before = try Disk.status(of: $0)
        try Disk.overwrite("9", in: $0)
        try Disk.setTime(before.seconds, before.nanoseconds, of: $0)
      }
    ),
    (
      "replaced by a copy",
      {
        let (before, copy) = (try Disk.status(of: $0), FilePath($0.string + ".new"))
        try Disk.write(text, to: copy)
        try Disk.setTime(before.seconds, before.nanoseconds, of: copy)
        try Disk.rename(copy, to: $0)
      }
    ),
    ("given another mode", { try Disk.setMode(0o600, of: $0) }),
    ("removed", { try Disk.remove($0) }),
    (
      "replaced by a link to itself",
      {
        try Disk.rename($0, to: FilePath($0.string + ".old"))
        try Disk.makeLink($0, to: $0.string + ".old")
      }
    ),
    (
      "replaced by a folder",
      {
        try Disk.remove($0)
        try Disk.makeFolder($0)
      }
    ),
    ("its folder removed", { try Disk.remove($0.removingLastComponent()) }),
    (
      "its folder replaced by a link to a copy",
      {
        let folder = $0.removingLastComponent()
        try Disk.remove(folder)
        try Disk.makeFolder(FilePath(folder.string + "-2"))
        try Disk.write(text, to: FilePath(folder.string + "-2/file"))
        try Disk.makeLink(folder, to: folder.string + "-2")
      }
    ),
    (
      "its folder replaced by a file",
      {
        try Disk.remove($0.removingLastComponent())
        try Disk.write(text, to: $0.removingLastComponent())
      }
    ),
  ]

  @Test(.timeLimit(.minutes(30)), arguments: changes.indices) func aChangedFileIsAnErrorThatNamesIt(_ index: Int)
    async throws
  {
    let folder = try TempFolder.current
    try Disk.makeFolder(folder["d"])
    let path = folder["d/file"]
    try Disk.write(Self.text, to: path)
    let content = try await content(DirectorySource(folder.path).tree(), "d/file")
    #expect(try content.bytes() == Array(Self.text.utf8))
    // Some file systems count time in steps of milliseconds.
    try await Task.sleep(for: .milliseconds(30))
    try Self.changes[index].change(path)
    let error = #expect(throws: ImageError.self, "\(Self.changes[index].name)") { try content.bytes() }
    #expect(error?.code == .changed && error?.context == [path.string], "\(String(describing: error))")
  }

  /// In another process with a clock, because nothing ends a thread that waits for a writer.
  @Test func aNamedPipeInItsPlaceIsAnErrorAtOnce() async throws {
    let folder = try TempFolder.current
    try Disk.write(Self.text, to: folder["file"])
    await #expect(processExitsWith: .success) { [path = folder.path.string as String] in
      alarm(30)
      let tree = try await DirectorySource(FilePath(path)).tree()
      try Disk.remove(FilePath(path + "/file"))
      try Disk.makeFIFO(FilePath(path + "/file"))
      guard case .regular(let content) = try tree[#require(tree.lookup("file"))].kind else { return }
      let error = #expect(throws: ImageError.self) { try content.bytes() }
      #expect(error?.code == .changed && error?.context == [path + "/file"])
    }
  }

  @Test(.needsRoot) func aSocketInItsPlaceIsAnError() async throws {
    let folder = try TempFolder.current
    try Disk.makeFolder(folder["tree"])
    try Disk.write(Self.text, to: folder["tree/file"])
    let content = try await content(DirectorySource(folder["tree"]).tree(), "file")
    try Disk.remove(folder["tree/file"])
    try TreeBuilder.build(folder["tree"]) { try $0.socket("file") }
    #expect(throws: ImageError(.changed, "")) { try content.bytes() }
  }

  @Test func theFolderMayBeMoved() async throws {
    let folder = try TempFolder.current
    try Disk.makeFolder(folder["before"])
    try Disk.write(Self.text, to: folder["before/file"])
    let content = try await content(DirectorySource(folder["before"]).tree(), "file")
    try Disk.rename(folder["before"], to: folder["after"])
    #expect(try content.bytes() == Array(Self.text.utf8))
    #expect(throws: Never.self) { try content.bytes() }
  }

  @Test(.needsRoot, arguments: [TreeCase.sparse, .sizes]) func readsAnyPartAndNothingBeside(_ tree: TreeCase)
    async throws
  {
    let folder = try tree.build(at: TempFolder.current["tree"])
    let scanned = try await DirectorySource(folder).tree()
    var generator = SplitMix64(seed: 1)
    var sparse = 0
    try scanned.walk { (visit) throws(ImageError) in
      guard case .regular(let content) = scanned[visit.node].kind, content.byteCount > 0 else { return true }
      do {
        let path = folder.appending(visit.description)
        let plain = try Disk.read(path)
        if try Disk.status(of: path).storedByteCount < plain.count / 512 * 512 { sparse += 1 }
        for round in 0..<(plain.count > 200_000 ? 60 : 3) {
          let offset = Int(generator.next() % UInt64(plain.count))
          let longest = round % 2 == 0 ? plain.count : 10_000
          let count = Int(generator.next() % UInt64(min(longest, plain.count - offset) + 1))
          let margin = Int(generator.next() % 50)
          var output = [UInt8](repeating: 0xA5, count: count + 2 * margin)
          try content.read(at: UInt64(offset), into: &output, margin..<margin + count)
          let edge = repeatElement(0xA5 as UInt8, count: margin)
          let expected = Array(edge) + Array(plain[offset..<offset + count]) + Array(edge)
          #expect(output == expected, "\(visit.description), \(count) bytes at \(offset)")
        }
      } catch { Issue.record(error) }
      return true
    }
    #expect(tree.name == "sparse" ? sparse > 5 : true, "\(sparse) files with holes")
  }

  @Test(.needsRoot) func readsBeyondFourGiB() async throws {
    let folder = try TreeCase.hugeSparse.build(at: TempFolder.current["tree"])
    let content = try await content(DirectorySource(folder).tree(), "huge")
    let border: UInt64 = 1 << 32
    #expect(content.byteCount == border + (64 << 20) + 5)
    var output = [UInt8](repeating: 0xA5, count: 30_000)
    try content.read(at: border - 15_000, into: &output, output.indices)
    let zeros = [UInt8](repeating: 0, count: 10_000)
    #expect(output == zeros + Content.random(10_000, seed: 2).bytes + zeros)
    output = [UInt8](repeating: 0xA5, count: 10)
    try content.read(at: border + (64 << 20) - 5, into: &output, output.indices)
    #expect(output == [0, 0, 0, 0, 0] + Array("tail!".utf8))
  }

  /// Between two holes, and without a word about the length: the state tells.
  @Test(.needsRoot) func aSparseFileThatIsCutIsAnError() async throws {
    let folder = try TempFolder.current["tree"]
    try TreeBuilder.build(folder) { try $0.sparseFile("file", 1 << 20, [(500_000, .utf8("middle"))]) }
    let content = try await content(DirectorySource(folder).tree(), "file")
    try Disk.setByteCount(1000, of: folder.appending("file"))
    var output = [UInt8](repeating: 0, count: 100)
    for offset in [0, 900_000] as [UInt64] {
      #expect(throws: ImageError(.changed, "")) { try content.read(at: offset, into: &output, output.indices) }
    }
  }

  @Test func manyThreadsReadOneFile() async throws {
    let folder = try TempFolder.current
    let bytes = Content.random(300_000, seed: 1).bytes
    try Disk.write(bytes, to: folder["file"])
    let content = try await content(DirectorySource(folder.path).tree(), "file")
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for index in 0..<64 {
        group.addTask {
          var output = [UInt8](repeating: 0, count: 4096)
          try content.read(at: UInt64(index * 4000), into: &output, output.indices)
          return output[...] == bytes[index * 4000..<index * 4000 + 4096]
        }
      }
      for try await isRight in group { #expect(isRight) }
    }
  }
}
