import EROFS
import FileTree
import ImageCore
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Files with the same bytes are stored once, and nothing else is.
@Suite(.tempFolder, .needsMount()) struct WriterSharingTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let content: Content
  }

  /// Below and above the length from which files are compared beforehand, and beyond one segment.
  private static let contents = [
    Case(testDescription: "small noise", content: .random(9000, seed: 1)),
    Case(testDescription: "small text", content: .text(40_000, seed: 2)),
    Case(testDescription: "noise", content: .random(65_536, seed: 3)),
    Case(testDescription: "text", content: .text(100_001, seed: 4)),
    Case(
      testDescription: "segments", content: .joined([.text(1_500_000, seed: 5), .random(700_000, seed: 6), .zero(99)])),
  ]

  private static let options: [ErofsOptions] = [
    .plain(6, 1, .none), .plain(6, 1), .plain(6, 1, .lz4, 65_536, .inline), .plain(6, 1, .lz4, 16_384, .fragments),
    .plain(6, 10, .zstd(level: 1), 1 << 20, .inline) { $0.usesFullIndexes = true },
    .plain(6, 10, .lz4hc(level: 1), 4096, .fragments) { $0.blockByteCount = 1024 },
  ]

  /// Copies in several folders, with other owners and times: the image grows by inodes and indexes.
  @Test(arguments: contents, options) func equalFilesShareTheirData(_ test: Case, _ options: ErofsOptions) async throws
  {
    let bytes = test.content.bytes
    var options = options
    var other = FileAttributes(permissions: 0o600, uid: 70_000, modified: Timestamp(seconds: 3))
    other.extendedAttributes = [ExtendedAttribute("user.a", [1, 2, 3])]
    let copies: [(String, [UInt8], FileAttributes)] = [
      ("a/file", bytes, .file), ("a/other", bytes, .file), ("b/file", bytes, other), ("b/c/x", bytes, other),
    ]
    let alone = try await writerRoundTrip(try writerTree(Array(copies.prefix(1))), options, isMounted: false)
    let image = try await writerRoundTrip(try writerTree(copies), options, isMounted: true)
    let single = alone.byteCount
    // Inodes that are longer than a block take whole ones.
    let entries = bytes.count / options.blockByteCount * (options.usesFullIndexes ? 8 : 2)
    let index = entries < 3500 ? UInt64(entries + 512) : UInt64(entries + 8192)
    let growth = image.byteCount - single
    // Of stored files, the ends are beside the inodes.
    #expect(growth <= 3 * (index + 4096) + 8192, "\(growth) of \(single)")

    options.deduplication = .none
    let apart = try await writerRoundTrip(try writerTree(copies), options)
    let data = single - min(single, index + 12_288)
    #expect(apart.byteCount >= image.byteCount + 2 * data, "\(apart.byteCount) \(image.byteCount)")
  }

  /// Beginning and length are the same, and a digest of the beginning would be.
  @Test(arguments: options) func otherFilesDoNot(_ options: ErofsOptions) async throws {
    var files: [(path: String, bytes: [UInt8])] = []
    for size in [5000, 9000, 65_536, 300_000, (2 << 20) + 5000] {
      let bytes = Content.text(size, seed: 7).bytes
      for (index, position) in [0, size / 2, size - 1].enumerated() {
        var changed = bytes
        changed[position] ^= 1
        files.append(("\(size)-\(index)", changed))
      }
      files.append(("\(size)", bytes))
      files.append(("\(size)-shorter", bytes.dropLast()))
    }
    try await writerRoundTrip(try writerTree(files), options, isMounted: true)
  }

  /// Inodes of all lengths beside data that is the same: the end fits in some of their blocks and not in others.
  @Test(arguments: [5000, 70_000, (2 << 20) + 900], [ErofsOptions.Tails.inline, .fragments, .blocks])
  func tailsFitBesideSomeOfThem(_ size: Int, _ tails: ErofsOptions.Tails) async throws {
    for content in [
      Content.text(size, seed: 8), .random(size, seed: 9),
      .joined([.text(size - 900, seed: 8), .random(900, seed: 9)]),
    ] {
      let files = [0, 3900, 1, 100, 2500, 3700, 4000, 5000, 9000].enumerated().map { index, count in
        var attributes = FileAttributes(permissions: 0o644)
        if count > 0 {
          attributes.extendedAttributes = [ExtendedAttribute("user.x", [UInt8](repeating: UInt8(index), count: count))]
        }
        return ("folder-\(index % 3)/file-\(index)", content.bytes, attributes)
      }
      for compression in [ErofsOptions.Compression.none, .lz4] where compression != .none || tails != .fragments {
        try await writerRoundTrip(
          try writerTree(files), .plain(6, 18, compression, 16_384, tails), isMounted: true,
          "\(content)".prefix(40).description)
      }
    }
  }

  /// Each copy is stored in the way of its rule.
  @Test func rulesSetFilesApart() async throws {
    let options = ErofsOptions.plain(6, 18, .lz4, 16_384, .inline) {
      $0.rules = [
        CompressionRule("*.z", .zstd(level: 3)), CompressionRule("*.n", .none),
        CompressionRule("*.x", .lzma(level: 1), pclusterByteCount: 1 << 20),
      ]
    }
    for size in [20_000, 200_000, 3_000_000] {
      let bytes = Content.text(size, seed: 10).bytes
      let image = try await writerRoundTrip(
        try writerTree(["a.z", "a", "a.n", "a.x", "b.z", "b", "b.n", "b.x"].map { ($0, bytes) }), options,
        isMounted: true)
      #expect(image.superblock.algorithms == ["lz4", "lzma", "zstd"])
      let counts = try image.statistics().fileCountByStorage
      #expect(counts[.compressed] == 6 && counts[.flat, default: 0] + counts[.inline, default: 0] == 2)
    }
  }

  /// A second name is no second file.
  @Test(arguments: options) func hardLinksStayLinks(_ options: ErofsOptions) async throws {
    let bytes = Content.text(100_000, seed: 11).bytes
    var tree = try writerTree([("a", bytes), ("b", bytes), ("c", bytes)])
    try tree.link(try #require(tree.lookup("a")), at: "d/a")
    try tree.link(try #require(tree.lookup("c")), at: "d/c")
    let image = try await writerRoundTrip(tree, options, isMounted: true)
    let statistics = try image.statistics()
    #expect(statistics.fileCount == 3 && statistics.hardLinkCount == 2)
  }

  /// Before 6.1 two compressed files cannot have one pcluster.
  @Test func olderKernelsShareOnlyStoredData() async throws {
    for size in [20_000, 200_000] {
      let bytes = Content.text(size, seed: 12).bytes
      let tree = try writerTree((0..<9).map { ("file-\($0)", bytes) })
      let old = try await writerRoundTrip(tree, .plain(5, 17), isMounted: true)
      let new = try await writerRoundTrip(tree, .plain(6, 1), isMounted: true)
      #expect(try old.statistics().minimumKernel == KernelVersion(5, 4))
      #expect(try new.statistics().minimumKernel == KernelVersion(6, 1))
      #expect(old.byteCount > 4 * new.byteCount, "\(old.byteCount) \(new.byteCount)")
      let stored = try await writerRoundTrip(tree, .plain(5, 4, .none), isMounted: true)
      #expect(try stored.statistics().minimumKernel == KernelVersion(5, 4))
      #expect(stored.byteCount < UInt64(size + 9 * 4096 + 8192))
    }
  }

  /// Between comparing and packing.
  @Test(arguments: [ErofsOptions.Compression.none, .lz4]) func aFileThatChangesIsNoticed(
    _ compression: ErofsOptions.Compression
  ) async throws {
    let folder = try TempFolder.current
    try TreeBuilder.build(folder["source"]) {
      for name in ["a", "b", "c"] { try $0.file(RawName(name), .text(100_000, seed: 13)) }
    }
    let path = folder["source"].appending("a")
    // It is read for its digest and for the comparisons with the two others: from then on it is another one.
    for count in [1, 2, 3] {
      try Disk.write(Content.text(100_000, seed: 13).bytes, to: path)
      var tree = try await DirectorySource(folder["source"]).tree()
      let node = try #require(tree.lookup("a"))
      guard case .regular(let content) = tree[node].kind else {
        Issue.record("no file")
        return
      }
      tree[node].kind = .regular(ChangingContent(content, after: count) { try? Disk.overwrite("!", in: path) })
      await #expect(throws: ImageError(.changed, ""), "after \(count)") {
        try await ErofsWriter(options: .plain(6, 1, compression)).write(tree, to: folder["image"], uuid: .zero)
      }
    }
    #expect(try TreeListing.order(in: folder.path) == ["source"])
  }
}

/// A content that something happens to after some reads.
private final class ChangingContent: FileContent {
  private let content: any FileContent
  private let readCount = Mutex(0)
  private let limit: Int
  private let change: @Sendable () -> Void

  init(_ content: any FileContent, after limit: Int, _ change: @escaping @Sendable () -> Void) {
    self.content = content
    self.limit = limit
    self.change = change
  }

  var byteCount: UInt64 { content.byteCount }

  func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) throws(ImageError) {
    let count = readCount.withLock { count in
      count += 1
      return count
    }
    if count == limit + 1 { change() }
    try content.read(at: offset, into: &output, range)
  }
}

extension ErofsFileSystem {
  fileprivate var byteCount: UInt64 { UInt64(superblock.blockCount) * UInt64(superblock.blockByteCount) }
}
