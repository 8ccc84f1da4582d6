import Foundation
import ImageCore
import SystemPackage
import TestSupport
import Testing

@testable import FileTree

/// Walks whose names lead elsewhere: nothing is written outside of the target.
@Suite(.tempFolder, .needsRoot) struct DirectoryWriterNameTests {
  private func names(in path: FilePath) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path.string).sorted()
  }

  private struct Steps: TreeWalk {
    var steps: [TreeStep]

    mutating func next() -> TreeStep? { steps.isEmpty ? nil : steps.removeFirst() }
  }

  private static let file = FileTree.Node(.regular(MemoryContent([1])), .file)

  static let badNames: [FileName] = ["..", ".", "a/b", "/", "/etc/passwd", "../x", "", FileName([97, 0, 98])]

  @Test(arguments: badNames) func badNamesAreRefused(_ name: FileName) async throws {
    let folder = try TempFolder.current
    let node = FileTree.Node(.symlink(target: [97]), .file)
    let large = FileTree.Node(.regular(MemoryContent([UInt8](repeating: 1, count: 5 << 20))), .file)
    let attempts: [[TreeStep]] = [
      [.file(name, Self.file, identity: nil)], [.file(name, node, identity: nil)], [.file(name, large, identity: nil)],
      [.enter(name, .directory), .leave],
      [.file("first", Self.file, identity: 1), .file(name, Self.file, identity: 1)],
    ]
    for steps in attempts {
      await #expect(throws: ImageError(.corrupt, "")) {
        try await DirectoryWriter().write(
          Steps(steps: [.enter(nil, .directory)] + steps + [.leave]), to: folder["target"])
      }
      #expect(try names(in: folder.path) == [])
    }
  }

  @Test func linksAreNeverParents() async throws {
    let folder = try TempFolder.current
    try Disk.makeFolder(folder["outside"])
    let link = FileTree.Node(.symlink(target: Array("../outside".utf8)), .file)
    let steps: [TreeStep] = [
      .enter(nil, .directory), .file("a", link, identity: nil), .enter("a", .directory),
      .file("b", Self.file, identity: nil), .leave, .leave,
    ]
    for target in ["new", "outside/new"] {
      await #expect(throws: ImageError(.exists, "")) {
        try await DirectoryWriter().write(Steps(steps: steps), to: folder[target])
      }
    }
    #expect(try names(in: folder["outside"]) == [])
    #expect(try names(in: folder.path) == ["outside"])
  }

  /// Nor where the link is on the disk already when the directory of its name comes.
  @Test func linksThatAreWrittenAreNeverParents() async throws {
    let folder = try TempFolder.current
    try Disk.makeFolder(folder["outside"])
    let link = FileTree.Node(.symlink(target: Array(folder["outside"].string.utf8)), .file)
    let others = (0..<5000).map { TreeStep.file(FileName("b\($0)"), Self.file, identity: nil) }
    let steps =
      [.enter(nil, .directory), .file("a", link, identity: nil)] + others + [
        .enter("a", .directory), .file("b", Self.file, identity: nil), .leave, .leave,
      ]
    var oneThread = DirectoryWriter.Options()
    oneThread.threadCount = 1
    let writer = DirectoryWriter(oneThread)
    let error = await #expect(throws: ImageError.self) {
      try await writer.write(Steps(steps: steps), to: folder["new"])
    }
    #expect(error?.code == .exists && error?.message == "cannot make the directory", "\(error as Any)")
    #expect(try names(in: folder["outside"]) == [])
    #expect(try names(in: folder.path) == ["outside"])
  }
}
