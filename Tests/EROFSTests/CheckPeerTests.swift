import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

@testable import EROFS

/// Whole checks of images by mkfs.erofs: nothing is wrong with them.
@Suite(.needs("mkfs.erofs", in: .sid), .needs("fsck.erofs", in: .sid), .needsRoot, .timeLimit(.minutes(30)))
struct CheckPeerTests {
  static let options = [
    "", "-zlz4", "-zlz4 -C65536", "-zlz4 -Eztailpacking", "-zlz4hc -Eztailpacking -C65536", "-zlz4 -Efragments",
    "-zlz4hc -Eall-fragments -C1048576", "-zlz4 -Ededupe", "-zlz4 -Ededupe,fragments -C65536",
    "-zlz4 -C16384 -Elegacy-compress", "-b512 -zlz4", "-b1024 -zlz4 -C16384 -Efragments", "-b512", "-Enoinline_data",
    "--chunksize=4096", "--chunksize=65536 -Eforce-chunk-indexes", "-zlzma -C65536 -Eztailpacking",
    "-zdeflate -C16384", "-zdeflate,dictsize=4096 -C65536 -Ededupe,fragments", "-zzstd -C65536",
    "-zzstd -Eztailpacking",
    "-E48bit -zzstd -C65536", "-E48bit,dedupe -zlz4", "-E48bit,fragments -zlz4 -C65536",
    "-E48bit,dot-omitted --chunksize=4096", "-Exattr-name-filter --xattr-prefix=user.", "-x1", "-Eforce-inode-extended",
    "-m4096:lz4", "-m4096 -zzstd -C65536", "-m512:zstd -b512", "--MZ", "--MZ=id -zlz4 -C16384", "--zD -zlz4",
    "--zD -zzstd -C65536 -Efragments", "--zD -m4096:zstd -zlz4", "-E48bit,all-fragments,dedupe -zlz4hc -C1048576",
  ]

  @Test(arguments: options) func soundImages(_ options: String) async throws {
    try await TempFolder.with { folder in
      try Self.makeSource(at: folder["source"])
      let words = options.split(separator: " ").map(String.init)
      let image = try await readerImage(of: folder["source"], words, at: folder["image"], by: .sid)
      let alone = try await image.check(threadCount: 1)
      #expect(alone.findings.kept.filter { $0.severity > .note } == [], "\(alone.findings.kept.prefix(5))")
      let together = try await image.check(threadCount: 3)
      #expect(together.findings == alone.findings && together.counts == alone.counts)
      let quick = try await image.check(readsData: false)
      #expect(quick.findings == alone.findings)
      let statistics = try image.statistics()
      #expect(alone.counts.fileCount == UInt64(statistics.fileCount))
      #expect(alone.counts.directoryCount == UInt64(statistics.directoryCount))
      #expect(alone.counts.hardLinkCount == UInt64(statistics.hardLinkCount))
      #expect(alone.counts.inodeCount == image.superblock.inodeCount)
      #expect(alone.counts.decompressedByteCount > 0 || !options.contains("-z"))
      #expect(alone.counts.unusedBlockCount == 0)
      // What the options are for is there.
      let features = image.superblock.incompatibleFeatures
      #expect(features.contains(.metabox) == words.contains { $0.hasPrefix("-m") })
      if words.contains("--zD") {
        let folder = try #require(try image.lookup("/more/entries"))
        #expect(folder.layout == .compressedCompact || folder.layout == .compressedFull)
      }
    }
  }

  @Test func spoiltMetaboxes() async throws {
    try await TempFolder.with { folder in
      try Self.makeSource(at: folder["source"])
      let image = try await readerImage(
        of: folder["source"], ["-m4096:lz4", "-zlz4"], at: folder["image"], by: .sid)
      var bytes = try image.volume.store.bytes(at: 0, count: Int(image.volume.store.byteCount))
      let inode = try image.inode(try #require(image.volume.metaboxNID))
      var reader = MetadataReader(image.volume)
      var map = try reader.map(of: inode)
      guard case .pcluster(let pcluster) = try map.extent(at: 0, before: .max, &reader).source else {
        Issue.record("no pcluster")
        return
      }
      let place = Int(pcluster.offset) + pcluster.byteCount / 2
      for index in place..<place + 64 { bytes[index] ^= 0xA5 }
      let report = try await ErofsFileSystem(ByteStore(bytes)).check(threadCount: 2)
      #expect(
        report.findings.kept.contains { $0.severity == .error && $0.place == "metabox" }, "\(report.findings.kept)")
    }
  }

  /// Compressed directories, also in the packed inode: what is spoilt in them is named, by the check and by a reader.
  @Test(arguments: ["--zD -zlz4", "--zD -zzstd -C65536", "--zD -zlzma -C65536 -Efragments", "--zD -zdeflate -C16384"])
  func spoiltDirectories(_ options: String) async throws {
    try await TempFolder.with { folder in
      try Self.makeSource(at: folder["source"])
      let words = options.split(separator: " ").map(String.init)
      let image = try await readerImage(of: folder["source"], words, at: folder["image"], by: .sid)
      let good = try image.volume.store.bytes(at: 0, count: Int(image.volume.store.byteCount))
      var reader = MetadataReader(image.volume)
      var inode = try #require(try image.lookup("/more/entries"))
      var map = try reader.map(of: inode)
      var source = try map.extent(at: 5000, before: .max, &reader).source
      if case .fragment(let offset) = source {
        inode = try reader.packedInode()
        map = try reader.map(of: inode)
        source = try map.extent(at: offset, before: .max, &reader).source
      }
      guard case .pcluster(let pcluster) = source, case .compressed = pcluster.form else {
        Issue.record("\(source)")
        return
      }
      var random = SplitMix64(seed: 1)
      for round in 0..<40 {
        var bytes = good
        let start = Int(pcluster.offset) + Int(random.next() % UInt64(pcluster.byteCount - 64))
        for index in start..<start + (round % 2 == 0 ? 64 : 1) { bytes[index] ^= UInt8(1 + random.next() % 255) }
        let changed = try ErofsFileSystem(ByteStore(bytes))
        let errors = try await changed.check(threadCount: 2).findings.kept.filter { $0.severity == .error }
        // Of many bytes, something is always noticed: no algorithm reads that, or the entries are none.
        if round % 2 == 0, start > Int(pcluster.offset) + pcluster.byteCount / 4 {
          #expect(!errors.isEmpty, "byte \(start)")
        }
        for message in errors.map(\.message) where message.contains("pcluster") {
          #expect(message.contains("\(pcluster.offset)"), "\(message)")
        }
        // A reader's error has its place, too; a few names may have changed unnoticed.
        do throws(ImageError) { _ = try changed.tree() } catch {
          #expect(error.isFaultOfImage && (error.offset != nil || !error.context.isEmpty), "\(error)")
        }
      }
    }
  }

  /// mkfs.erofs makes lists of extents where they are shorter than indexes: which of their forms our options bring.
  @Test(
    arguments: [
      ("-E48bit -zzstd -C65536", [4, 16]), ("-E48bit,dedupe -zlz4", [4, 8, 16]),
      ("-E48bit,fragments -zlz4 -C65536", [16]), ("-E48bit,all-fragments,dedupe -zlz4hc -C1048576", [16]),
      ("-E48bit,fragments -zzstd -C16384", [4, 8, 16]), ("-E48bit,dot-omitted --chunksize=4096", []),
    ] as [(String, Set<Int>)])
  func listsOfExtents(_ options: String, _ forms: Set<Int>) async throws {
    try await TempFolder.with { folder in
      try Self.makeSource(at: folder["source"])
      let words = options.split(separator: " ").map(String.init)
      let image = try await readerImage(of: folder["source"], words, at: folder["image"], by: .sid)
      var found: [Int: Int] = [:]
      var reader = MetadataReader(image.volume)
      func add(_ inode: ErofsInode, _ reader: inout MetadataReader) throws(ImageError) {
        guard inode.layout == .compressedFull || inode.layout == .compressedCompact, inode.byteCount > 0 else { return }
        let header = try reader.mapHeader(of: inode).record
        if header.isPacked { return }
        found[inode.hasEncodedExtents(header) ? header.extentByteCount : 0, default: 0] += 1
      }
      if image.volume.packedNID != nil { try add(reader.packedInode(), &reader) }
      try reader.walk { (step, reader) throws(ImageError) in
        if let inode = step.inode { try add(inode, &reader) }
      }
      #expect(Set(found.keys).subtracting([0]) == forms, "\(found)")
    }
  }

  /// A device that is not there is one finding; what is on it is examined when it is.
  @Test(arguments: ["--chunksize=4096", "--chunksize=65536 -Eforce-inode-extended"])
  func devices(_ options: String) async throws {
    try await TempFolder.with { folder in
      try Self.makeSource(at: folder["source"])
      let words = options.split(separator: " ").map(String.init) + ["--blobdev=\(folder["blob"])"]
      let alone = try await readerImage(of: folder["source"], words, at: folder["image"], by: .sid)
      func findings(_ image: ErofsFileSystem, readsData: Bool = true) async throws -> [String] {
        let report = try await image.check(readsData: readsData, threadCount: 2)
        return report.findings.kept.map { "\($0.severity) \($0.code) \($0.place ?? "")" }
      }
      #expect(try await findings(alone) == ["error erofs-device-missing device 1"])
      #expect(try await findings(alone, readsData: false) == ["note erofs-device-missing device 1"])
      let blob = try ByteStore(contentsOf: folder["blob"])
      let image = try ByteStore(contentsOf: folder["image"])
      #expect(try await findings(ErofsFileSystem(image, devices: [blob])) == [])
      // One that ends early.
      let short = try await findings(ErofsFileSystem(image, devices: [blob.slice(0..<blob.byteCount / 2)]))
      #expect(!short.isEmpty && short.allSatisfy { $0.hasPrefix("error erofs-map /") }, "\(short.prefix(3))")
    }
  }

  static func makeSource(at folder: FilePath) throws {
    try TreeBuilder.build(folder) { _ in }
    for treeCase in TreeCase.small where !treeCase.isBeyondMkfs {
      try treeCase.build(at: folder.appending(treeCase.name))
    }
    try TreeBuilder.build(folder.appending("more")) { tree in
      for (index, size) in [1, 4095, 4096, 4097, 70_000, 200_000].enumerated() {
        let seed = UInt64(index + 1)
        try tree.file("text-\(size)", .text(size, seed: seed))
        try tree.file("mixed-\(size)", .joined([.text(size, seed: seed + 50), .random(size / 3, seed: seed)]))
        try tree.file("copy-\(size)", .text(size, seed: seed))
        try tree.file("shifted-\(size)", .joined([.text(777, seed: 99), .text(size, seed: seed)]))
      }
      try tree.file("large", .joined([.text(3_000_000, seed: 7), .random(1_500_000, seed: 8), .text(90_000, seed: 9)]))
      for index in 0..<400 { try tree.file("entries/a-name-that-takes-some-room-\(index)") }
    }
  }
}
