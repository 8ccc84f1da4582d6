import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

@testable import EROFS

/// Paths through symbolic links: images by hand.
@Suite struct ReaderLookupTests {
  private func link(_ craft: inout ReaderCraft, _ nid: Int, _ target: String) {
    craft.inode(nid, .symlink, .flatInline, byteCount: UInt64(target.utf8.count), tail: Array(target.utf8))
  }

  private func image() throws -> ErofsFileSystem {
    var craft = ReaderCraft()
    craft.directory(
      0,
      [
        (".", 0), ("..", 0), ("chain", 72), ("etc", 16), ("loop", 32), ("nowhere", 40), ("out", 48), ("self", 56),
        ("usr", 8), ("zero", 64),
      ])
    craft.directory(8, [(".", 8), ("..", 0), ("lib", 24), ("lib64", 80)])
    link(&craft, 16, "usr/lib/../lib//./")
    craft.directory(24, [(".", 24), ("..", 8), ("file", 88), ("up", 96)])
    link(&craft, 32, "/loop")
    link(&craft, 40, "usr/none/../lib")
    link(&craft, 48, "../../../../usr/lib/file")
    link(&craft, 56, "self/self")
    link(&craft, 64, "/")
    link(&craft, 72, "etc/up/zero/usr/lib64/file")
    link(&craft, 80, "/usr/lib")
    craft.inode(88, .regular, .flatInline, byteCount: 1, tail: [1])
    link(&craft, 96, "../..")
    return try craft.open()
  }

  @Test(
    arguments: [
      ("/usr/lib/file", 88), ("usr/lib/file", 88), ("/etc/file", 88), ("/usr/lib64/file", 88), ("/out", 88),
      ("/chain", 88), ("/etc", 24), ("/usr/lib/up", 0), ("/zero/zero/usr", 8), ("/", 0), ("", 0), ("/..", 0),
      ("/usr/../etc/../lib64/file", 88), ("/nowhere", nil), ("/usr/lib/file/x", nil), ("/usr/lib/file/..", nil),
      ("/none", nil), ("/etc/none", nil),
    ] as [(String, UInt64?)])
  func followsLinks(_ path: String, _ nid: UInt64?) throws {
    #expect(try image().lookup(FilePath(path), followingLinks: true)?.nid == nid)
  }

  @Test func followsNothingUnlessTold() throws {
    let image = try image()
    #expect(try image.lookup("/etc")?.kind == .symlink)
    #expect(try image.lookup("/etc/file")?.nid == nil)
    #expect(try image.lookup("/usr/..")?.nid == nil)
  }

  @Test(arguments: ["/loop", "/self", "/loop/x"]) func endsInCircles(_ path: String) throws {
    let image = try image()
    #expect(throws: ImageError(.limit, "")) { try image.lookup(FilePath(path), followingLinks: true) }
  }

  @Test func fortyLinksAndNoMore() throws {
    for (count, isFine) in [(40, true), (41, false)] {
      var craft = ReaderCraft()
      craft.directory(0, [("link", 44)] + (10..<10 + count).map { ("n\($0)", UInt64($0 * 4 + 20)) })
      craft.inode(44, .regular, .flatPlain, byteCount: 0)
      for index in 10..<10 + count { link(&craft, index * 4 + 20, index == 10 ? "link" : "n\(index - 1)") }
      let image = try craft.open()
      let path = FilePath("/n\(9 + count)")
      if isFine {
        #expect(try image.lookup(path, followingLinks: true)?.nid == 44)
      } else {
        #expect(throws: ImageError(.limit, "")) { try image.lookup(path, followingLinks: true) }
      }
    }
  }
}
