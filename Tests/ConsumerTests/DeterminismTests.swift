import Foundation
import SysextImage
import TestSupport
import Testing

/// The same input, options and name give the same bytes; another name gives other UUIDs.
@Suite(.tempFolder)
struct DeterminismTests {
  /// Of every kind, and more than one job's worth of data.
  private static let cases: [TreeCase] = [
    .contents, .sparse, .folders, .hardLinks, .xattrs, .sharedXattrs, .specials, .owners,
  ]

  @Test(.needsRoot, arguments: Mode.all)
  func threadsChangeNothing(_ mode: Mode) async throws {
    let folder = try TempFolder.current
    try ExtensionTree.build(Self.cases, at: folder["tree"])
    var digests: [String] = []
    for count in [1, 2, 3, 8, nil] {
      var options = mode.options
      options.erofs.threadCount = count
      digests.append(try await digest(folder["tree"], options))
    }
    #expect(Set(digests).count == 1, "\(digests)")
  }

  /// Two trees of the same content that differ in inode numbers, access and change times, folder name and order.
  @Test(.needsRoot, arguments: Mode.few)
  func onlyContentCounts(_ mode: Mode) async throws {
    let folder = try TempFolder.current
    try ExtensionTree.build(Self.cases, at: folder["tree"])
    let first = try await digest(folder["tree"], mode.options)
    try ExtensionTree.build(Self.cases, at: folder["another folder"])
    #expect(try await digest(folder["another folder"], mode.options) == first)
    #expect(try await digest(folder["tree"], mode.options) == first)
  }

  /// A tmpfs tells names in the order of their making.
  @Test(.needsRoot, arguments: [1, 2] as [UInt64])
  func orderOfFoldersChangesNothing(_ seed: UInt64) async throws {
    let cases: [TreeCase] = [.names, .hardLinks, .folders, .specials]
    try await TempFolder.with(.memory) { folder in
      try ExtensionTree.build(cases, at: folder["plain"])
      try ExtensionTree.build(cases, at: folder["shuffled"], shuffled: seed)
      let place = "usr/share/names"
      #expect(
        try TreeListing.order(in: folder["plain"].appending(place))
          != TreeListing.order(in: folder["shuffled"].appending(place)))
      let plain = try await digest(folder["plain"], Mode.lz4.options)
      #expect(try await digest(folder["shuffled"], Mode.lz4.options) == plain)
    }
  }

  /// A hole is no different from zeros.
  @Test(.needsRoot, arguments: Mode.few)
  func holesChangeNothing(_ mode: Mode) async throws {
    let folder = try TempFolder.current
    try TreeBuilder.build(folder["holes"]) {
      try $0.sparseFile("usr/file", 3_000_000, [(1_000_000, .text(50_000, seed: 1))])
    }
    try TreeBuilder.build(folder["zeros"]) {
      try $0.file("usr/file", .joined([.zero(1_000_000), .text(50_000, seed: 1), .zero(1_950_000)]))
    }
    let first = try await digest(folder["holes"], mode.options)
    #expect(try await digest(folder["zeros"], mode.options) == first)
  }

  // MARK: where UUIDs come from

  @Test func nameAndContentDecideUUIDs() async throws {
    let folder = try TempFolder.current
    let tree = try Fixture.tree()
    func seed(_ tree: FileTree, _ name: String, _ change: (inout BuildOptions) -> Void = { _ in }) async throws -> Seed
    {
      var options = BuildOptions()
      options.replacesExisting = true
      change(&options)
      let report = try await SysextBuilder(output: folder[name], options: options).build(tree, to: folder[name])
      let table = try #require(report.partitionTable)
      #expect(table.diskGUID == report.seed.diskGUID)
      #expect(table.partitions.map(\.uniqueGUID) == table.partitions.map { report.seed.partitionGUID($0.typeGUID) })
      #expect(report.erofs.uuid == report.seed.fileSystemUUID(partition: table.partitions[0].uniqueGUID))
      return report.seed
    }
    let first = try await seed(tree, "fixture-1.x86-64.raw")
    #expect(try await seed(tree, "fixture-1.x86-64.raw") == first)
    #expect(try await seed(tree, "fixture-2.x86-64.raw") != first)
    #expect(try await seed(tree, "other-1.x86-64.raw") != first)
    #expect(try await seed(tree, "fixture-1.arm64.raw") != first)

    // Each kind of content: data, an attribute, a name, and what goes into an inode.
    for change in Self.changes {
      var changed = tree
      try change.change(&changed)
      #expect(try await seed(changed, "fixture-1.x86-64.raw") != first, "\(change.label)")
    }

    let given = Seed(try #require(GUID("6b8b4567-327b-23c6-643c-986966334873")))
    for name in ["fixture-1.x86-64.raw", "fixture-2.x86-64.raw"] {
      #expect(try await seed(tree, name) { $0.seed = given } == given)
    }
  }

  private static let changes: [(label: String, change: @Sendable (inout FileTree) throws -> Void)] = [
    ("data", { try replace(&$0, "usr/lib/noise", .random(70_001, seed: 9)) }),
    ("inline data", { try replace(&$0, "usr/bin/tool", .utf8("#!/bin/sh\necho loot\n")) }),
    ("zeros", { try replace(&$0, "usr/lib/zeros", .zero(200_001)) }),
    ("time", { tree in try change(&tree, "usr/lib/library.so") { $0.modified.nanoseconds += 1 } }),
    ("mode", { tree in try change(&tree, "usr/lib/noise") { $0.permissions = 0o640 } }),
    ("root's mode", { tree in tree[tree.root].attributes.permissions = 0o700 }),
    (
      "xattr",
      { tree in
        try change(&tree, "usr/share/labelled") { $0.extendedAttributes[1].value = Array("1".utf8) }
      }
    ),
    (
      "shared xattr",
      { tree in
        for path in ["usr/share/labelled", "usr/share/labelled-too"] as [FilePath] {
          try change(&tree, path) { $0.extendedAttributes[0].value[0] = 0x53 }
        }
      }
    ),
    (
      "name",
      { tree in
        guard let node = tree.lookup("opt/fifo") else { return }
        tree.remove("opt/fifo")
        try tree.link(node, at: "opt/FIFO")
      }
    ),
    ("link", { tree in try tree.link(try #require(tree.lookup("opt/fifo")), at: "opt/fifo-2") }),
  ]

  private static func replace(_ tree: inout FileTree, _ path: FilePath, _ content: Content) throws {
    let node = try #require(tree.lookup(path))
    tree[node].kind = .regular(MemoryContent(content.bytes))
  }

  private static func change(
    _ tree: inout FileTree, _ path: FilePath, _ body: (inout FileAttributes) -> Void
  ) throws {
    body(&tree[try #require(tree.lookup(path))].attributes)
  }

  // MARK: times

  @Test(.needsMount())
  func latestTimeClampsTimes() async throws {
    let folder = try TempFolder.current
    let source = folder["tree"]
    try TreeBuilder.build(source, root: .folder.time(900, 1)) {
      try $0.file("usr/share/old", .utf8("o"), .file.time(100, 999_999_999))
      try $0.file("usr/share/exact", .utf8("e"), .file.time(1000))
      try $0.file("usr/share/same-second", .utf8("s"), .file.time(1000, 1))
      try $0.file("usr/share/new", .utf8("n"), .file.time(5_000_000_000, 7))
      try $0.symlink("usr/share/link", to: "new", Attributes(mode: 0o777).time(2000))
      try $0.directory("usr/share", .folder.time(3000, 5))
    }
    var options = BuildOptions()
    options.latestTime = Timestamp(seconds: 1000)
    let packed = try await Packed.make(source, in: folder.path, as: "case-1.x86-64.raw", options)
    var times: [String: String] = [:]
    for entry in try await packed.mounted().entries {
      times[entry.path.description] = entry.fields.first { $0.label == "mtime" }?.value
    }
    #expect(times["."] == "900+1ns")
    #expect(times["usr/share/old"] == "100+999999999ns")
    for name in ["exact", "same-second", "new", "link"] { #expect(times["usr/share/\(name)"] == "1000+0ns", "\(name)") }
    #expect(times["usr/share"] == "1000+0ns")
    #expect(times["usr/lib/extension-release.d/extension-release.case"] == "1000+0ns")
    #expect(!times.values.contains { $0.hasPrefix("160") })
  }

  private func digest(_ source: FilePath, _ options: BuildOptions) async throws -> String {
    let folder = try TempFolder.current
    var options = options
    options.replacesExisting = true
    return try await sha256(Packed.make(source, in: folder.path, as: ExtensionTree.imageName, options).image)
  }
}
