import Foundation
import ImageCore
import SystemPackage
import TestSupport
import Testing

@testable import FileTree

/// Trees written to disk, against the trees that they were read from.
@Suite(.tempFolder, .needsRoot) struct DirectoryWriterTests {
  private func differences(_ left: FilePath, _ right: FilePath) throws -> [String] {
    TreeListing.differences(try TreeListing(of: left), try TreeListing(of: right))
  }

  private func writer(_ change: (inout DirectoryWriter.Options) -> Void = { _ in }) -> DirectoryWriter {
    var options = DirectoryWriter.Options()
    change(&options)
    return DirectoryWriter(options)
  }

  @Test(arguments: TreeCase.small) func everyKindOfTree(_ treeCase: TreeCase) async throws {
    let folder = try TempFolder.current
    let source = try treeCase.build(at: folder["source"])
    let tree = try await DirectorySource(source).tree()
    for threadCount in [1, 4] {
      let target = folder["target-\(threadCount)"]
      let report = try await writer { $0.threadCount = threadCount }.write(tree, to: target)
      #expect(try differences(source, target) == [])
      #expect(report.findings.isEmpty)
    }
    // In a directory that is there, and over itself.
    try Disk.makeFolder(folder["there"])
    try await writer().write(tree, to: folder["there"])
    #expect(try differences(source, folder["there"]) == [])
    try await writer { $0.replacesExisting = true }.write(tree, to: folder["there"])
    #expect(try differences(source, folder["there"]) == [])
    #expect(try names(in: folder.path) == ["source", "target-1", "target-4", "there"])
  }

  private func names(in path: FilePath) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path.string).sorted()
  }

  @Test func holesStay() async throws {
    let folder = try TempFolder.current
    try TreeBuilder.build(folder["source"]) { tree in
      try tree.sparseFile("hole", 64 << 20)
      try tree.sparseFile("small-hole", 500_000)
      try tree.sparseFile("mixed", 30 << 20, [(10 << 20, .random(100_000, seed: 1)), ((30 << 20) - 5, .utf8("tail!"))])
      try tree.file("zeros", .zero(3 << 20))
      try tree.file("data", .random(50_000, seed: 2))
    }
    try await writer().write(DirectorySource(folder["source"]).tree(), to: folder["target"])
    #expect(try differences(folder["source"], folder["target"]) == [])
    for (name, limit) in [("hole", 0), ("small-hole", 0), ("mixed", 120_000), ("zeros", 0), ("data", 60_000)] {
      let status = try Disk.status(of: folder["target"].appending(name))
      #expect(status.storedByteCount <= limit, "\(name): \(status.storedByteCount)")
    }
  }

  /// More large files than are written at a time, some with further names, small ones between them.
  @Test func largeFilesByTurns() async throws {
    let folder = try TempFolder.current
    try TreeBuilder.build(folder["source"]) { tree in
      for index in 0..<11 {
        let count = 4_500_000 + index * 1_100_000
        try tree.file(RawName("\(index)/large"), .random(count, seed: UInt64(index)), .mode(0o444))
        if index % 3 == 0 { try tree.link(RawName("link-\(index)"), to: RawName("\(index)/large")) }
        for small in 0..<40 { try tree.file(RawName("\(index)/\(small)"), .random(100 * small, seed: 7)) }
      }
    }
    let tree = try await DirectorySource(folder["source"]).tree()
    for threadCount in [1, 2, 3] {
      try await writer { $0.threadCount = threadCount }.write(tree, to: folder["target-\(threadCount)"])
      #expect(try differences(folder["source"], folder["target-\(threadCount)"]) == [])
    }
  }

  @Test func nothingIsInherited() async throws {
    let folder = try TempFolder.current
    try TreeBuilder.build(folder["source"]) { tree in
      for mode in [0o644, 0o666, 0o777, 0o600, 0o4755] as [UInt32] {
        try tree.file(RawName("folder/\(mode)"), .utf8("x"), .mode(mode))
      }
    }
    let tree = try await DirectorySource(folder["source"]).tree()
    // A directory that passes on its group and an access list.
    try Disk.makeFolder(folder["above"])
    try await Tool("chown").check("0:1234", folder["above"].string)
    try Disk.setMode(0o2775, of: folder["above"])
    var list: [UInt8] = [2, 0, 0, 0]
    for (tag, permissions) in [(1, 7), (4, 5), (0x10, 5), (0x20, 0)] as [(UInt8, UInt8)] {
      list += [tag, 0, permissions, 0, 255, 255, 255, 255]
    }
    let above = try FileDescriptor.open(folder["above"], .readOnly, options: .directory)
    try POSIX.setExtendedAttribute(Array("system.posix_acl_default".utf8), to: list, of: above)
    try above.close()
    try await writer().write(tree, to: folder["above"].appending("new"))
    #expect(try differences(folder["source"], folder["above"].appending("new")) == [])
  }

  // MARK: what is there already

  @Test func directoriesThatAreNotEmptyAreKept() async throws {
    let folder = try TempFolder.current
    try Disk.makeFolder(folder["there"])
    try Disk.write("mine", to: folder["there"].appending("file"))
    try Disk.write("file", to: folder["file"])
    try Disk.makeLink(folder["link"], to: "nowhere")
    let tree = FileTree()
    await #expect(throws: ImageError(.exists, "")) { try await writer().write(tree, to: folder["there"]) }
    await #expect(throws: ImageError(.notADirectory, "")) { try await writer().write(tree, to: folder["file"]) }
    await #expect(throws: ImageError(.exists, "")) { try await writer().write(tree, to: folder["link"]) }
    await #expect(throws: ImageError(.notFound, "")) { try await writer().write(tree, to: folder["no/such"]) }
    #expect(try names(in: folder.path) == ["file", "link", "there"])
    #expect(try names(in: folder["there"]) == ["file"])
  }

  /// As tar does: directories meet, everything else takes the place of what is there, and links are not followed.
  @Test func filesAreReplaced() async throws {
    let folder = try TempFolder.current
    try TreeBuilder.build(folder["source"]) { tree in
      try tree.directory("both", .mode(0o750).time(1_000_000_000, 7).xattr("user.new", [1]))
      try tree.file("both/replaced", .utf8("new"), .mode(0o640))
      try tree.file("both/link", .utf8("new"))
      try tree.file("outside/inside", .utf8("new"))
      try tree.file("new/deep/file", .utf8("new"))
      try tree.symlink("both/was-file", to: "replaced")
      try tree.link("both/second", to: "both/replaced")
    }
    try TreeBuilder.build(folder["there"]) { tree in
      try tree.file("both/replaced", .utf8("old and longer"), .mode(0o4755))
      try tree.file("both/kept", .utf8("mine"))
      try tree.symlink("both/link", to: "../../victim")
      try tree.symlink("outside", to: "../elsewhere")
      try tree.file("both/was-file", .utf8("old"))
    }
    try Disk.write("victim", to: folder["victim"])
    try Disk.makeFolder(folder["elsewhere"])
    let tree = try await DirectorySource(folder["source"]).tree()
    try await writer { $0.replacesExisting = true }.write(tree, to: folder["there"])
    #expect(try Disk.read(folder["victim"]) == Array("victim".utf8))
    #expect(try names(in: folder["elsewhere"]) == [])
    #expect(try Disk.read(folder["there"].appending("both/kept")) == Array("mine".utf8))
    try Disk.remove(folder["there"].appending("both/kept"))
    try Disk.setTime(1_000_000_000, 7, of: folder["there"].appending("both"))
    #expect(try differences(folder["source"], folder["there"]) == [])
  }

  /// Nothing moves where not all can.
  @Test func directoriesAreNotReplaced() async throws {
    let folder = try TempFolder.current
    try TreeBuilder.build(folder["source"]) { tree in
      try tree.file("a", .utf8("new"))
      try tree.file("folder/z", .utf8("new"))
    }
    try TreeBuilder.build(folder["there"]) { tree in
      try tree.file("a", .utf8("old"))
      try tree.directory("folder/z")
    }
    let before = try TreeListing(of: folder["there"], without: .folderTime)
    let tree = try await DirectorySource(folder["source"]).tree()
    await #expect(throws: ImageError(.exists, "")) {
      try await writer { $0.replacesExisting = true }.write(tree, to: folder["there"])
    }
    #expect(TreeListing.differences(before, try TreeListing(of: folder["there"], without: .folderTime)) == [])
  }

  // MARK: failures

  private struct BrokenContent: FileContent {
    let byteCount: UInt64
    let body: @Sendable () throws(ImageError) -> Void

    func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) throws(ImageError) {
      if offset + UInt64(range.count) > byteCount / 2 { try body() }
    }
  }

  @Test(arguments: [1000, 40 << 20]) func failuresLeaveNothing(_ byteCount: UInt64) async throws {
    let folder = try TempFolder.current
    var tree = FileTree()
    for index in 0..<200 {
      try tree.insert(FileTree.Node(.regular(MemoryContent([1])), .file), at: FilePath("a/\(index % 9)/b/\(index)"))
    }
    let broken = BrokenContent(byteCount: byteCount) { () throws(ImageError) in throw ImageError(.corrupt, "broken") }
    try tree.insert(FileTree.Node(.regular(broken), .file), at: "a/5/broken")
    try Disk.makeFolder(folder["there"])
    for target in ["new", "there"] {
      await #expect(throws: ImageError(.corrupt, "")) { try await writer().write(tree, to: folder[target]) }
    }
    #expect(try names(in: folder.path) == ["there"])
    #expect(try names(in: folder["there"]) == [])
  }

  @Test func cancelledItLeavesNothing() async throws {
    let folder = try TempFolder.current
    var tree = FileTree()
    let slow = BrokenContent(byteCount: 1000) { usleep(2000) }
    for index in 0..<5000 { try tree.insert(FileTree.Node(.regular(slow), .file), at: FilePath("a/\(index)")) }
    let (source, target) = (tree, folder["new"])
    let task = Task {
      _ = await #expect(throws: ImageError(.cancelled, "")) { try await DirectoryWriter().write(source, to: target) }
    }
    try await Task.sleep(for: .milliseconds(300))
    task.cancel()
    await task.value
    #expect(try names(in: folder.path) == [])
  }

  @Test func fullDisksLeaveNothing() async throws {
    let folder = try TempFolder.current
    try TreeBuilder.build(folder["source"]) { tree in
      for index in 0..<20 { try tree.file(RawName("folder/\(index)"), .random(300_000, seed: UInt64(index))) }
      try tree.file("large", .random(9 << 20, seed: 1))
    }
    let tree = try await DirectorySource(folder["source"]).tree()
    try await TempFolder.withSmallDisk(byteCount: 8 << 20) { disk in
      try Disk.makeFolder(disk["there"])
      for target in ["new", "there", "."] {
        let fault = await error { () async throws(ImageError) in
          try await writer { $0.replacesExisting = true }.write(tree, to: disk[target])
        }
        #expect(fault?.code == .io && fault?.errno == .noSpace, "\(String(describing: fault))")
        #expect(fault?.description.contains(target) == true)
        #expect(try names(in: disk.path) == ["there"])
        #expect(try names(in: disk["there"]) == [])
      }
    }
  }

  private func error(_ body: () async throws(ImageError) -> DirectoryWriter.Report) async -> ImageError? {
    do throws(ImageError) {
      _ = try await body()
      return nil
    } catch { return error }
  }

  /// Deeper than there are open files, with directories that their owner could not enter.
  @Test func deepTreesAreRemoved() async throws {
    let folder = try TempFolder.current
    var tree = FileTree()
    var parent = tree.root
    for _ in 0..<600 {
      let made = tree.add(FileTree.Node(.directory, FileAttributes(permissions: 0)), as: "deep", in: parent)
      parent = try #require(made)
    }
    _ = tree.add(FileTree.Node(.regular(MemoryContent([1])), .file), as: "file", in: parent)
    try await writer().write(tree, to: folder["new"])
    let directory = try FileDescriptor.open(folder.path, .readOnly, options: .directory)
    try POSIX.removeTree(Array("new".utf8), in: directory)
    try directory.close()
    #expect(try names(in: folder.path) == [])
  }

  @Test func ownersAndAttributesCanBeLeftOut() async throws {
    let folder = try TempFolder.current
    try TreeBuilder.build(folder["source"]) { tree in
      try tree.file("file", .utf8("f"), Attributes(mode: 0o6755, uid: 1000, gid: 1000).xattr("user.a", [1]))
      try tree.file("own", .utf8("f"), .mode(0o6755))
    }
    let tree = try await DirectorySource(folder["source"]).tree()
    let report = try await writer {
      $0.setsOwners = false
      $0.setsExtendedAttributes = false
    }.write(tree, to: folder["target"])
    // A file that belongs to root now must not run as root.
    #expect(try Disk.status(of: folder["target"].appending("file")).mode == 0o755)
    #expect(try Disk.status(of: folder["target"].appending("own")).mode == 0o6755)
    #expect(report.findings.map(\.code) == ["set-user-id-dropped"])
    let listing = try TreeListing(of: folder["target"])
    #expect(listing.description.contains("owner=0:0") && !listing.description.contains("user.a"))
  }
}
