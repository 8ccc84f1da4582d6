import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

@testable import EROFS

/// Images whose blocks have addresses of more than 32 bits: the data begins far behind the front, and what is between is
/// a hole in a file in memory.
@Suite(.tempFolder, .needsMount()) struct WriterLargeTests {
  /// Where the data begins.
  private static let starts: [UInt64] = [
    // The first blocks are below the border, or what ends behind it begins below it.
    1 << 32 - 3, 1 << 32 - 700,
    1 << 32 + 5,
    // The last bit but one of 48; a file in memory has at most 2⁶³ bytes.
    1 << 46 + 1 << 33,
  ]

  private static let options: [ErofsOptions] = [
    .plain(6, 15, .none), .plain(6, 15, .none) { $0.blockByteCount = 512 },
    .plain(6, 15), .plain(6, 15, .lz4, 4096, .inline), .plain(6, 15, .lz4, 65_536, .fragments),
    .plain(6, 15, .lz4, 16_384, .inline) { $0.blockByteCount = 512 },
    .plain(6, 15, .zstd(level: 1), 1 << 18, .allFragments) { $0.blockByteCount = 1024 },
    .plain(6, 18, .lz4, 8192, .blocks) {
      $0.usesFullIndexes = true
      $0.deduplication = .extents
      $0.rules = [CompressionRule("*.none", .none), CompressionRule("*.lzma", .lzma(level: 1))]
    },
  ]

  /// Everything that has an address, in all forms.
  private static func tree() throws -> FileTree {
    var random = WriterRandomTree(seed: 48, isMountable: true)
    var tree = try random.tree()
    var long = FileAttributes(permissions: 0o777, modified: Timestamp(seconds: 1))
    long.extendedAttributes = [ExtendedAttribute("security.a", [UInt8](repeating: 1, count: 3000))]
    let text = Content.text(300_000, seed: 1).bytes
    let files: [(String, Content, FileAttributes)] = [
      ("noise", .random(10_000, seed: 1), .file), ("blocks", .random(8192, seed: 2), .file),
      ("text", .bytes(text), .file), ("other", .bytes(text), long),
      ("similar", .joined([.random(5000, seed: 3), .bytes(text), .random(5000, seed: 4)]), .file),
      // It ends inside an extent of the other one.
      ("beginning", .joined([.bytes(Array(text[..<160_000])), .text(50_000, seed: 11)]), .file),
      // Stored blocks that begin inside a block of the file.
      ("mixed", .joined([.text(30_001, seed: 12), .random(300_000, seed: 12), .text(10_000, seed: 12)]), .file),
      ("segments", .joined([.text(5 << 20, seed: 5), .random(5000, seed: 6)]), .file),
      ("segments.none", .random(1_500_000, seed: 6), .file), ("text.lzma", .text(200_000, seed: 7), .file),
      ("sparse.none", .joined([.random(70_000, seed: 8), .zero(200_000), .text(90_001, seed: 8)]), .file),
      ("zeros.none", .zero(1 << 20), .file), ("tail", .text(5001, seed: 9), long),
    ]
    for (name, content, attributes) in files {
      let node = FileTree.Node(.regular(MemoryContent(content.bytes)), attributes)
      // More than one name: an inode that must count them.
      try tree.link(try tree.insert(node, at: FilePath("files/\(name)")), at: FilePath("links/\(name)"))
      try tree.insert(node, at: FilePath("copies/\(name)"))
    }
    // An attribute that no other has, after which a map of eight bytes each needs padding.
    var own = FileAttributes.file
    own.extendedAttributes = [ExtendedAttribute("security.b", [1, 2, 3])]
    let sparse = Content.joined([.random(70_000, seed: 12), .zero(200_000), .random(70_000, seed: 13)])
    try tree.insert(FileTree.Node(.regular(MemoryContent(sparse.bytes)), own), at: "files/own.none")
    let target = [UInt8](repeating: 97, count: 4000)
    try tree.insert(FileTree.Node(.symlink(target: target), long), at: "links/symlink")
    for index in 0..<300 {
      let name = FilePath("many/a directory of several blocks \(index)")
      try tree.insert(FileTree.Node(.directory, index == 7 ? long : .directory), at: name)
    }
    return tree
  }

  @Test(.needs("fsck.erofs", in: .sid), arguments: options, starts)
  func addressesBeyond32Bits(_ options: ErofsOptions, _ start: UInt64) async throws {
    var limits = ErofsWriter.Limits()
    limits.firstBlock = start
    var tree = try Self.tree()
    try await TempFolder.with(.memory) { folder in
      let image = try await writerRoundTrip(tree, options, limits: limits, in: folder, isMounted: true)
      #expect(image.superblock.blockCount > 1 << 32)
      #expect(image.superblock.incompatibleFeatures.contains(.blockAddress48))
      #expect(try image.statistics().minimumKernel == KernelVersion(6, 15))
      // erofs-utils unpack no attributes.
      tree.removeAttributes()
      let target = folder["unpacked"]
      try await Tool("fsck.erofs", in: .sid).check("--extract=\(target)", "--preserve", folder["image"].string)
      let unpacked = try await readerManifest(DirectorySource(target).tree())
      // Nor do they keep links' modes, and holes at the end of a file.
      let differences = readerDifference(try readerManifest(tree), unpacked)
        .filter { !$0.contains(" link ") && !$0.contains("/zeros.none ") }.map { String($0.prefix(300)) }
      #expect(differences == [])
    }
  }

  /// More than 4 GiB, which few records describe: those of extents have another length, chunks are larger.
  @Test(arguments: [options[0], .plain(6, 15, .zstd(level: 1), 1 << 20), .plain(6, 15, .lz4, 1 << 20, .fragments)])
  func filesOver4GiB(_ options: ErofsOptions) async throws {
    var tree = FileTree()
    let content = LongContent(byteCount: 4 << 30 + 5 << 20 + 4567)
    try tree.insert(FileTree.Node(.regular(content), .file), at: "file")
    var limits = ErofsWriter.Limits()
    limits.firstBlock = 1 << 32
    try await TempFolder.with(.memory) { folder in
      let path = folder["image"]
      _ = try await ErofsWriter(options: options, limits: limits).write(tree, to: path, uuid: .zero)
      let image = try ErofsFileSystem(ByteStore(contentsOf: path))
      let inode = try #require(try image.lookup("file"))
      let read = try image.content(of: inode)
      #expect(read.byteCount == content.byteCount)
      try await LoopMount.with(path) { mounted in
        let kernel = try ByteStore(contentsOf: mounted.appending("file"))
        #expect(kernel.byteCount == content.byteCount)
        for place in [0, 3 << 20 - 10, 1 << 31, 4 << 30 - 70_000, 4 << 30 + 5 << 20 - 95_433] as [UInt64] {
          var wanted = [UInt8](repeating: 0xA5, count: 100_000)
          var got = wanted
          content.read(at: place, into: &wanted, wanted.indices)
          try read.read(at: place, into: &got, got.indices)
          let shown = try kernel.bytes(at: place, count: got.count)
          // Without a list of all that differs.
          #expect((got == wanted) as Bool, "at \(place)")
          #expect((shown == wanted) as Bool, "the kernel, at \(place)")
        }
      }
    }
  }

  // MARK: the choice

  /// What fits in 32 bits is the same for every kernel.
  @Test(arguments: [ErofsOptions.Compression.none, .lz4]) func smallImagesHave32Bits(
    _ compression: ErofsOptions.Compression
  ) async throws {
    let tree = try Self.tree()
    var images: [[UInt8]] = []
    for minor in [8, 18] {
      let image = try await writerRoundTrip(tree, .plain(6, minor, compression))
      #expect(!image.superblock.incompatibleFeatures.contains(.blockAddress48))
      images.append(try Disk.read(try TempFolder.current["image"]))
    }
    #expect(images[0] == images[1])
  }

  /// An older kernel gets 32 bits as long as they do, however large the image might have been.
  @Test func olderKernelsGet32Bits() async throws {
    let tree = try writerTree([("file", Content.random(100_000, seed: 1).bytes)])
    var limits = ErofsWriter.Limits()
    limits.firstBlock = 1 << 32 - 1000
    try await TempFolder.with(.memory) { folder in
      let old = try await writerRoundTrip(tree, .plain(6, 14, .none), limits: limits, in: folder, isMounted: true)
      #expect(try old.statistics().minimumKernel < KernelVersion(6, 15))
      let new = try await writerRoundTrip(tree, .plain(6, 15, .none), limits: limits, in: folder, isMounted: true)
      #expect(try new.statistics().minimumKernel == KernelVersion(6, 15))
      #expect(new.superblock.blockCount < 1 << 32)
    }
  }

  @Test func whatCannotBeAddressedIsRefused() async throws {
    let tree = try writerTree([("file", Content.random(100_000, seed: 1).bytes)])
    let cases: [(Int, UInt64, String)] = [
      (14, 1 << 32 - 5, "2^32 blocks of 512 bytes, which needs 48-bit block addresses: Linux 6.15 and newer"),
      (18, 1 << 48 - 5, "2^48 blocks of 512 bytes"),
    ]
    for (minor, start, words) in cases {
      var limits = ErofsWriter.Limits()
      limits.firstBlock = start
      let options = ErofsOptions.plain(6, minor, .none) { $0.blockByteCount = 512 }
      try await TempFolder.with(.memory) { folder in
        let error = await #expect(throws: ImageError.self) {
          try await ErofsWriter(options: options, limits: limits).write(tree, to: folder["image"], uuid: .zero)
        }
        #expect(error?.code == .limit)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        let left = try TreeListing.order(in: folder.path)
        #expect(left.isEmpty)
      }
    }
  }

  /// No image is longer than what the choice is made by.
  @Test(arguments: 2000..<2024) func imagesAreNotLongerThanTheBound(seed: Int) async throws {
    var random = WriterRandomTree(seed: UInt64(seed))
    var randomOptions = WriterRandomOptions(seed: UInt64(seed))
    let tree = try random.tree()
    var options = randomOptions.options()
    options.blockByteCount = 512
    options.pclusterByteCount = max(512, options.pclusterByteCount / 16)
    guard (try? options.validate()) != nil else { return }
    let path = try TempFolder.current["image"]
    let report = try await ErofsWriter(options: options).write(tree, to: path, uuid: .zero)
    // Less what is there for the runs of a large image.
    let bound = SizeBound(tree, try InodePlan(tree)).blockCount(try #require(BlockSize(byteCount: 512))) - 1 << 16
    #expect(report.byteCount / 512 <= bound, "seed \(seed): \(options.words)")
  }
}

/// Text at every 2³⁰ bytes and at the end, zeros between.
private struct LongContent: FileContent {
  private static let text = Content.text(200_000, seed: 1).bytes
  let byteCount: UInt64

  func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) {
    output.fillZero(range)
    for start: UInt64 in [0, 1 << 30, 2 << 30, 3 << 30, 4 << 30 - 100_000, byteCount - 200_000] {
      let low = max(start, offset)
      let high = min(start + UInt64(Self.text.count), offset + UInt64(range.count))
      if low < high {
        output.copy(Self.text, Int(low - start)..<Int(high - start), to: range.lowerBound + Int(low - offset))
      }
    }
  }
}

extension FileTree {
  /// Takes the extended attributes of all nodes away.
  fileprivate mutating func removeAttributes() {
    var nodes: [NodeID] = []
    try? walk { visit in
      nodes.append(visit.node)
      return true
    }
    for node in nodes { self[node].attributes.extendedAttributes = [] }
  }
}
