import EROFS
import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

/// Images by mkfs.erofs, against the folder that they were made from and against the kernel.
@Suite(.needs("mkfs.erofs"), .needsRoot) struct ReaderPeerTests {
  private static let options: [[String]] = [
    [], ["-zlz4"], ["-zlz4hc"], ["-zlz4", "-C65536"], ["-zlz4hc", "-C1048576"], ["-zlz4", "-Elegacy-compress"],
    ["-zlz4", "-Elegacy-compress", "-C16384"], ["-Enoinline_data"], ["--chunksize=4096"], ["--chunksize=65536"],
    ["-zlz4", "--max-extent-bytes=8192"], ["-Eforce-inode-extended"], ["-T0"], ["-x1"], ["-x-1"],
    ["-Eforce-chunk-indexes", "--chunksize=4096"],
  ]

  @Test func equalsTheFolder() async throws {
    try await TempFolder.with { folder in
      try makeReaderSource(at: folder["source"])
      let expected = try await DirectorySource(folder["source"]).tree()
      let manifest = try readerManifest(expected)
      let sources = try readerContents(expected)
      for options in Self.options {
        let image = try await readerImage(of: folder["source"], options, at: folder["image"])
        let tree = try image.tree()
        var wanted = manifest
        if options == ["-T0"] || options == ["-x-1"] {
          var changed = expected
          if options == ["-T0"] { changed.updateAttributes { $0.modified = Timestamp(seconds: 0) } }
          if options == ["-x-1"] { changed.updateAttributes { $0.extendedAttributes = [] } }
          wanted = try readerManifest(changed)
        }
        #expect(readerDifference(wanted, try readerManifest(tree)) == [], "\(options)")
        try compareRandomReads(tree, sources, options)
      }
    }
  }

  @Test(.needsMount()) func equalsTheKernel() async throws {
    try await TempFolder.with { folder in
      try makeReaderSource(at: folder["source"])
      for options in [[], ["-zlz4", "-C65536"], ["-zlz4", "-Elegacy-compress"], ["--chunksize=4096"]] {
        let image = try await readerImage(of: folder["source"], options, at: folder["image"])
        let kernel = try await LoopMount.with(folder["image"]) { try await readerManifest(DirectorySource($0).tree()) }
        #expect(readerDifference(kernel, try readerManifest(image.tree())) == [], "\(options)")
      }
    }
  }

  @Test func looksUpEveryPath() async throws {
    try await TempFolder.with { folder in
      try makeReaderSource(at: folder["source"])
      try TreeBuilder.build(folder["source"].appending("many")) { tree in
        for index in 0..<700 { try tree.file("name-of-entry-\(index)") }
      }
      let image = try await readerImage(of: folder["source"], [], at: folder["image"])
      let tree = try image.tree()
      try tree.walk { (visit) throws(ImageError) in
        // Each step of a long path is looked up anew: a few are enough.
        if visit.path.count > 20 { return false }
        guard let inode = try image.lookup(visit.path) else {
          Issue.record("\(visit.description) not found")
          return true
        }
        #expect(try image.attributes(of: inode) == tree[visit.node].attributes)
        switch tree[visit.node].kind {
        case .directory:
          #expect(try image.readDirectory(inode).map(\.name) == tree.entries(of: visit.node).map(\.name))
        case .symlink(let target): #expect(try image.readLink(inode) == target)
        case .regular(let content): #expect(try image.content(of: inode).byteCount == content.byteCount)
        default: break
        }
        return true
      }
      for missing in ["/no such name", "/many/name-of-entry-", "/many/zzz", "/many/..", "/many/name-of-entry-1/below"] {
        #expect(try image.lookup(FilePath(missing))?.nid == nil)
      }
      let root = try image.root()
      #expect(throws: ImageError(.invalidArgument, "")) { try image.content(of: root) }
      #expect(throws: ImageError(.invalidArgument, "")) { try image.readLink(root) }
    }
  }

  @Test func counts() async throws {
    try await TempFolder.with { folder in
      try TreeBuilder.build(folder["source"]) { tree in
        try tree.file("inline", .utf8("12345"))
        try tree.file("blocks", .random(8192, seed: 1), .file.xattr("user.a", [1]))
        try tree.file("text", .text(100_000, seed: 1))
        try tree.link("again", to: "text")
        try tree.symlink("link", to: "text")
        try tree.fifo("fifo")
      }
      let image = try await readerImage(of: folder["source"], ["-zlz4"], at: folder["image"])
      let counts = try image.statistics()
      #expect(counts.directoryCount == 1 && counts.fileCount == 3 && counts.symlinkCount == 1)
      #expect(counts.specialCount == 1 && counts.hardLinkCount == 1 && counts.xattrInodeCount == 1)
      #expect(counts.fileCountByStorage == [.inline: 1, .flat: 1, .compressed: 1])
      #expect(counts.logicalByteCount == 5 + 8192 + 100_000)
      #expect((8192 + 30_000..<8192 + 90_000).contains(counts.storedByteCount))
    }
  }
}
