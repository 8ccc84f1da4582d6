import ImageCore
import SystemPackage
import TestSupport
import Testing

/// Both ways to the attributes say the same, which is what was set.
@Suite(.tempFolder, .needsRoot) struct ExtendedAttributeTests {
  private static let ways = ExtendedAttributeCalls.allCases.filter {
    $0 == .throughProc || ExtendedAttributeCalls.best == .relative
  }

  private static let attributes: [RawName: [(name: RawName, value: [UInt8])]] = [
    "none": [],
    "empty": [("user.empty", [])],
    "every": [
      ("security.test", [1, 0, 2]), ("trusted.test", [3]), ("user.test", [4]),
      ("user.other", [5]),
    ],
    "long": [("user.long", Content.random(3000, seed: 1).bytes), ("user.512", [UInt8](repeating: 5, count: 512))],
    "many": (0..<60).map { (RawName("user.a-name-of-some-length-\($0)"), [UInt8($0)]) },
  ]

  private func found(_ name: [UInt8], in folder: FilePath, _ calls: ExtendedAttributeCalls) throws -> [RawName: [UInt8]]
  {
    let directory = try FileDescriptor.open(folder, .readOnly, options: .directory)
    defer { try? directory.close() }
    var result: [RawName: [UInt8]] = [:]
    for attribute in try POSIX.extendedAttributeNames(name, in: directory, calls: calls) {
      result[RawName(attribute)] = try POSIX.extendedAttribute(attribute, of: name, in: directory, calls: calls)
    }
    return result
  }

  @Test(arguments: ways, attributes.keys.sorted()) func ofAFile(_ calls: ExtendedAttributeCalls, _ name: RawName) throws
  {
    let folder = try TempFolder.current.path
    let expected = try #require(Self.attributes[name])
    try TreeBuilder.build(folder) { tree in
      try tree.file(name, .utf8(""), expected.reduce(.file) { $0.xattr($1.name, $1.value) })
      // Beside it, so that what is found is not the link's target's, nor the folder's.
      try tree.symlink("link", to: name)
    }
    let values = Dictionary(uniqueKeysWithValues: expected.map { ($0.name, $0.value) })
    #expect(try found(name.bytes, in: folder, calls) == values)
    #expect(try found(Array("link".utf8), in: folder, calls) == [:])
    #expect(try found([46], in: folder, calls) == [:])
  }

  /// What cannot be opened has attributes, too.
  @Test(arguments: ways) func ofWhatIsNoFile(_ calls: ExtendedAttributeCalls) throws {
    let folder = try TempFolder.current.path
    let attributes = Attributes.file.xattr("trusted.what", [1, 2, 3])
    try TreeBuilder.build(folder, root: .folder.xattr("user.root", [9])) { tree in
      try tree.fifo("fifo", attributes)
      try tree.socket("socket", attributes)
      try tree.characterDevice("device", 1, 3, attributes)
      try tree.symlink("dangling", to: "nowhere", attributes)
      try tree.directory("directory", attributes)
    }
    for name in ["fifo", "socket", "device", "dangling", "directory"] {
      #expect(try found(Array(name.utf8), in: folder, calls) == ["trusted.what": [1, 2, 3]], "\(name)")
    }
    #expect(try found([46], in: folder, calls) == ["user.root": [9]])
  }

  @Test(arguments: ways) func ofNothing(_ calls: ExtendedAttributeCalls) throws {
    let folder = try TempFolder.current.path
    #expect(throws: Errno.noSuchFileOrDirectory) { try found(Array("missing".utf8), in: folder, calls) }
    // A file system without attributes.
    #expect(try found(Array("stat".utf8), in: "/proc/self", calls).isEmpty)
  }
}
