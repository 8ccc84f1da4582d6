import FileTree
import ImageCore
import SystemPackage
import Testing

@Suite struct FileTreeTests {
  private func file(_ text: String, _ time: Int64 = 0) -> FileTree.Node {
    FileTree.Node(
      .regular(MemoryContent(Array(text.utf8))),
      FileAttributes(permissions: 0o644, modified: Timestamp(seconds: time)))
  }

  private func text(_ tree: FileTree, _ path: FilePath) throws -> String? {
    guard let id = tree.lookup(path), case .regular(let content) = tree[id].kind else { return nil }
    return String(decoding: try content.bytes(), as: UTF8.self)
  }

  private func paths(_ tree: FileTree) throws -> [String] {
    var paths: [String] = []
    try tree.walk { (visit) throws(ImageError) in
      paths.append(visit.description)
      return true
    }
    return paths
  }

  // MARK: insert and look up

  @Test func anEmptyTreeHasARoot() throws {
    let tree = FileTree()
    #expect(try paths(tree) == ["/"])
    for path in ["/", "", "."] as [FilePath] { #expect(tree.lookup(path) == tree.root) }
    #expect(tree[tree.root].isDirectory && tree[tree.root].attributes == .directory)
    #expect(tree.lookup("a") == nil && tree.lookup("..") == nil)
  }

  @Test func whatIsInsertedIsFound() throws {
    var tree = FileTree()
    let id = try tree.insert(file("1"), at: "/usr/bin/one")
    #expect(tree.lookup("usr/bin/one") == id && tree.lookup("/usr//bin/./one/") == id)
    #expect(try text(tree, "usr/bin/one") == "1")
    for path in ["usr/bin/ones", "usr/bin/on", "usr/bin/one/x", "bin/one", "usr/bin/../bin/one"] as [FilePath] {
      #expect(tree.lookup(path) == nil, "\(path)")
    }
    #expect(tree.entries(of: id).isEmpty)
  }

  @Test func entriesAreInByteOrderHoweverTheyCame() throws {
    let names = ["b", "a", "A", "a.b", "a-b", "ab", "é", "e\u{301}", "~", "0"]
    let ordered = names.map { FileName($0) }.sorted()
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20 {
      var tree = FileTree()
      for name in names.shuffled(using: &generator) { try tree.insert(file(name), at: FilePath("d/\(name)")) }
      let directory = try #require(tree.lookup("d"))
      #expect(tree.entries(of: directory).map(\.name) == ordered)
      for name in ordered { #expect(tree.child(name, of: directory) != nil) }
    }
  }

  @Test func normalizationFormsAreTwoFiles() throws {
    var tree = FileTree()
    try tree.insert(file("composed"), at: "\u{e9}")
    try tree.insert(file("decomposed"), at: "e\u{301}")
    #expect(try text(tree, "\u{e9}") == "composed" && text(tree, "e\u{301}") == "decomposed")
    #expect(tree.entries(of: tree.root).count == 2)
  }

  @Test func missingParentsAreMade() throws {
    let attributes = FileAttributes(
      permissions: 0o700, uid: 5, gid: 6, modified: Timestamp(seconds: 77, nanoseconds: 7))
    var tree = FileTree(rootAttributes: attributes)
    try tree.insert(file(""), at: "a/b/c")
    for path in ["a", "a/b"] as [FilePath] {
      let node = try tree[#require(tree.lookup(path))]
      #expect(node.isDirectory)
      #expect(node.attributes == FileAttributes(permissions: 0o755, modified: attributes.modified))
    }
  }

  @Test func errors() throws {
    var tree = FileTree()
    try tree.insert(file("old"), at: "d/file")
    let before = try paths(tree)
    func error(_ path: FilePath) -> ImageError? {
      #expect(throws: ImageError.self) { try tree.insert(file("new"), at: path) }
    }
    for path in ["d/file", "d", "/d/./file"] as [FilePath] {
      let error = error(path)
      #expect(error?.code == .exists && error?.context == [path.string], "\(path)")
    }
    for path in ["d/file/x", "d/file/x/y"] as [FilePath] {
      let error = error(path)
      #expect(error?.code == .notADirectory && error?.message == "file is not a directory", "\(path)")
    }
    for path in ["", "/", ".", "..", "../x", "d/..", "new/../x", "new/.."] as [FilePath] {
      #expect(error(path)?.code == .invalidArgument, "\(path)")
    }
    // A failure leaves no half-made parents.
    #expect(try paths(tree) == before)
    #expect(try text(tree, "d/file") == "old")
  }

  @Test func symbolicLinksAreNotFollowed() throws {
    var tree = FileTree()
    try tree.insert(file(""), at: "d/file")
    try tree.insert(FileTree.Node(.symlink(target: Array("d".utf8)), .file), at: "link")
    #expect(tree.lookup("link/file") == nil)
    #expect(throws: ImageError(.notADirectory, "")) { try tree.insert(file(""), at: "link/other") }
  }

  // MARK: links

  @Test func hardLinksAreOneNode() throws {
    var tree = FileTree()
    let id = try tree.insert(file("1"), at: "z")
    try tree.link(id, at: "new/a")
    #expect(tree.lookup("new/a") == id)
    tree[id].attributes.uid = 7
    #expect(try tree[#require(tree.lookup("new/a"))].attributes.uid == 7)
    #expect(try paths(tree) == ["/", "/new", "/new/a", "/z"])
    tree.remove("z")
    #expect(tree.lookup("z") == nil && tree.lookup("new/a") == id)
    #expect(try text(tree, "new/a") == "1")
  }

  @Test func linkErrors() throws {
    var tree = FileTree()
    let id = try tree.insert(file(""), at: "d/file")
    #expect(throws: ImageError(.exists, "")) { try tree.link(id, at: "d/file") }
    #expect(throws: ImageError(.exists, "")) { try tree.link(id, at: "d") }
    #expect(throws: ImageError(.notADirectory, "")) { try tree.link(id, at: "d/file/x") }
    for path in ["", "/", "..", "a/../b"] as [FilePath] {
      #expect(throws: ImageError(.invalidArgument, "")) { try tree.link(id, at: path) }
    }
    let directory = try #require(tree.lookup("d"))
    #expect(throws: ImageError(.invalidArgument, "")) { try tree.link(directory, at: "other") }
    #expect(throws: ImageError(.invalidArgument, "")) { try tree.link(tree.root, at: "d/loop") }
    #expect(try paths(tree) == ["/", "/d", "/d/file"])
  }

  @Test func aNodeMayBecomeAnotherKind() throws {
    var tree = FileTree()
    try tree.insert(file("1"), at: "d/file")
    let (directory, id) = (try #require(tree.lookup("d")), try #require(tree.lookup("d/file")))
    tree[directory].attributes.uid = 7
    #expect(tree.lookup("d/file") == id && tree.isDirectory(directory) && tree.attributes(of: directory).uid == 7)
    tree[id].kind = .directory
    #expect(tree.isDirectory(id) && tree[id].isDirectory)
    try tree.insert(file("2"), at: "d/file/inside")
    tree[directory].kind = .fifo
    #expect(!tree.isDirectory(directory) && tree.entries(of: directory).isEmpty)
    #expect(try paths(tree) == ["/", "/d"])
    guard case .fifo = tree.kind(of: directory) else { throw ImageError(.mismatch, "no FIFO") }
  }

  // MARK: remove

  @Test func removesWithAllThatIsBelow() throws {
    var tree = FileTree()
    for path in ["a/b/c", "a/b/d", "a/e", "f"] as [FilePath] { try tree.insert(file(path.string), at: path) }
    tree.remove("/a/b/")
    #expect(try paths(tree) == ["/", "/a", "/a/e", "/f"])
    try tree.insert(file("again"), at: "a/b")
    #expect(try text(tree, "a/b") == "again")
    tree.remove("a")
    #expect(try paths(tree) == ["/", "/f"])
  }

  @Test func removingWhatIsNotThereDoesNothing() throws {
    var tree = FileTree()
    try tree.insert(file(""), at: "a/b")
    for path in ["", "/", "..", "a/..", "a/c", "x/y", "a/b/c"] as [FilePath] {
      tree.remove(path)
      #expect(try paths(tree) == ["/", "/a", "/a/b"], "\(path)")
    }
  }

  @Test func treesAreValues() throws {
    var tree = FileTree()
    try tree.insert(file("1"), at: "a")
    let copy = tree
    tree.remove("a")
    try tree.insert(file("2"), at: "b")
    #expect(try paths(copy) == ["/", "/a"] && paths(tree) == ["/", "/b"])
  }

  // MARK: walks

  @Test func walksInByteOrderOfNames() throws {
    var tree = FileTree()
    // As paths they sort otherwise: "/" comes after "-" and ".".
    for path in ["a/x", "a-b", "a.b", "a0", "a b", "A/y", "a/x-y/z"] as [FilePath] {
      try tree.insert(file(""), at: path)
    }
    #expect(try paths(tree) == ["/", "/A", "/A/y", "/a", "/a/x", "/a/x-y", "/a/x-y/z", "/a b", "/a-b", "/a.b", "/a0"])
  }

  @Test func walksOnlyWhereAsked() throws {
    var tree = FileTree()
    for path in ["a/b/c", "a/d", "e/f"] as [FilePath] { try tree.insert(file(""), at: path) }
    var seen: [String] = []
    try tree.walk { (visit) throws(ImageError) in
      seen.append(visit.description)
      return visit.path != ["a"]
    }
    #expect(seen == ["/", "/a", "/e", "/e/f"])
    let error = #expect(throws: ImageError.self) {
      try tree.walk { (visit) throws(ImageError) in
        if visit.path == ["a", "b"] { throw ImageError(.limit, "enough") }
        return true
      }
    }
    #expect(error?.message == "enough")
  }

  @Test func visitsKnowTheirParents() throws {
    var tree = FileTree()
    try tree.insert(file(""), at: "a/b/c")
    try tree.walk { (visit) throws(ImageError) in
      var parent: FileTree.NodeID? = tree.root
      for name in visit.path.dropLast() { parent = parent.flatMap { tree.child(name, of: $0) } }
      #expect(visit.parent == (visit.path.isEmpty ? nil : parent))
      #expect(
        visit.node == visit.path.last.flatMap { name in parent.flatMap { tree.child(name, of: $0) } } ?? tree.root)
      return true
    }
  }

  @Test func subtreesKeepLinksAndAttributes() throws {
    var tree = FileTree()
    let id = try tree.insert(file("1"), at: "out/side")
    try tree.link(id, at: "top/b/one")
    try tree.link(id, at: "top/a")
    try tree.insert(file("2"), at: "top/b/two")
    let top = try #require(tree.lookup("top"))
    tree[top].attributes = FileAttributes(permissions: 0o2711, uid: 9)
    let part = tree.subtree(top)
    #expect(try paths(part) == ["/", "/a", "/b", "/b/one", "/b/two"])
    #expect(part[part.root].attributes == tree[top].attributes)
    #expect(part.lookup("a") == part.lookup("b/one") && part.lookup("a") != part.lookup("b/two"))
    #expect(try text(part, "b/one") == "1" && text(part, "b/two") == "2")
    #expect(try paths(tree.subtree(tree.root)) == paths(tree))
  }

  @Test func newestTimeIsOfWhatHasAName() throws {
    var tree = FileTree(rootAttributes: FileAttributes(permissions: 0o755, modified: Timestamp(seconds: -5)))
    #expect(tree.newestTime == Timestamp(seconds: -5))
    try tree.insert(file("", 10), at: "a")
    try tree.insert(file("", 99), at: "b")
    #expect(tree.newestTime == Timestamp(seconds: 99))
    tree.remove("b")
    #expect(tree.newestTime == Timestamp(seconds: 10))
    tree.updateAttributes { $0.modified = Timestamp(seconds: 3, nanoseconds: 1) }
    #expect(tree.newestTime == Timestamp(seconds: 3, nanoseconds: 1))
  }
}

@Suite struct FileAttributesTests {
  @Test func permissionsAreTwelveBits() {
    #expect(FileAttributes(permissions: 0o107_777).permissions == 0o7777)
  }

  @Test func extendedAttributesAreSortedByBytes() {
    let attributes = FileAttributes(
      permissions: 0,
      extendedAttributes: [
        ExtendedAttribute("user.b", [1]), ExtendedAttribute("trusted.z", []), ExtendedAttribute("user.B", [2]),
        ExtendedAttribute(name: Array("user.".utf8) + [0xFF], value: [3]),
      ])
    #expect(
      attributes.extendedAttributes.map { printable($0.name) } == ["trusted.z", "user.B", "user.b", #"user.\xff"#])
    #expect(attributes.extendedAttribute("user.B") == [2] && attributes.extendedAttribute("trusted.z") == [])
    #expect(attributes.extendedAttribute("user.c") == nil)
  }

  @Test func timesAreOrdered() {
    let times = [(-2, 999_999_999), (-1, 0), (-1, 1), (0, 0), (0, 999_999_999), (1, 0)]
      .map { Timestamp(seconds: $0.0, nanoseconds: UInt32($0.1)) }
    #expect(times.shuffled().sorted() == times)
  }

  @Test func contentIsReadInParts() throws {
    let content = MemoryContent((0..<100).map { UInt8($0) })
    var output = [UInt8](repeating: 0xEE, count: 10)
    content.read(at: 95, into: &output, 3..<8)
    #expect(output == [0xEE, 0xEE, 0xEE, 95, 96, 97, 98, 99, 0xEE, 0xEE])
    #expect(try content.bytes(limit: 100).count == 100)
    #expect(throws: ImageError(.limit, "")) { try content.bytes(limit: 99) }
    #expect(try MemoryContent([]).bytes(limit: 0) == [])
  }
}
