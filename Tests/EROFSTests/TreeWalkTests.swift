import Foundation
import ImageCore
import SystemPackage
import TestSupport
import Testing

@testable import EROFS
@testable import FileTree

/// Images as a sequence of steps, honest and not.
@Suite(.tempFolder, .timeLimit(.minutes(30))) struct TreeWalkTests {
  /// `+name`, `-`, and names of files.
  private func steps(_ walk: some TreeWalk) throws -> [String] {
    var walk = walk
    var result: [String] = []
    while let step = try walk.next() {
      switch step {
      case .enter(let name, _): result.append("+" + (name?.description ?? "/"))
      case .leave: result.append("-")
      case .file(let name, _, let identity): result.append(name.description + (identity == nil ? "" : "*"))
      }
    }
    return result
  }

  private func image() async throws -> ErofsFileSystem {
    let tree = try writerTree([("b/c/d", [1]), ("b/a", [2]), ("b/z", [3]), ("a", [4]), ("z/y", [5])])
    return try await writerRoundTrip(tree, .plain(6, 4))
  }

  @Test func everythingInOrder() async throws {
    let image = try await image()
    let wanted = ["+/", "a", "+b", "a", "+c", "d", "-", "z", "-", "+z", "y", "-", "-"]
    #expect(try steps(ErofsTreeWalk(image)) == wanted)
    #expect(try steps(FileTreeWalk(image.tree())) == wanted)
  }

  @Test func parts() async throws {
    let image = try await image()
    func some(_ paths: String...) throws -> String {
      try steps(ErofsTreeWalk(image, paths: paths.map { FileName.components(of: FilePath($0)) })).joined(separator: " ")
    }
    #expect(try some("/b/c") == "+/ +b +c d - - -")
    #expect(try some("z/y", "a") == "+/ a +z y - -")
    #expect(try some("b/c/d", "b/z") == "+/ +b +c d - z - -")
    #expect(try some("b", "b/c/d", "b") == "+/ +b a +c d - z - -")
    #expect(try some("a", "/") == (try steps(ErofsTreeWalk(image)).joined(separator: " ")))
    #expect(throws: ImageError(.notFound, "")) { try ErofsTreeWalk(image, paths: [["b", "x"]]) }
  }

  @Test func hardLinks() async throws {
    var tree = try writerTree([("a", [1]), ("b/one", [2])])
    try tree.link(try #require(tree.lookup("a")), at: "b/again")
    let image = try await writerRoundTrip(tree, .plain(6, 4))
    #expect(try steps(ErofsTreeWalk(image)) == ["+/", "a*", "+b", "again*", "one", "-", "-"])
    #expect(try steps(FileTreeWalk(tree)) == ["+/", "a*", "+b", "again*", "one", "-", "-"])
  }

  // MARK: pieces of files

  /// Every byte is in a piece or is zero, whatever the layout and the limit.
  @Test func piecesAreComplete() async throws {
    let folder = try TempFolder.current
    let text = Content.text(3_000_000, seed: 1).bytes
    let holes = [UInt8](repeating: 0, count: 1 << 20)
    let files = [
      text, holes + text + holes, holes + holes, [], [7], Content.random(300_000, seed: 2).bytes + holes + [1],
    ]
    let tree = try writerTree(files.enumerated().map { ("file-\($0.offset)", $0.element) })
    for options: ErofsOptions in [
      .plain(6, 4), .plain(6, 4, .lz4, 65_536, .inline), .plain(6, 4, .none), .plain(6, 4, .lz4, 4096, .allFragments),
    ] {
      let image = try await writerRoundTrip(tree, options, in: folder)
      for (index, bytes) in files.enumerated() {
        let content = try image.content(of: try #require(try image.lookup(FilePath("file-\(index)"))))
        for limit in [1 << 20, 100_000, 4097] {
          var read = [UInt8](repeating: 0, count: bytes.count)
          var pieces = ContentPieces(content, limit: limit)
          var end: UInt64 = 0
          while let piece = try pieces.next()?.get() {
            switch piece {
            case .hole(let count): end += count
            case .data(let range):
              #expect(range.lowerBound == end && range.count <= max(limit, 12 << 20))
              try content.read(at: range.lowerBound, into: &read, Int(range.lowerBound)..<Int(range.upperBound))
              end = range.upperBound
            }
          }
          #expect(end == UInt64(bytes.count) && read == bytes, "\(options.compression) \(index) \(limit)")
        }
      }
    }
  }

  @Test func holesAreLeftOut() async throws {
    let holes = [UInt8](repeating: 0, count: 4 << 20)
    let tree = try writerTree([("holes", holes), ("end", holes + [1])])
    for options: ErofsOptions in [.plain(6, 4, .none), .plain(6, 4)] {
      let image = try await writerRoundTrip(tree, options)
      func first(_ name: FilePath) throws -> Range<UInt64>? {
        try image.content(of: try #require(try image.lookup(name))).pieces(from: 0, byteCount: 1 << 20, limit: 1 << 20)
          .first
      }
      if options.compression == .none {
        #expect(try first("holes") == nil)
        #expect(try first("end")?.lowerBound ?? 0 >= 4 << 20 - 4096)
      }
    }
  }

  // MARK: hostile images

  private func fault(_ craft: ReaderCraft) -> String {
    readerFault { () throws(ImageError) in
      var walk = try ErofsTreeWalk(craft.open())
      for _ in 0..<100_000 { if try walk.next() == nil { return } }
      throw ImageError(.limit, "no end")
    }
  }

  @Test func circlesEnd() {
    for target in [0, 8, 16] as [UInt64] {
      var craft = ReaderCraft()
      craft.directory(0, [(".", 0), ("..", 0), ("a", 8), ("b", 16)])
      craft.directory(8, [(".", 8), ("..", 0), ("again", target)])
      craft.directory(16, [(".", 16), ("..", 0)])
      #expect(fault(craft).hasPrefix("corrupt: /"), "\(fault(craft))")
    }
    var craft = ReaderCraft()
    craft.inode(0, .regular, .flatPlain, byteCount: 0)
    #expect(fault(craft).hasPrefix("corrupt: /: "))
  }

  /// The kernel would never show such names; a writer must not, either.
  @Test(.needsRoot) func namesThatLeadOut() async throws {
    let folder = try TempFolder.current
    for (first, second) in [("..", ".."), (".", ".."), ("..", "x"), ("../x", "y"), ("a/b", "c"), ("/etc", "x")] {
      var craft = ReaderCraft()
      craft.directory(0, [(first, 8), (second, 16)].sorted { $0.0 < $1.0 })
      craft.directory(8, [(".", 8), ("..", 0), ("inside", 24)])
      craft.inode(16, .regular, .flatInline, byteCount: 4, tail: Array("evil".utf8))
      craft.inode(24, .regular, .flatInline, byteCount: 4, tail: Array("evil".utf8))
      let image = try craft.open()
      _ = try? await DirectoryWriter().write(ErofsTreeWalk(image), to: folder["target"])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path.string).filter { $0 != "target" } == [])
      let inside = (try? FileManager.default.subpathsOfDirectory(atPath: folder["target"].string)) ?? []
      #expect(Set(inside).isSubset(of: ["x", "y", "c"]), "\(inside)")
      _ = try? Disk.remove(folder["target"])
    }
  }

  /// A link and then a directory of the same name, which no honest directory has.
  @Test(.needsRoot) func linksInTheWay() async throws {
    let folder = try TempFolder.current
    try Disk.makeFolder(folder["outside"])
    var craft = ReaderCraft()
    // Two blocks, so that the second one repeats a name of the first.
    craft.inode(0, .directory, .flatPlain, byteCount: 2 * 4096, union: 10)
    craft.put(ReaderCraft.directoryBlock([([0x2E], 0), ([0x2E, 0x2E], 0), (Array("m".utf8), 16)]), at: 10 * 4096)
    craft.put(ReaderCraft.directoryBlock([(Array("m".utf8), 8)]), at: 11 * 4096)
    craft.directory(8, [(".", 8), ("..", 0), ("inside", 24)])
    craft.inode(16, .symlink, .flatInline, byteCount: 10, tail: Array("../outside".utf8))
    craft.inode(24, .regular, .flatInline, byteCount: 4, tail: Array("evil".utf8))
    let image = try craft.open()
    await #expect(throws: ImageError(.corrupt, "")) {
      try await DirectoryWriter().write(ErofsTreeWalk(image), to: folder["target"])
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder["outside"].string) == [])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path.string) == ["outside"])
  }

  /// A file that claims to be longer than any disk, all of it a hole.
  @Test(.needsRoot) func endlessHoles() async throws {
    let folder = try TempFolder.current
    var craft = ReaderCraft()
    craft.directory(0, [(".", 0), ("..", 0), ("huge", 16)])
    craft.compactInode(16, .regular, .flatPlain, byteCount: .max) { $0.union = .max }
    try await DirectoryWriter().write(ErofsTreeWalk(craft.open()), to: folder["target"])
    #expect(try Disk.status(of: folder["target"].appending("huge")).byteCount == Int(UInt32.max))
  }
}
