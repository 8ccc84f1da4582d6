package import SystemPackage
import Testing

/// A small tree with one theme, for tests that go through all of them.
///
/// `build(at:)` needs root and a folder that takes all kinds of files, owners and xattrs: `TempFolder` on a disk.
package struct TreeCase: Sendable, CustomTestStringConvertible {
  package let name: String
  /// mkfs.erofs 1.5 cannot store it (names of 255 bytes), or no mkfs.erofs can reach it (paths beyond PATH_MAX).
  package var isBeyondMkfs = false
  /// Takes seconds, or gigabytes when it is stored without compression and holes.
  package var isLarge = false
  private let body: @Sendable (inout TreeBuilder) throws -> Void

  package init(
    _ name: String, isBeyondMkfs: Bool = false, isLarge: Bool = false,
    _ body: @escaping @Sendable (inout TreeBuilder) throws -> Void
  ) {
    self.name = name
    self.isBeyondMkfs = isBeyondMkfs
    self.isLarge = isLarge
    self.body = body
  }

  package var testDescription: String { name }

  /// Makes the tree in a folder that does not exist yet, and returns the folder.
  ///
  /// With `shuffled`, the entries of each folder are named in an order that depends on it. A tmpfs
  /// (`TempFolder.with(.memory)`) shows that to those who read the folder; other file systems have an order of their own.
  @discardableResult
  package func build(at folder: FilePath, shuffled seed: UInt64? = nil) throws -> FilePath {
    try TreeBuilder.build(folder) { builder in
      try body(&builder)
      if let seed { try builder.shuffle(seed: seed) }
    }
    return folder
  }

  /// Adds the tree's entries to another one (at the same paths).
  package func add(to builder: inout TreeBuilder) throws { try body(&builder) }

  /// Every case.
  package static let all: [TreeCase] =
    small + [manyEntries, hugeSparse]

  /// Every case that is made and read in well under a second.
  package static let small: [TreeCase] = [
    empty, sizes, contents, sparse, folders, deep, beyondPathMax, names, longNames, symlinks, hardLinks, specials,
    whiteout, owners, modes, times, xattrs, acls, sharedXattrs, rootAttributes,
  ]
}

// MARK: regular files

extension TreeCase {
  /// Nothing but the root.
  package static let empty = TreeCase("empty") { _ in }

  /// Sizes around every boundary that a format may have, as text, zeros and noise.
  package static let sizes = TreeCase("sizes") { tree in
    var sizes = [0, 1, 2, 15, 16, 17]
    for power in [32, 64, 512, 1024, 2048, 4096, 8192, 12_288, 16_384] { sizes += [power - 1, power, power + 1] }
    // Where inode, xattrs and tail no longer fit into one block together.
    for inode in [32, 64, 76, 88, 128] { sizes += [4096 - inode - 1, 4096 - inode, 4096 - inode + 1] }
    for size in sizes {
      let seed = UInt64(size) + 1
      try tree.file(RawName("text/\(size)"), .text(size, seed: seed))
      try tree.file(RawName("zero/\(size)"), .zero(size))
      try tree.file(RawName("random/\(size)"), .random(size, seed: seed))
    }
    for size in [65_535, 65_536, 65_537, 131_071, 131_072, 131_073, 1_048_575, 1_048_576, 1_048_577] {
      try tree.file(RawName("text/\(size)"), .text(size, seed: UInt64(size)))
      try tree.file(RawName("zero/\(size)"), .zero(size))
    }
    try tree.file("random/65537", .random(65_537, seed: 7))
  }

  /// Data that makes a compressor change its mind.
  package static let contents = TreeCase("contents") { tree in
    func alternating(_ count: Int, _ size: Int, _ seed: UInt64) -> Content {
      .joined(
        (0..<count).map {
          $0 % 2 == 0 ? .text(size, seed: seed + UInt64($0)) : .random(size, seed: seed + UInt64($0))
        })
    }
    try tree.file("constant", .repeating([0xAA], count: 300_000))
    try tree.file("period-3", .repeating(Array("abc".utf8), count: 50_000))
    try tree.file("period-4099", .repeating(Content.random(4099, seed: 3).bytes, count: 40))
    try tree.file("blocks-of-one-byte", .joined((0..<256).map { .repeating([UInt8($0)], count: 4096) }))
    try tree.file("alternating-4096", alternating(40, 4096, 100))
    try tree.file("alternating-1500", alternating(90, 1500, 200))
    try tree.file("alternating-70000", alternating(8, 70_000, 300))
    try tree.file("text-then-random", .joined([.text(90_000, seed: 4), .random(20_000, seed: 5)]))
    try tree.file("random-then-text", .joined([.random(20_000, seed: 6), .text(90_000, seed: 7)]))
    try tree.file("random-then-zeros", .joined([.random(10_001, seed: 8), .zero(1_000_000)]))
    try tree.file("zeros-then-random", .joined([.zero(1_000_000), .random(10_001, seed: 9)]))
    try tree.file("one-byte-tail", .joined([.text(20_480, seed: 10), .utf8("Z")]))
    try tree.file("same-as-text", .text(150_000, seed: 11))
    try tree.file("same-as-text-again", .text(150_000, seed: 11))
    try tree.file("same-shifted", .joined([.random(100, seed: 12), .text(150_000, seed: 11)]))
    // Longer than any segment that is compressed on its own.
    try tree.file("large-text", .text(5_000_123, seed: 13))
    try tree.file("large-random", .random(2_500_001, seed: 14))
    try tree.file("large-mixed", alternating(60, 50_001, 400))
  }

  /// Holes at the start, middle and end, next to data.
  package static let sparse = TreeCase("sparse") { tree in
    try tree.sparseFile("all-hole", 3 << 20)
    try tree.sparseFile("all-hole-odd", (1 << 20) + 17)
    try tree.sparseFile("start-only", 1 << 20, [(0, .utf8("start"))])
    try tree.sparseFile("end-only", 1 << 20, [((1 << 20) - 3, .utf8("end"))])
    try tree.sparseFile("middle", 1 << 20, [(500_000, .text(9000, seed: 1))])
    try tree.sparseFile("ends", (4 << 20) + 1, [(0, .random(5000, seed: 2)), (4 << 20, .utf8("!"))])
    try tree.sparseFile("comb", 40 * 16_384, (0..<20).map { ($0 * 32_768, .text(4096, seed: 3 + $0)) })
    try tree.sparseFile("block-in-block", 4096, [(1000, .utf8("x"))])
  }

  /// A file beyond 4 GiB: data at its start, across the border and at its end.
  package static let hugeSparse = TreeCase("huge-sparse", isLarge: true) { tree in
    let border: UInt64 = 1 << 32
    try tree.sparseFile(
      "huge", border + (64 << 20) + 5,
      [
        (0, .text(100_000, seed: 1)), (border - 5000, .random(10_000, seed: 2)),
        (border + (64 << 20), .utf8("tail!")),
      ])
  }
}

// MARK: folders and names

extension TreeCase {
  /// Folders of every small size, and folders whose entries fill blocks exactly, or miss it by one.
  package static let folders = TreeCase("folders") { tree in
    // One file with many names is quicker to make than many files.
    try tree.file("seed", .utf8("seed"))
    try tree.directory("empty")
    try tree.directory("empty-private", .mode(0o700))
    for count in stride(from: 1, through: 100, by: 3) {
      for index in 0..<count {
        let name = "\(1000 + index)" + String(repeating: "s", count: index % 53)
        try tree.link(RawName("steps/\(count)/\(name)"), to: "seed")
      }
    }
    // An entry takes 12 bytes and its name, "." and ".." together 27: 100 entries of 40, and a last one.
    for (label, last) in [("4095", 56), ("4096", 57), ("4097", 58)] {
      for index in 0..<100 {
        let name = "\(100 + index)" + String(repeating: "x", count: 25)
        try tree.link(RawName("full/\(label)/\(name)"), to: "seed")
      }
      try tree.link(RawName("full/\(label)/") + RawName(repeating: 122, count: last), to: "seed")
    }
    // 32 bytes each: from the second block on, 128 entries fill a block exactly.
    for (label, count) in [("2-blocks-less", 254), ("2-blocks", 255), ("2-blocks-more", 256), ("3-blocks", 383)] {
      for index in 0..<count {
        try tree.link(RawName("full/\(label)/\(1000 + index)abcdefghijklmnop"), to: "seed")
      }
    }
    for index in 0..<3000 {
      let name = "\(10_000 + index)-" + String(repeating: "k", count: index * 7 % 41)
      try tree.file(RawName("many/\(name)"))
    }
    for index in 0..<300 { try tree.directory(RawName("many-folders/\(index)")) }
  }

  /// Tens of thousands of entries in one folder.
  package static let manyEntries = TreeCase("many-entries", isLarge: true) { tree in
    for index in 0..<40_000 { try tree.file(RawName("folder/file-\(index)"), .utf8("\(index)")) }
  }

  /// Sixty folders, one in the other.
  package static let deep = TreeCase("deep") { tree in
    var path: RawName = "top"
    for level in 0..<60 { path = path / RawName("level-\(level)") }
    try tree.file(path / "leaf", .utf8("deep\n"))
    try tree.symlink(path / "up", to: "../../../..")
  }

  /// A path that no single system call takes.
  package static let beyondPathMax = TreeCase("beyond-path-max", isBeyondMkfs: true) { tree in
    var path: RawName = "top"
    for level in 0..<40 { path = path / RawName(repeating: UInt8(97 + level % 26), count: 120) }
    try tree.file(path / "leaf", .utf8("very deep\n"), .file.xattr("user.where", Array("below".utf8)))
    try tree.symlink(path / "link", to: "leaf")
    try tree.fifo(path / "fifo")
  }

  /// Names that are no UTF-8, look like something else, or differ only for those who look at bytes.
  package static let names = TreeCase("names") { tree in
    let odd: [RawName] = [
      "a", "A", "b.txt", "...", "..x", ".hidden", "~", " ", " space ", "-dash", "--help", "*?[glob]", "\"quote'",
      "$HOME",
      "%41", "back\\slash", "new\nline", "tab\there", "\u{1}\u{2}", "\u{7f}", "!", "+", "#", "nfc-\u{e9}",
      "nfd-e\u{301}",
      "\u{1F600}", "latin1-" + RawName([0xE9]), RawName([0xFF, 0xFE, 0xFD]), RawName([0x80]), RawName([0xC3]),
      "cut-" + RawName([0xE2, 0x82]),
    ]
    for name in odd {
      try tree.file(name, .bytes(name.bytes))
      try tree.file("folder-" + name / "inside", .bytes(name.bytes))
    }
    // Where "/" sorts after other characters: paths sort otherwise than names.
    for name in ["s/a.b", "s/a/b", "s/a-b", "s/a b", "s/a0", "s/ab", "s/a!/c"] as [RawName] {
      try tree.file(name, .bytes(name.bytes))
    }
    for length in [1, 7, 8, 100, 127, 128, 200, 254] { try tree.file("length/" + RawName(count: length)) }
  }

  /// Names of 255 bytes, fifteen to a block.
  package static let longNames = TreeCase("long-names", isBeyondMkfs: true) { tree in
    for index in 0..<80 { try tree.file(RawName("\(100 + index)") + RawName(repeating: 102, count: 252)) }
    try tree.file("bytes/" + RawName(repeating: 0xFF, count: 255))
    try tree.directory("folders/" + RawName(repeating: 100, count: 255))
    try tree.symlink("links/" + RawName(repeating: 108, count: 255), to: RawName(repeating: 116, count: 255))
  }
}

// MARK: links and special files

extension TreeCase {
  /// Targets of every length up to the longest, and odd ones.
  package static let symlinks = TreeCase("symlinks") { tree in
    try tree.file("file", .utf8("target\n"))
    let odd: [RawName] = [
      "file", "nowhere", ".", "..", "/", "/usr/bin/env", "../outside", "sub/", "loop", " ", "new\nline", "a\\b",
      "caf" + RawName([0xE9]), RawName([0xFF, 0xFE]), "\u{e9}", "e\u{301}",
    ]
    for (index, target) in odd.enumerated() { try tree.symlink(RawName("odd-\(index)"), to: target) }
    try tree.symlink("loop", to: "loop")
    for length in [
      1, 2, 15, 16, 31, 32, 59, 60, 61, 63, 64, 255, 256, 1000, 3967, 3968, 4000, 4031, 4032, 4063, 4064, 4095,
    ] {
      let target = String(repeating: "0123456789abcde/", count: 256).prefix(length)
      try tree.symlink(RawName("length-\(length)"), to: RawName(String(target)))
    }
    try tree.symlink("time", to: "file", Attributes(mode: 0o777, uid: 5, gid: 6).time(1_234_567_890, 987_654_321))
  }

  /// One file under several names: of every kind, and across folders.
  package static let hardLinks = TreeCase("hard-links") { tree in
    try tree.file("z/first", .text(9000, seed: 1))
    try tree.link("a/second", to: "z/first")
    try tree.link("third", to: "z/first")
    try tree.file("empty-1")
    try tree.link("empty-2", to: "empty-1")
    try tree.file("with-xattr", .utf8("x"), .file.xattr("user.hard", Array("link".utf8)))
    try tree.link("z/with-xattr", to: "with-xattr")
    try tree.symlink("symlink-1", to: "third")
    try tree.link("z/symlink-2", to: "symlink-1")
    try tree.fifo("fifo-1")
    try tree.link("fifo-2", to: "fifo-1")
    try tree.socket("socket-1")
    try tree.link("socket-2", to: "socket-1")
    try tree.characterDevice("null-1", 1, 3)
    try tree.link("a/null-2", to: "null-1")
    // Same content, but two files.
    try tree.file("twin-1", .utf8("twin"))
    try tree.file("twin-2", .utf8("twin"))
    try tree.file("many", .utf8("many names"))
    // More than 16 bits would be too many for ext4.
    for index in 0..<1000 { try tree.link(RawName("names/\(index)"), to: "many") }
  }

  /// FIFOs, sockets and devices, with the largest numbers that Linux knows.
  package static let specials = TreeCase("specials") { tree in
    try tree.fifo("fifo", .mode(0o640))
    try tree.socket("socket")
    let numbers: [(UInt64, UInt64)] = [
      (1, 3), (0, 1), (1, 0), (8, 255), (8, 256), (255, 255), (256, 0), (259, 1_048_575), (4095, 70_000),
      (4095, 1_048_575),
    ]
    for (major, minor) in numbers {
      try tree.characterDevice(RawName("character-\(major)-\(minor)"), major, minor, .mode(0o666))
      try tree.blockDevice(RawName("block-\(major)-\(minor)"), major, minor, .mode(0o660))
    }
    try tree.fifo("fifo-with-xattr", .file.xattr("trusted.kind", Array("fifo".utf8)))
    try tree.fifo("fifo-big-owner", .owner(4_000_000_000, 70_000).time(5_000_000_000, 5))
    try tree.blockDevice("block-with-xattr", 8, 1, .mode(0o600).xattr("trusted.kind", Array("block".utf8)))
  }

  /// What an overlay file system takes for a deleted file.
  package static let whiteout = TreeCase("whiteout") { tree in
    try tree.characterDevice("gone", 0, 0, .mode(0))
    try tree.directory("opaque", .folder.xattr("user.overlay.opaque", Array("y".utf8)))
  }
}

// MARK: attributes

extension TreeCase {
  /// Owners around 16 and 32 bits.
  package static let owners = TreeCase("owners") { tree in
    let ids: [UInt32] = [0, 1, 1000, 65_533, 65_534, 65_535, 65_536, 65_537, 1 << 24, 2_147_483_648, 4_294_967_294]
    for id in ids {
      try tree.file(RawName("user-\(id)"), .utf8("u"), .owner(id, 0))
      try tree.file(RawName("group-\(id)"), .utf8("g"), .owner(0, id))
      try tree.directory(RawName("folder-\(id)"), Attributes(mode: 0o755, uid: id, gid: id))
      try tree.symlink(RawName("symlink-\(id)"), to: "x", Attributes(mode: 0o777, uid: id, gid: id))
    }
  }

  /// All bits of a mode, on files and folders.
  package static let modes = TreeCase("modes") { tree in
    for mode in [
      0, 0o1, 0o4, 0o111, 0o400, 0o444, 0o600, 0o644, 0o755, 0o777, 0o1777, 0o2755, 0o4755, 0o6711, 0o7000, 0o7777,
    ] {
      let name = String(mode, radix: 8)
      try tree.file(RawName("file-\(name)"), .utf8(name), .mode(UInt32(mode)))
      try tree.directory(RawName("folder-\(name)"), .mode(UInt32(mode)))
    }
    try tree.directory("setgid-with-file", .mode(0o2775))
    try tree.file("setgid-with-file/inside", .utf8("i"), .owner(3, 4))
  }

  /// Nanoseconds, before 1970, and after every date that someone ran out of bits at.
  package static let times = TreeCase("times") { tree in
    let seconds: [Int64] = [
      0, 1, -1, -2, 951_782_400, 1_600_000_000, 2_147_483_647, 2_147_483_648, -2_147_483_648, 4_294_967_295,
      4_294_967_296,
      8_589_934_591, 15_032_385_535,
    ]
    for second in seconds {
      for nanosecond in [0, 1, 999, 500_000_000, 999_999_999] {
        try tree.file(RawName("\(second)+\(nanosecond)"), .utf8("t"), .file.time(second, nanosecond))
      }
      try tree.directory(RawName("folder-\(second)"), .folder.time(second, 7))
      try tree.symlink(RawName("symlink-\(second)"), to: "t", Attributes(mode: 0o777).time(second, 8))
    }
    try tree.directory("folder-with-file", .folder.time(1_111_111_111, 222_222_222))
    try tree.file("folder-with-file/inside")
  }

  /// Every kind of xattr: namespaces, empty and large values, long names, many on one file.
  package static let xattrs = TreeCase("xattrs") { tree in
    try tree.file("user", .utf8("u"), .file.xattr("user.mime_type", Array("text/plain".utf8)))
    try tree.file("empty-value", .utf8("e"), .file.xattr("user.empty", []))
    try tree.file("binary-value", .utf8("b"), .file.xattr("user.binary", [0, 255, 10, 0]))
    try tree.file("trusted", .utf8("t"), .file.xattr("trusted.note", Array("root only".utf8)))
    try tree.file("prefix-twice", .utf8("p"), .file.xattr("user.u", [1]).xattr("user.user.u", [2]))
    // cap_net_raw=ep, as the kernel stores it.
    let capability: [UInt8] = [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    try tree.file("capability", .utf8("c"), .program.xattr("security.capability", capability))
    try tree.file("large-value", .utf8("l"), .file.xattr("user.large", Content.random(3000, seed: 1).bytes))
    let long = "user." + RawName(repeating: 110, count: 250)
    try tree.file("long-name", .utf8("n"), .file.xattr(long, Array("long".utf8)))
    var many = Attributes.file
    for index in 0..<40 { many = many.xattr(RawName("user.number-\(index)"), Array("value \(index)".utf8)) }
    try tree.file("many", .utf8("m"), many)
    try tree.directory("folder", .folder.xattr("user.folder", [1]).xattr("trusted.folder", [2, 3]))
    try tree.symlink("symlink", to: "user", Attributes(mode: 0o777).xattr("trusted.symlink", Array("l".utf8)))
    try tree.file("no-utf8-name", .utf8("x"), .file.xattr("user." + RawName([0xFF, 0xE9]), [9]))
    // Sizes of xattrs and tail that meet at a block's end.
    for size in [3900, 3950, 4000, 4050, 4096, 4100] {
      try tree.file(
        RawName("tail-\(size)"), .random(size, seed: UInt64(size)),
        .file.xattr("user.filler", Content.random(41 + size % 7, seed: 2).bytes))
    }
  }

  /// POSIX ACLs on files and folders.
  package static let acls = TreeCase("acls") { tree in
    // Version 2, then (tag, permissions, id): owner, one user, group, one group, mask, others.
    func acl(_ user: UInt32, _ group: UInt32) -> [UInt8] {
      let none: UInt32 = 0xFFFF_FFFF
      let entries: [(UInt16, UInt16, UInt32)] = [
        (0x01, 7, none), (0x02, 6, user), (0x04, 5, none), (0x08, 4, group), (0x10, 7, none), (0x20, 4, none),
      ]
      var bytes: [UInt8] = [2, 0, 0, 0]
      for (tag, permissions, id) in entries {
        bytes += [UInt8(tag), 0, UInt8(permissions), 0]
        bytes += (0..<4).map { UInt8(truncatingIfNeeded: id >> (8 * $0)) }
      }
      return bytes
    }
    let access: RawName = "system.posix_acl_access"
    try tree.file("file", .utf8("a"), .file.xattr(access, acl(1000, 2000)))
    try tree.file("file-big-ids", .utf8("a"), .file.xattr(access, acl(70_000, 4_000_000_000)))
    try tree.file("file-and-user", .utf8("a"), .file.xattr(access, acl(1, 2)).xattr("user.also", [1]))
    let folder = Attributes.folder.xattr(access, acl(1000, 2000)).xattr("system.posix_acl_default", acl(1000, 2000))
    try tree.directory("folder", folder)
  }

  /// The same labels on many files: what a format stores once for all.
  package static let sharedXattrs = TreeCase("shared-xattrs") { tree in
    let labels = ["bin_t", "lib_t", "usr_t", "etc_t"].map { Array("system_u:object_r:\($0):s0".utf8) + [0] }
    for index in 0..<300 {
      var attributes = Attributes.file.xattr("security.selinux", labels[index % 4])
      if index % 3 == 0 { attributes = attributes.xattr("user.own", Array("\(index)".utf8)) }
      if index % 5 == 0 { attributes = attributes.xattr("user.shared", Array("the same everywhere".utf8)) }
      try tree.file(RawName("usr/\(index % 10)/\(index)"), .text(index * 13, seed: UInt64(index)), attributes)
    }
    for index in 0..<20 {
      try tree.symlink(
        RawName("usr/links/\(index)"), to: "x", Attributes(mode: 0o777).xattr("security.selinux", labels[index % 4]))
    }
    try tree.directory("usr", .folder.xattr("security.selinux", labels[2]))
  }

  /// The top folder's own owner, mode, time and xattrs.
  package static let rootAttributes = TreeCase("root-attributes") { tree in
    try tree.directory(
      RawName([]),
      Attributes(mode: 0o2751, uid: 70_000, gid: 3).time(1_500_000_000, 123_456_789).xattr("user.root", [1]))
    try tree.file("file", .utf8("f"))
  }
}

// MARK: extensions

extension TreeCase {
  /// A tree as system extensions are: programs, libraries, documentation, and an extension-release where one is given.
  ///
  /// `release` are its lines, such as `["ID=peer", "VERSION_ID=1"]`.
  package static func sysext(_ name: String, release: [String] = []) -> TreeCase {
    TreeCase("sysext-\(name)") { tree in
      try tree.file(RawName("usr/bin/\(name)-tool"), .utf8("#!/bin/sh\necho \(name)\n"), .program)
      try tree.file(RawName("usr/lib/\(name)/library.so"), .text(200_000, seed: 1), .program)
      try tree.symlink(RawName("usr/lib/\(name)/library.so.1"), to: "library.so")
      try tree.file(RawName("usr/share/doc/\(name)/README"), .text(5000, seed: 2))
      try tree.link(RawName("usr/share/doc/\(name)/README.again"), to: RawName("usr/share/doc/\(name)/README"))
      try tree.file(RawName("usr/share/\(name)/noise"), .random(70_000, seed: 3))
      try tree.file(RawName("opt/\(name)/data"), .utf8("opt\n"))
      if !release.isEmpty {
        let lines = release.map { $0 + "\n" }.joined()
        try tree.file(RawName("usr/lib/extension-release.d/extension-release.\(name)"), .utf8(lines))
      }
    }
  }
}
