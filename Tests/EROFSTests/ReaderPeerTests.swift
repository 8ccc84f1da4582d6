import EROFS
import FileTree
import Foundation
import ImageCore
import SystemPackage
import Testing

/// Images by mkfs.erofs, against the folder that they were made from and against the kernel.
@Suite(.needsMkfs) struct ReaderPeerTests {
  private static let options: [[String]] = [
    [], ["-zlz4"], ["-zlz4hc"], ["-zlz4", "-C65536"], ["-zlz4hc", "-C1048576"], ["-zlz4", "-Elegacy-compress"],
    ["-zlz4", "-Elegacy-compress", "-C16384"], ["-Enoinline_data"], ["--chunksize=4096"], ["--chunksize=65536"],
    ["-zlz4", "--max-extent-bytes=8192"], ["-Eforce-inode-extended"], ["-T0"], ["-x1"], ["-x-1"],
    ["-Eforce-chunk-indexes", "--chunksize=4096"],
  ]

  @Test func equalsTheFolder() throws {
    try ReaderTools.withFolder { folder in
      let source = "\(folder)/source"
      try ReaderFolder.make(at: source)
      let expected = try DirectorySource(FilePath(source)).tree()
      let manifest = try readerManifest(expected)
      for options in Self.options {
        let image = try ReaderTools.image(of: source, options, at: "\(folder)/image")
        let tree = try image.tree()
        var wanted = manifest
        if options == ["-T0"] || options == ["-x-1"] {
          var changed = expected
          if options == ["-T0"] { changed.updateAttributes { $0.modified = Timestamp(seconds: 0) } }
          if options == ["-x-1"] { changed.updateAttributes { $0.extendedAttributes = [] } }
          wanted = try readerManifest(changed)
        }
        #expect(readerDifference(wanted, try readerManifest(tree)) == [], "\(options)")
        try compareRandomReads(tree, expected, options)
        try lookUpAll(image, tree)
      }
    }
  }

  @Test(.needsErofsMount) func equalsTheKernel() throws {
    try ReaderTools.withFolder { folder in
      try ReaderFolder.make(at: "\(folder)/source")
      for options in [[], ["-zlz4", "-C65536"], ["-zlz4", "-Elegacy-compress"], ["--chunksize=4096"]] {
        let image = try ReaderTools.image(of: "\(folder)/source", options, at: "\(folder)/image")
        try ReaderTools.withMount("\(folder)/image", at: "\(folder)/mount") {
          let kernel = try DirectorySource(FilePath("\(folder)/mount")).tree()
          #expect(
            readerDifference(try readerManifest(kernel), try readerManifest(try image.tree())) == [], "\(options)")
        }
      }
    }
  }

  private func compareRandomReads(_ tree: FileTree, _ expected: FileTree, _ options: [String]) throws {
    var random = ReaderRandom(seed: 7)
    try tree.walk { (visit) throws(ImageError) in
      guard case .regular(let content) = tree[visit.node].kind, content.byteCount > 0 else { return true }
      guard let other = expected.lookup(path(visit)), case .regular(let source) = expected[other].kind else {
        Issue.record("\(visit.description) is missing in the source")
        return true
      }
      let all = try source.bytes(limit: 1 << 24)
      for _ in 0..<(content.byteCount > 5000 ? 40 : 2) {
        let offset = random.next() % content.byteCount
        let longest = random.next() % 4 == 0 ? 300_000 : 5000
        let count = Int(min(content.byteCount - offset, random.next() % UInt64(longest)))
        var buffer = [UInt8](repeating: 0xEE, count: count + 7)
        try content.read(at: offset, into: &buffer, 3..<count + 3)
        let wanted = Array(all[Int(offset)..<Int(offset) + count])
        if Array(buffer[3..<count + 3]) != wanted || buffer[0] != 0xEE || buffer[count + 3] != 0xEE {
          Issue.record("\(options) \(visit.description): \(count) bytes at \(offset) differ")
        }
      }
      return true
    }
  }

  private func lookUpAll(_ image: ErofsImage, _ tree: FileTree) throws {
    try tree.walk { (visit) throws(ImageError) in
      let inode = try image.lookup(path(visit))
      #expect(inode?.isDirectory == tree[visit.node].isDirectory, "\(visit.description)")
      if let inode, inode.isDirectory {
        #expect(try image.entries(of: inode).map(\.name) == tree.entries(of: visit.node).map(\.name))
      } else if let inode, inode.kind == .symlink, case .symlink(let target) = tree[visit.node].kind {
        #expect(try image.symlinkTarget(of: inode) == target)
      }
      return true
    }
    #expect(try image.lookup("/no such name")?.nid == nil)
    #expect(try image.lookup("/many/name-of-entry-")?.nid == nil)
    #expect(try image.lookup("/many/zzz")?.nid == nil)
    #expect(try image.lookup("/many/..")?.nid == nil)
    #expect(try image.lookup("/usr/lib/large/below")?.nid == nil)
  }
}

private func path(_ visit: FileTree.Visit) -> FilePath {
  var bytes: [CChar] = []
  for name in visit.path { bytes += [0x2F] + name.bytes.map { CChar(bitPattern: $0) } }
  return unsafe (bytes + [0]).withUnsafeBufferPointer { buffer in
    unsafe buffer.baseAddress.map { unsafe FilePath(platformString: $0) } ?? "/"
  }
}
