import SysextImage
import TestSupport

/// A small tree that is made in memory: the same on every machine, for images whose bytes are known.
enum Fixture {
  static func tree() throws -> FileTree {
    var tree = FileTree(rootAttributes: attributes(0o755))
    func add(_ path: FilePath, _ kind: FileTree.Kind, _ attributes: FileAttributes) throws {
      try tree.insert(FileTree.Node(kind, attributes), at: path)
    }
    func file(_ path: FilePath, _ content: Content, _ attributes: FileAttributes) throws {
      try add(path, .regular(MemoryContent(content.bytes)), attributes)
    }
    try file("usr/bin/tool", .utf8("#!/bin/sh\necho tool\n"), attributes(0o4755))
    try file("usr/lib/library.so", .text(300_000, seed: 1), attributes(0o755, nanoseconds: 123_456_789))
    try file("usr/lib/noise", .random(70_001, seed: 2), attributes(0o644))
    try file("usr/lib/zeros", .zero(200_000), attributes(0o644))
    try file("usr/share/empty", .bytes([]), attributes(0o600, owner: 70_000))
    try file("usr/share/block", .text(4096, seed: 3), attributes(0o644))
    try file(
      "usr/share/labelled", .utf8("label\n"),
      attributes(0o644, xattrs: [("security.selinux", "system_u:object_r:usr_t:s0\0"), ("user.note", "one")]))
    try file(
      "usr/share/labelled-too", .utf8("label\n"),
      attributes(0o644, xattrs: [("security.selinux", "system_u:object_r:usr_t:s0\0"), ("user.note", "two")]))
    try add("usr/lib/library.so.1", .symlink(target: Array("library.so".utf8)), attributes(0o777))
    try add("opt/fifo", .fifo, attributes(0o620, owner: 5))
    try add("opt/null", .characterDevice(DeviceNumber(major: 1, minor: 3)), attributes(0o666))
    for index in 0..<300 { try file(FilePath("opt/many/file-\(index)"), .utf8("\(index)\n"), attributes(0o644)) }
    if let first = tree.lookup("usr/lib/library.so") { try tree.link(first, at: "opt/linked") }
    return tree
  }

  private static func attributes(
    _ permissions: UInt16, owner: UInt32 = 0, nanoseconds: UInt32 = 0, xattrs: [(String, String)] = []
  ) -> FileAttributes {
    FileAttributes(
      permissions: permissions, uid: owner, gid: owner,
      modified: Timestamp(seconds: 1_600_000_000, nanoseconds: nanoseconds),
      extendedAttributes: xattrs.map { ExtendedAttribute($0, $1.utf8) })
  }

  /// Builds the image `fixture-1.x86-64.raw` and returns its SHA-256.
  static func digest(in folder: FilePath, _ options: BuildOptions) async throws -> String {
    let image = folder.appending("fixture-1.x86-64.raw")
    var options = options
    options.replacesExisting = true
    _ = try await SysextBuilder(output: image, options: options).build(try tree(), to: image)
    return try await sha256(image)
  }
}
