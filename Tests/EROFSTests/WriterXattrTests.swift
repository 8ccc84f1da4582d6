import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

@testable import EROFS

/// What the writer makes of extended attributes: who shares what, prefixes, filters, order.
@Suite(.tempFolder) struct WriterXattrTests {
  private static func label(_ number: Int) -> ExtendedAttribute {
    ExtendedAttribute("security.selinux", Array("system_u:object_r:type_\(number)_t:s0\0".utf8))
  }

  private static func tree(_ files: [[ExtendedAttribute]]) throws -> FileTree {
    var tree = FileTree()
    for (number, attributes) in files.enumerated() {
      let attributes = FileAttributes(permissions: 0o644, extendedAttributes: attributes)
      try tree.insert(
        FileTree.Node(.regular(MemoryContent(Array("\(number)".utf8))), attributes), at: FilePath("usr/\(number)"))
    }
    return tree
  }

  private static func pool(_ files: [[ExtendedAttribute]], _ options: ErofsOptions = ErofsOptions()) throws -> XattrPool
  {
    let tree = try tree(files)
    return XattrPool(tree, try InodePlan(tree), try ImageFormat(options))
  }

  /// Hundreds of labels, common and long names, large values, ACLs, capabilities: all of it together.
  private static func everything() throws -> FileTree {
    var random = SplitMix64(seed: 9)
    let acl: [UInt8] =
      [2, 0, 0, 0] + [1, 0, 7, 0, 255, 255, 255, 255] + [2, 0, 5, 0, 232, 3, 0, 0] + [4, 0, 5, 0, 255, 255, 255, 255]
      + [16, 0, 7, 0, 255, 255, 255, 255] + [32, 0, 1, 0, 255, 255, 255, 255]
    var root = FileAttributes.directory
    root.extendedAttributes = [ExtendedAttribute("user.root", random.bytes(5000))]
    var tree = FileTree(rootAttributes: root)
    for number in 0..<700 where number % 7 > 0 {
      var own = [label(number % 300), ExtendedAttribute("user.composefs.digest.sha256", random.bytes(32))]
      if number % 2 == 0 { own.append(ExtendedAttribute("system.posix_acl_access", acl)) }
      if number % 3 == 0 { own.append(ExtendedAttribute("user.composefs.redirect", random.bytes(number % 40))) }
      if number % 5 == 0 { own.append(ExtendedAttribute("trusted.overlay.redirect", random.bytes(21))) }
      if number % 11 == 0 {
        own.append(ExtendedAttribute("security.capability", [1, 0, 0, 2, 0, 4] + [UInt8](repeating: 0, count: 14)))
        own.append(ExtendedAttribute("user." + String(repeating: "x", count: 1 + number % 250), [1]))
      }
      if number % 90 == 1 { own.append(ExtendedAttribute("user.large", random.bytes(60_000))) }
      if number == 99 || number == 100 {
        own += (0..<400).map { ExtendedAttribute("user.many.\($0)", [7, 7, 7, 7]) }
      }
      var attributes = FileAttributes(permissions: 0o644, extendedAttributes: own)
      // The kernel shows what an ACL says.
      if number % 2 == 0 { attributes.permissions = 0o771 }
      try tree.insert(
        FileTree.Node(.regular(MemoryContent(random.bytes(number % 900))), attributes),
        at: FilePath("d\(number % 9)/\(number)"))
    }
    let folder = FileAttributes(
      permissions: 0o771,
      extendedAttributes: ["system.posix_acl_default", "system.posix_acl_access"].map { ExtendedAttribute($0, acl) })
    try tree.insert(FileTree.Node(.directory, folder), at: "folder")
    return tree
  }

  private static func options(_ block: Int, _ tails: ErofsOptions.Tails?, _ prefixes: ErofsOptions.XattrPrefixes)
    -> ErofsOptions
  {
    var options = ErofsOptions(kernel: KernelVersion(6, 12))
    options.blockByteCount = block
    options.compression = tails == nil ? .none : .lz4
    options.pclusterByteCount = block
    options.tails = tails ?? .blocks
    options.xattrPrefixes = prefixes
    return options
  }

  static let modes: [ErofsOptions] = [
    options(4096, .inline, .automatic), options(4096, nil, .none), options(512, nil, .automatic),
    options(512, .inline, .automatic), options(4096, .fragments, .automatic),
    options(1024, .allFragments, .named(["user.composefs.", "security.selinux"])),
    options(4096, .blocks, .named(["user.composefs.d", "trusted.overlay.", "user.x"])),
  ]

  @Test(.needsMount(), .needs("fsck.erofs", in: .sid), arguments: modes)
  func kernelToolsAndReaderAgree(_ options: ErofsOptions) async throws {
    let tree = try Self.everything()
    let path = try TempFolder.current["image"]
    _ = try await ErofsWriter(options: options).write(tree, to: path, uuid: .zero)
    let expected = try readerManifest(tree)
    let image = try ErofsFileSystem(ByteStore(contentsOf: path))
    #expect(readerDifference(expected, try readerManifest(image.tree())) == [])
    let kernel = try await LoopMount.with(path) { try await readerManifest(DirectorySource($0).tree()) }
    #expect(readerDifference(expected, kernel).prefix(5) == [])
    let fsck = try await Tool("fsck.erofs", in: .sid).check(path.string)
    #expect(fsck.text.isEmpty, "\(fsck)")
    #expect(image.superblock.compatibleFeatures.contains(.xattrFilter))
    #expect(image.superblock.incompatibleFeatures.contains(.xattrPrefixes) == (options.xattrPrefixes != .none))
  }

  @Test func filtersFitAndLeaveNamesOut() async throws {
    let path = try TempFolder.current["image"]
    _ = try await ErofsWriter(options: Self.modes[0]).write(try Self.everything(), to: path, uuid: .zero)
    let image = try ErofsFileSystem(ByteStore(contentsOf: path))
    var filters: Set<UInt32> = []
    try image.tree().walk { (visit) throws(ImageError) in
      if let inode = try image.lookup(visit.path), let filter = try image.nameFilter(of: inode) {
        #expect(filter.stored == filter.fitting)
        filters.insert(filter.stored)
      }
      return true
    }
    #expect(filters.count > 10 && !filters.contains(.max))
  }

  @Test func whatIsShared() throws {
    var options = ErofsOptions()
    options.xattrPrefixes = .none
    // One inode: never. Two: where the area is small.
    #expect(try Self.pool([[Self.label(1)]]).sharedArea.isEmpty)
    let few = try Self.pool([[Self.label(2)], [Self.label(1)], [Self.label(2)], [Self.label(1)]])
    #expect(few.sharedArea.count == 2 * 44)
    // In a large area, what saves little is not: labels of two and of seven inodes.
    let many = try Self.pool(
      (0..<900).flatMap { [[Self.label(1000 + $0)], [Self.label(1000 + $0)]] }
        + [[ExtendedAttribute]](repeating: [Self.label(5)], count: 9), options)
    #expect(many.sharedArea.count == 44)
    // Entries of eight bytes: for two inodes an entry and two ids are no shorter.
    let short = [ExtendedAttribute("user.a", [])]
    #expect(try Self.pool([short, short]).sharedArea.isEmpty)
    #expect(try Self.pool([short, short, short]).sharedArea.count == 8)
    #expect(try Self.pool([[]]).isEmpty)
  }

  @Test func orderIsCanonical() throws {
    let attributes = (0..<300).map { ExtendedAttribute("user.\($0)", [1, 2, 3, 4]) } + [Self.label(1)]
    var turned = FileAttributes.file
    turned.extendedAttributes = attributes.reversed()
    let one = try Self.pool([attributes, attributes])
    var tree = FileTree()
    for name in ["0", "1"] {
      try tree.insert(FileTree.Node(.regular(MemoryContent([])), turned), at: FilePath("usr/\(name)"))
    }
    let other = XattrPool(tree, try InodePlan(tree), try ImageFormat(ErofsOptions()))
    #expect(one.sharedArea == other.sharedArea)
    #expect(one.body(of: 2) == other.body(of: 2))
    // 255 by id, the rest beside the inode.
    let body = one.body(of: 2)
    #expect(try XattrHeader(body.rawSpan).sharedCount == 255)
    let ids = try (0..<255).map { try body.rawSpan.u32(at: XattrHeader.byteCount + 4 * $0) }
    #expect(ids == ids.sorted())
  }

  @Test func prefixesAreThoseThatSave() throws {
    var options = ErofsOptions()
    let files = (0..<1000).map { number in
      ["digest", "redirect"].map {
        ExtendedAttribute("user.composefs.\($0).\(number % 2)", Array("\(number * 7919) and more".utf8))
      }
    }
    let names = try Self.pool(files, options).prefixes.prefixes.map { String(decoding: $0.infix, as: UTF8.self) }
    #expect(names == ["composefs.digest.0", "composefs.digest.1", "composefs.redirect.0", "composefs.redirect.1"])
    // Less than a block is saved.
    #expect(try Self.pool(Array(files.prefix(100)), options).prefixes.prefixes.isEmpty)
    options.xattrPrefixes = .none
    #expect(try Self.pool(files, options).prefixes.prefixes.isEmpty)
    // Linux 6.3 has no such table.
    options = ErofsOptions(kernel: KernelVersion(6, 3))
    #expect(try Self.pool(files, options).prefixes.prefixes.isEmpty)
    options.xattrPrefixes = .named(["user.composefs."])
    #expect(throws: ImageError(.invalidArgument, "")) { try options.validate() }
  }

  @Test func longestPrefixCounts() throws {
    var options = ErofsOptions()
    options.xattrPrefixes = .named(["user.comp", "user.composefs.", "trusted.composefs.", "user.comp"])
    let table = try Self.pool([], options).prefixes
    #expect(
      table.encoded == [5, 0, 1] + Array("comp".utf8) + [0, 11, 0, 1] + Array("composefs.".utf8) + [0, 0, 0]
        + [11, 0, 4] + Array("composefs.".utf8) + [0, 0, 0])
    #expect(table.split(1, Array("composefs.a".utf8)) == (0x81, Array("a".utf8)[...]))
    #expect(table.split(1, Array("comp".utf8)) == (0x80, []))
    #expect(table.split(6, Array("comp".utf8)) == (6, Array("comp".utf8)[...]))
  }

  @Test(arguments: [["user."], ["nobody."], ["system.posix_acl_access"], (0...128).map { "user.\($0)." }])
  func impossiblePrefixes(_ names: [String]) throws {
    var options = ErofsOptions()
    options.xattrPrefixes = .named(names)
    #expect(throws: ImageError(.invalidArgument, "")) { try options.validate() }
  }

  @Test func twiceTheSameName() async throws {
    let tree = try Self.tree([[ExtendedAttribute("user.a", [1]), ExtendedAttribute("user.a", [2])]])
    await #expect(throws: ImageError(.invalidArgument, "")) {
      try await ErofsWriter().write(tree, to: TempFolder.current["image"], uuid: .zero)
    }
  }
}
