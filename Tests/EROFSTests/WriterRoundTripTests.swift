import EROFS
import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

/// What the writer writes, our reader reads. (What the kernel makes of it is in ConsumerTests.)
@Suite(.tempFolder) struct WriterRoundTripTests {
  private static let modes: [(ErofsOptions.Compression, Int)] = [
    (.none, 4096), (.lz4, 4096), (.lz4, 16_384), (.lz4, 1 << 20), (.lz4hc(level: 3), 4096), (.lz4hc(level: 9), 65_536),
  ]

  static func options(_ compression: ErofsOptions.Compression, _ pcluster: Int, threads: Int = 2) -> ErofsOptions {
    var options = ErofsOptions()
    options.compression = compression
    options.pclusterByteCount = pcluster
    options.threadCount = threads
    return options
  }

  @Test(arguments: 0..<36) func randomTrees(seed: Int) async throws {
    var random = WriterRandomTree(seed: UInt64(seed))
    let tree = try random.tree()
    let (compression, pcluster) = Self.modes[seed % Self.modes.count]
    let path = try TempFolder.current["image"]
    let report = try await ErofsWriter(options: Self.options(compression, pcluster)).write(
      tree, to: path, uuid: GUID(bytes: 0..<16))
    let store = try ByteStore(contentsOf: path)
    #expect(store.byteCount == report.byteCount)
    let image = try ErofsImage(store)
    #expect(image.superblock.uuid == report.uuid)
    #expect(image.superblock.inodeCount == UInt64(report.statistics.inodeCount))
    #expect(readerDifference(try readerManifest(tree), try readerManifest(image.tree())) == [])
  }

  @Test(arguments: [1, 2, 3, 8]) func bytesDoNotDependOnThreads(threads: Int) async throws {
    for (index, (compression, pcluster)) in Self.modes.enumerated() {
      var random = WriterRandomTree(seed: UInt64(1000 + index))
      let tree = try random.tree()
      let folder = try TempFolder.current
      var images: [[UInt8]] = []
      for count in [1, threads] {
        let path = folder["image-\(index)"]
        _ = try await ErofsWriter(options: Self.options(compression, pcluster, threads: count)).write(
          tree, to: path, uuid: .zero, replace: true)
        let store = try ByteStore(contentsOf: path)
        images.append(try store.bytes(at: 0, count: Int(store.byteCount)))
      }
      #expect(images[0] == images[1])
    }
  }

  /// A file of `count` bytes compresses to exactly one pcluster, or just not.
  @Test func pclusterBorders() async throws {
    var random = SplitMix64(seed: 7)
    let noise = random.bytes(4200)
    var tree = FileTree()
    // LZ4 adds a few bytes to noise, and a run of zeros behind it costs a few more: around here the border lies.
    for length in 4040...4100 {
      let content = Array(noise.prefix(length)) + [UInt8](repeating: 0, count: 5000)
      let node = FileTree.Node(.regular(MemoryContent(content)), .file)
      try tree.insert(node, at: FilePath("noise-\(length)"))
    }
    let path = try TempFolder.current["image"]
    let report = try await ErofsWriter(options: Self.options(.lz4, 4096)).write(tree, to: path, uuid: .zero)
    #expect((1...61).contains(report.statistics.compressedFileCount))
    let image = try ErofsImage(ByteStore(contentsOf: path))
    #expect(readerDifference(try readerManifest(tree), try readerManifest(image.tree())) == [])
  }

  @Test func zerosAreHolesHoweverTheyWereStored() async throws {
    var tree = FileTree()
    var content = [UInt8](repeating: 0, count: 1 << 20)
    content[500_000] = 1
    content.append(7)
    try tree.insert(FileTree.Node(.regular(MemoryContent(content)), .file), at: "sparse")
    let path = try TempFolder.current["image"]
    let report = try await ErofsWriter(options: Self.options(.none, 4096)).write(tree, to: path, uuid: .zero)
    // One chunk of 64 KiB and the last block hold data.
    #expect(report.byteCount == 4096 + 65_536 + 4096)
    #expect(report.statistics.sparseFileCount == 1)
    let image = try ErofsImage(ByteStore(contentsOf: path))
    #expect(readerDifference(try readerManifest(tree), try readerManifest(image.tree())) == [])
  }

  @Test func whatDoesNotFitIsRefused() async throws {
    let folder = try TempFolder.current
    func write(_ attribute: ExtendedAttribute) async throws(ImageError) -> ErofsReport {
      var tree = FileTree()
      let attributes = FileAttributes(permissions: 0o644, extendedAttributes: [attribute])
      try tree.insert(FileTree.Node(.fifo, attributes), at: "usr/fifo")
      return try await ErofsWriter().write(tree, to: folder["image"], uuid: .zero, replace: true)
    }
    for (name, count) in [("user." + String(repeating: "n", count: 256), 1), ("user.large", 65_536)] {
      do {
        _ = try await write(ExtendedAttribute(name, [UInt8](repeating: 1, count: count)))
        Issue.record("was written")
      } catch {
        #expect(error.code == .limit)
        #expect(error.context == ["/usr/fifo"])
      }
    }
    let report = try await write(ExtendedAttribute("system.nfs4_acl", [1]))
    #expect(report.findings.map(\.code) == ["xattr-left-out"])
  }

  @Test func whatNoFileCanBeIsRefused() async throws {
    let folder = try TempFolder.current
    let late = FileAttributes(permissions: 0, modified: Timestamp(seconds: 0, nanoseconds: 1_000_000_000))
    let nodes: [(FileName, FileTree.Node, ImageError.Code)] = [
      ("a/b", .init(.fifo, .file), .invalidArgument),
      ("..", .init(.fifo, .file), .invalidArgument),
      (FileName([97, 0]), .init(.fifo, .file), .invalidArgument),
      (FileName([UInt8](repeating: 97, count: 256)), .init(.fifo, .file), .limit),
      ("late", .init(.fifo, late), .invalidArgument),
      ("empty", .init(.symlink(target: []), .file), .limit),
      ("long", .init(.symlink(target: [UInt8](repeating: 97, count: 4096)), .file), .limit),
      ("device", .init(.blockDevice(DeviceNumber(major: 4096, minor: 0)), .file), .limit),
      ("device", .init(.characterDevice(DeviceNumber(major: 0, minor: 1 << 20)), .file), .limit),
    ]
    for (name, node, code) in nodes {
      var tree = FileTree()
      _ = tree.add(node, as: name, in: tree.root)
      await #expect(throws: ImageError(code, "")) {
        try await ErofsWriter().write(tree, to: folder["image"], uuid: .zero)
      }
    }
    #expect(try TreeListing.order(in: folder.path).isEmpty)
  }
}
