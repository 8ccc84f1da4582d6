import EROFS
import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

/// Every feature of the newest mkfs.erofs, against the folder that the image was made from and against the kernel.
@Suite(
  .needs("mkfs.erofs", in: .sid), .needs("mkfs.erofs", in: .trixie), .needsRoot, .needsMount(), .timeLimit(.minutes(30))
) struct ReaderFeatureTests {
  /// A set of options, and the oldest kernel that reads what they make.
  struct Case: CustomTestStringConvertible {
    let options: String
    let kernel: KernelVersion

    init(_ options: String, _ major: Int, _ minor: Int) {
      self.options = options
      kernel = KernelVersion(major, minor)
    }

    /// mkfs.erofs 1.9.4 crashes on hints.
    var peer: Peer { options.contains("HINTS") ? .trixie : .sid }

    func words(hints: FilePath) -> [String] {
      options.split(separator: " ").map { $0 == "--compress-hints=HINTS" ? "--compress-hints=\(hints)" : String($0) }
    }

    var testDescription: String { options }
  }

  private static let cases: [Case] = [
    Case("-zlz4", 5, 4),
    Case("-zlz4 -C65536", 5, 13),
    Case("-zlz4 -Eztailpacking", 5, 17),
    Case("-zlz4 -Eztailpacking -Elegacy-compress", 5, 17),
    Case("-zlz4hc -Eztailpacking -C65536", 5, 17),
    Case("-zlz4 -Efragments", 6, 1),
    Case("-zlz4 -Efragments -C65536", 6, 1),
    Case("-zlz4hc -Efragments -C1048576", 6, 1),
    Case("-zlz4 -Efragments,legacy-compress", 6, 1),
    Case("-zlz4 -Eall-fragments", 6, 1),
    Case("-zlz4hc -Eall-fragments -C1048576", 6, 1),
    Case("-zlz4 -Ededupe", 6, 1),
    Case("-zlz4 -Ededupe,fragments -C65536", 6, 1),
    Case("-zlz4 -Ededupe,all-fragments", 6, 1),
    Case("-zlz4 -Ededupe,ztailpacking", 6, 1),
    Case("-b512", 6, 4),
    Case("-b512 -zlz4", 6, 8),
    Case("-b1024 -zlz4 -C16384 -Efragments", 6, 8),
    Case("-b2048 -zlz4hc -C65536 -Eztailpacking", 6, 8),
    Case("-b1024 -zlz4 -Ededupe", 6, 8),
    Case("--xattr-prefix=user.s --xattr-prefix=trusted.overlay. --xattr-prefix=security.", 6, 4),
    Case("-zlz4 -Efragments --xattr-prefix=user.same --xattr-prefix=user.", 6, 4),
    Case("-Exattr-name-filter", 5, 4),
    Case("-Exattr-name-filter --xattr-prefix=user.", 6, 4),
    Case("-zlzma", 5, 16),
    Case("-zlzma -C65536 -Eztailpacking", 5, 17),
    Case("-zlzma,level=9,lc=1,lp=2,pb=0 -C1048576 -Eall-fragments", 6, 1),
    Case("-zdeflate -C16384", 6, 6),
    Case("-zlibdeflate -C65536 -Eztailpacking", 6, 6),
    Case("-zdeflate,dictsize=4096 -C65536 -Ededupe,fragments", 6, 6),
    Case("-zzstd -C65536", 6, 10),
    Case("-zzstd -Eztailpacking", 6, 10),
    Case("-zzstd,level=19 -C1048576 -Eall-fragments,dedupe", 6, 10),
    Case("-b1024 -zzstd -C8192 -Efragments", 6, 10),
    Case("-b512 -zlzma -C65536", 6, 8),
    Case("-E48bit -zzstd -C65536", 6, 15),
    Case("-E48bit,all-fragments -zzstd -C1048576", 6, 15),
    Case("-E48bit,dedupe,fragments -zdeflate -C65536", 6, 15),
    Case("-E48bit -zlzma -C65536", 6, 15),
    Case("-zlz4:zstd -C65536 --compress-hints=HINTS", 6, 10),
    Case("-zdeflate:lzma:lz4hc -C65536 -Efragments --compress-hints=HINTS", 6, 6),
    Case("-E48bit", 6, 15),
    Case("-E48bit,dot-omitted --chunksize=4096", 6, 15),
    Case("-E48bit -zlz4", 6, 15),
    Case("-E48bit -zlz4 -C65536", 6, 15),
    Case("-E48bit,fragments -zlz4 -C65536", 6, 15),
    Case("-E48bit,all-fragments -zlz4 -C65536", 6, 15),
    Case("-E48bit,dedupe -zlz4", 6, 15),
    Case("-E48bit -b1024 -zlz4hc -C8192", 6, 15),
  ]

  @Test func equalsTheFolderAndTheKernel() async throws {
    try await TempFolder.with { folder in
      try makeSource(at: folder["source"])
      let source = try await DirectorySource(folder["source"]).tree()
      let expected = try readerManifest(source)
      let contents = try readerContents(source)
      // pcluster, algorithm by its place on the command line, pattern
      try TreeBuilder.build(folder["hints"]) { tree in
        try tree.file("file", .utf8("16384 1 text\n4096 0 mixed\n65536 1 large\n"))
      }
      for test in Self.cases {
        let words = test.words(hints: folder["hints"].appending("file"))
        let image = try await readerImage(of: folder["source"], words, at: folder["image"], by: test.peer)
        let statistics = try image.statistics()
        #expect(statistics.minimumKernel == test.kernel, "\(test.options) \(statistics.kernelFeatures)")
        let tree = try image.tree()
        try compareRandomReads(tree, contents, words)
        let manifest = try readerManifest(tree)
        let difference = readerDifference(expected, manifest)
        #expect(difference == [], "\(test.options)\n\(difference.prefix(9).joined(separator: "\n"))")
        let kernel = try await LoopMount.with(folder["image"]) { try await readerManifest(DirectorySource($0).tree()) }
        let kernelDifference = readerDifference(kernel, manifest)
        #expect(kernelDifference == [], "\(test.options)\n\(kernelDifference.prefix(9).joined(separator: "\n"))")
      }
    }
  }

  @Test func filtersOfNamesFit() async throws {
    try await TempFolder.with { folder in
      try makeSource(at: folder["source"])
      for options in [["-Exattr-name-filter"], ["-Exattr-name-filter", "--xattr-prefix=user.", "-x1"]] {
        let image = try await readerImage(of: folder["source"], options, at: folder["image"], by: .sid)
        var count = 0
        try image.tree().walk { (visit) throws(ImageError) in
          // Each step of a long path is looked up anew: a few are enough.
          if visit.path.count > 9 { return false }
          guard let inode = try image.lookup(visit.path), let filter = try image.nameFilter(of: inode) else {
            return true
          }
          #expect(filter.stored == filter.fitting && filter.stored != .max, "\(options) \(visit.description)")
          count += 1
          return true
        }
        #expect(count > 30)
      }
    }
  }

  /// Files whose tails, fragments and copies matter.
  private func makeSource(at folder: FilePath) throws {
    try TreeBuilder.build(folder) { _ in }
    for treeCase in [TreeCase.xattrs, .acls, .sharedXattrs, .folders] {
      try treeCase.build(at: folder.appending(treeCase.name))
    }
    try TreeBuilder.build(folder) { tree in
      for (index, size) in [1, 100, 4000, 4095, 4096, 4097, 5000, 8192, 20_000, 70_000, 200_000].enumerated() {
        let seed = UInt64(index + 1)
        try tree.file(
          "files/text-\(size)", .text(size, seed: seed), .file.xattr("user.same", [1]).xattr("user.s\(size)", [2]))
        try tree.file("files/random-\(size)", .random(size, seed: seed), .file.xattr("trusted.overlay.\(size)", []))
        try tree.file("files/mixed-\(size)", .joined([.text(size, seed: seed + 50), .random(size / 3, seed: seed)]))
        // The same content once more, and behind something else.
        try tree.file("files/copy-\(size)", .text(size, seed: seed))
        try tree.file("files/shifted-\(size)", .joined([.text(777, seed: 99), .text(size, seed: seed)]))
      }
      try tree.file("files/zeros", .zero(1_000_000))
      try tree.file(
        "files/large", .joined([.text(400_000, seed: 7), .random(50_000, seed: 8), .text(90_000, seed: 9)]))
      try tree.file("files/large-copy", .joined([.random(1234, seed: 1), .text(400_000, seed: 7), .zero(5000)]))
    }
  }
}
