import FileTree
import Foundation
import ImageCore
import SystemPackage
import TestSupport
import Testing

/// A scan is the same for any number of threads, and ends well whatever happens to it.
@Suite(.tempFolder) struct ParallelScanTests {
  /// Three levels, the widest of 144 directories, with hard links between them.
  private static func build(_ folder: FilePath, shuffled seed: UInt64? = nil) throws {
    var tree = try TreeBuilder(root: folder)
    for outer in 0..<12 {
      for inner in 0..<12 {
        let directory = RawName("\(outer)/\(inner)")
        try tree.file(directory / "file", .utf8("\(outer) \(inner)"))
        if inner > 0 { try tree.link(directory / "link", to: RawName("\(outer)/0/file")) }
        if inner == 7 { try tree.link(directory / "far", to: "0/0/file") }
      }
    }
    if let seed { try tree.shuffle(seed: seed) }
    try tree.finish()
  }

  /// Each name with its node's number.
  private static func numbers(_ tree: FileTree) throws -> [String] {
    var result: [String] = []
    try tree.walk { (visit) throws(ImageError) in
      result.append("\(visit.description) \(visit.node.index)")
      return true
    }
    return result
  }

  @Test func theNumberOfThreadsDoesNotMatter() async throws {
    let folder = try TempFolder.current
    try Self.build(folder["plain"])
    try Self.build(folder["shuffled"], shuffled: 1)
    let expected = try await DirectorySource(folder["plain"]).tree(threadCount: 1)
    let listing = try TreeListing(expected).description
    #expect(try Self.numbers(expected).count == 1 + 12 + 144 + 144 + 132 + 12)
    #expect(expected.lookup("0/0/file") == expected.lookup("11/7/far"))
    for name in ["plain", "shuffled"] {
      for threads in [1, 2, 3, 8] {
        let tree = try await DirectorySource(folder[name]).tree(threadCount: threads)
        #expect(try Self.numbers(tree) == Self.numbers(expected), "\(name), \(threads) threads")
        #expect(try TreeListing(tree).description == listing, "\(name), \(threads) threads")
      }
    }
  }

  @Test(arguments: [1, 2, 8]) func aScanCanBeCancelled(_ threads: Int) async throws {
    let folder = try TempFolder.current
    try Self.build(folder["tree"])
    var wasCancelled = false
    // In the midst of it if possible; at last, before it begins.
    for attempt in (0..<120).reversed() where !wasCancelled {
      let scan = Task { try await DirectorySource(folder["tree"]).tree(threadCount: threads).nodeCount }
      if attempt > 0 { try await Task.sleep(for: .microseconds(20 * attempt)) }
      scan.cancel()
      switch await scan.result {
      case .success(let count): #expect(count == 301)
      case .failure(let error):
        #expect(error as? ImageError == ImageError(.cancelled, ""))
        wasCancelled = true
      }
    }
    #expect(wasCancelled)
  }

  /// What took a directory's place between the look at it and its own listing.
  private static let losses: [(name: String, change: @Sendable (FilePath) throws -> Void, code: ImageError.Code)] = [
    ("nothing", { try Disk.remove($0) }, .notFound),
    ("a file", { try Disk.write("", to: try $0.movedAside()) }, .notADirectory),
    ("another directory", { try Disk.makeFolder(try $0.movedAside()) }, .changed),
    ("a link to a directory", { try Disk.makeLink(try $0.movedAside(), to: "/") }, .notADirectory),
    ("a link to itself", { try Disk.makeLink(try $0.movedAside(), to: "aside") }, .notADirectory),
  ]

  @Test(arguments: losses.indices) func aLostDirectoryIsNamed(_ index: Int) throws {
    let (name, change, code) = Self.losses[index]
    let path = try TempFolder.current.path
    try Disk.makeFolder(path.appending("outer"))
    try Disk.makeFolder(path.appending("outer/lost"))
    let outer = SourceFolder("outer", in: try SourceFolder(path))
    let status = try POSIX.lstat(Array("lost".utf8), in: try outer.open())
    let (lost, id) = (SourceFolder("lost", in: outer), DirectoryListing.FileID(status))
    #expect(try DirectoryListing(lost, id: id).entries.isEmpty)
    try change(path.appending("outer/lost"))
    let error = #expect(throws: ImageError.self, "\(name)") { try DirectoryListing(lost, id: id) }
    #expect(error?.code == code && error?.context == ["\(path)/outer/lost"], "\(name): \(String(describing: error))")
  }

  /// The path of the innermost is 24 KB, far more than a system call takes.
  @Test func aThousandDirectoriesDeep() async throws {
    let folder = try TempFolder.current["tree"]
    let names = (0..<1000).map { FileName("a directory, level \($0)") }
    try Disk.makeFolder(folder)
    var file = try FileDescriptor.open(folder, .readOnly)
    for name in names {
      let result = unsafe mkdirat(file.rawValue, name.description, 0o755)
      try #require(result == 0)
      let next = try POSIX.open(name.bytes, in: file, isDirectory: true)
      try file.close()
      file = next
    }
    let leaf = try POSIX.create(Array("leaf".utf8), in: file)
    try leaf.writeAll("far down".utf8)
    try leaf.close()
    try file.close()
    let tree = try await DirectorySource(folder).tree(threadCount: 2)
    var node = tree.root
    for name in names { node = try #require(tree.child(name, of: node)) }
    guard case .regular(let content) = tree.kind(of: try #require(tree.child("leaf", of: node))) else {
      throw ImageError(.notFound, "no file")
    }
    #expect(try content.bytes() == Array("far down".utf8))
    // Its name in errors is the whole path.
    try Disk.rename(folder.appending("a directory, level 0"), to: folder.appending("other"))
    let error = #expect(throws: ImageError.self) { try content.bytes() }
    let path = names.map(\.description).joined(separator: "/")
    #expect(error?.code == .changed && error?.context == ["\(folder)/\(path)/leaf"])
  }
}

extension FilePath {
  /// The path, when what was there is `aside` beside it.
  fileprivate func movedAside() throws -> FilePath {
    try Disk.rename(self, to: removingLastComponent().appending("aside"))
    return self
  }
}
