import Foundation
import SysextImage
import TestSupport
import Testing

/// Two images, and all that can differ between them.
@Suite(.tempFolder) struct DiffTests {
  private static func tree(_ change: (inout FileTree) throws -> Void = { _ in }) throws -> FileTree {
    var tree = FileTree()
    for (path, text) in [("usr/bin/a", "alpha"), ("usr/bin/b", "beta"), ("usr/lib/c", "gamma"), ("usr/lib/d", "delta")]
    {
      try tree.insert(.init(.regular(MemoryContent(Array(text.utf8))), .file), at: FilePath(path))
    }
    try tree.insert(.init(.symlink(target: Array("a".utf8)), .file), at: "usr/bin/link")
    try tree.insert(
      .init(.regular(MemoryContent((0..<9_000_000).map { UInt8(truncatingIfNeeded: $0 / 999) })), .file), at: "usr/big")
    try change(&tree)
    return tree
  }

  private static func image(
    _ tree: FileTree, _ name: String = "x-1.x86-64.raw", _ change: (inout BuildOptions) -> Void = { _ in }
  ) async throws -> DiskImage {
    var options = BuildOptions()
    change(&options)
    options.replacesExisting = true
    let path = try TempFolder.current[name]
    let builder = try SysextBuilder(output: path, options: options)
    _ = try await builder.build(tree, to: path)
    return try DiskImage(ByteStore(Disk.read(path)), fileName: name)
  }

  private static func set(_ tree: inout FileTree, _ path: FilePath, _ kind: FileTree.Kind, _ attributes: FileAttributes)
    throws
  {
    tree.remove(path)
    try tree.insert(.init(kind, attributes), at: path)
  }

  @Test func otherCompressionIsTheSame() async throws {
    let left = try await Self.image(Self.tree())
    let right = try await Self.image(Self.tree()) {
      $0.erofs.compression = .none
      $0.erofs.tails = .blocks
      $0.rawFileSystem = true
    }
    let diff = try await ImageDiff(left, right)
    #expect(diff.isSame && diff.changes == [] && diff.release == [] && diff.sameCount > 10)
    #expect(!diff.identity.isEmpty)
    let same = try await ImageDiff(left, left)
    #expect(same.isSame && same.identity == [])
  }

  @Test func everyAspect() async throws {
    var big = (0..<9_000_000).map { UInt8(truncatingIfNeeded: $0 / 999) }
    big[8_500_000] ^= 1
    let changed = try Self.tree { tree in
      try Self.set(&tree, "usr/big", .regular(MemoryContent(big)), .file)
      try Self.set(&tree, "usr/bin/a", .regular(MemoryContent(Array("alphA".utf8))), .file)
      try Self.set(
        &tree, "usr/bin/b", .regular(MemoryContent(Array("beta".utf8))),
        FileAttributes(
          permissions: 0o4755, uid: 1, gid: 2, modified: Timestamp(seconds: 5),
          extendedAttributes: [ExtendedAttribute("user.k", [1])]))
      try Self.set(&tree, "usr/bin/link", .symlink(target: Array("b".utf8)), .file)
      try Self.set(&tree, "usr/lib/c", .fifo, .file)
      tree.remove("usr/lib/d")
      try tree.insert(.init(.regular(MemoryContent(Array("new".utf8))), .file), at: "usr/lib/new/e")
    }
    let left = try await Self.image(Self.tree())
    let right = try await Self.image(changed)
    let diff = try await ImageDiff(left, right, threadCount: 3)
    let lines = diff.changes.map { change in
      "\(change.kind) \(change.path)"
        + change.details.map { " \($0.aspect)\($0.name.map { "[\($0)]" } ?? ""):\($0.old ?? "-")>\($0.new ?? "-")" }
        .joined()
    }
    #expect(
      lines == [
        "changed /usr/big content:->differs from byte 8500000 on",
        "changed /usr/bin/a content:->differs from byte 4 on",
        "changed /usr/bin/b mode:0644>4755 owner:0:0>1:2 time:0>5 xattr[user.k]:->\\x01",
        "changed /usr/bin/link target:a>b",
        "changed /usr/lib/c type:file>fifo",
        "removed /usr/lib/d",
        // Written by the builder, with the latest time of the tree.
        "changed /usr/lib/extension-release.d/extension-release.x time:0>5",
        "changed /usr/lib/extension-release.d/extension-release.x-1.x86-64 time:0>5",
        "added /usr/lib/new",
        "added /usr/lib/new/e",
      ])
    #expect(!diff.isSame && diff.count(.changed) == 7 && diff.count(.added) == 2 && diff.count(.removed) == 1)
    let alone = try await ImageDiff(left, right, threadCount: 1)
    #expect(alone.changes == diff.changes && alone.sameCount == diff.sameCount)
    let back = try await ImageDiff(right, left)
    #expect(back.count(.added) == 1 && back.count(.removed) == 2 && back.sameCount == diff.sameCount)
    let ignoring = try await ImageDiff(left, right, ignoring: [.content, .mode, .owner, .time, .xattr, .target, .type])
    #expect(ignoring.changes.map(\.kind) == [.removed, .added, .added])
  }

  /// Numbers of devices, whiteouts among them, and parts of a second.
  @Test func devicesAndNanoseconds() async throws {
    func image(_ minor: UInt32, _ nanoseconds: UInt32) async throws -> DiskImage {
      try await Self.image(
        Self.tree { tree in
          try tree.insert(.init(.characterDevice(DeviceNumber(major: 1, minor: 3)), .file), at: "usr/null")
          try tree.insert(.init(.characterDevice(DeviceNumber(major: 0, minor: minor)), .file), at: "usr/whiteout")
          var attributes = FileAttributes.file
          attributes.modified = Timestamp(seconds: 7, nanoseconds: nanoseconds)
          try tree.insert(.init(.fifo, attributes), at: "usr/pipe")
        })
    }
    let diff = try await ImageDiff(image(0, 5), image(1, 70))
    let pipe = diff.changes.first { $0.path == "/usr/pipe" }
    #expect(pipe?.details.map { [$0.old, $0.new] } == [["7.000000005", "7.000000070"]])
    let whiteout = diff.changes.first { $0.path == "/usr/whiteout" }
    #expect(whiteout?.details.map { [$0.aspect.rawValue, $0.old, $0.new] } == [["device", "0:0", "0:1"]])
    #expect(!diff.changes.contains { $0.path == "/usr/null" })
  }

  @Test func hardLinksAndReleases() async throws {
    let linked = try Self.tree { tree in
      let node = try #require(tree.lookup("usr/bin/a"))
      let folder = try #require(tree.lookup("usr/lib"))
      let isLinked = tree.link(node, as: "same", in: folder)
      #expect(isLinked)
    }
    let copied = try Self.tree { tree in
      try tree.insert(.init(.regular(MemoryContent(Array("alpha".utf8))), .file), at: "usr/lib/same")
    }
    let left = try await Self.image(linked) { $0.release.versionID = "1" }
    let right = try await Self.image(copied) { $0.release.versionID = "2" }
    let diff = try await ImageDiff(left, right)
    let links = diff.changes.filter { $0.details.contains { $0.aspect == .link } }
    #expect(links.map(\.path) == ["/usr/lib/same"])
    #expect(links.first?.details.first?.old == "/usr/bin/a" && links.first?.details.first?.new == nil)
    #expect(diff.release.map { [$0.name, $0.old, $0.new] } == [["VERSION_ID", "1", "2"]])
  }

  /// The schema of docs/command-line.md.
  @Test func jsonIsAsDocumented() async throws {
    let left = try await Self.image(Self.tree())
    let right = try await Self.image(Self.tree { $0.remove("usr/lib/d") }) { $0.release.versionID = "2" }
    let json = try await ImageDiff(left, right).json
    let object = try #require(try JSONSerialization.jsonObject(with: Data(json.text.utf8)) as? [String: Any])
    #expect(Set(object.keys) == ["same", "counts", "changes", "release", "packages", "identity"])
    #expect(Set((object["counts"] as? [String: Any] ?? [:]).keys) == ["added", "removed", "changed", "same"])
    let changes = try #require(object["changes"] as? [[String: Any]])
    #expect(Set(changes[0].keys) == ["path", "kind", "type", "byteCount", "details"])
    let details = changes.compactMap { ($0["details"] as? [[String: Any]])?.first }
    #expect(Set(try #require(details.first).keys) == ["aspect", "name", "old", "new"])
    let field = try #require((object["release"] as? [[String: Any]])?.first)
    #expect(Set(field.keys) == ["name", "old", "new"])
  }

  @Test(.needs("gzip")) func manifests() async throws {
    let folder = try TempFolder.current
    func manifest(_ packages: [(String, String, String)]) -> String {
      let items = packages.map {
        "{\"type\":\"rpm\",\"name\":\"\($0)\",\"version\":\"\($1)\",\"architecture\":\"\($2)\"}"
      }
      return
        "{\n \"manifest_version\": 1, \"config\": {\"name\": \"x\\u00e9\"},\n \"packages\": [\(items.joined(separator: ", "))] }"
    }
    #expect(try PackageManifest.beside(folder["a.raw"]) == nil)
    try Disk.write(
      manifest([("gdb", "15.1", "x86_64"), ("zlib", "1.3", "x86_64"), ("zlib", "1.3", "i686"), ("old", "1", "noarch")]),
      to: folder["a.manifest"])
    try Disk.write(
      manifest([("gdb", "16.0", "x86_64"), ("zlib", "1.3", "x86_64"), ("zlib", "1.4", "i686"), ("new", "2", "noarch")]),
      to: folder["b.manifest"])
    try await Tool("gzip").check(folder["b.manifest"].string)
    let old = try #require(try PackageManifest.beside(folder["a.raw"]))
    let new = try #require(try PackageManifest.beside(folder["b.raw"]))
    #expect(
      PackageManifest.differences(old, new).map { "\($0.name) \($0.old ?? "-") \($0.new ?? "-")" } == [
        "gdb 15.1 16.0", "new - 2", "old 1 -", "zlib.i686 1.3 1.4",
      ])
    for text in ["", "{", "[1,", "{\"packages\": 3}", "nonsense", String(repeating: "[", count: 100_000), "{} x"] {
      #expect(throws: ImageError.self) { try PackageManifest(Array(text.utf8)) }
    }
    try Disk.write("no gzip", to: folder["c.manifest.gz"])
    #expect(throws: ImageError(.corrupt, "")) { try PackageManifest.beside(folder["c.raw"]) }
  }
}
