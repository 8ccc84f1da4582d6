import EROFS
import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

/// What the writer writes, our reader reads. (What the kernel makes of it is in ConsumerTests.)
@Suite(.tempFolder) struct WriterRoundTripTests {
  static func options(_ compression: ErofsOptions.Compression, _ pcluster: Int, threads: Int = 2) -> ErofsOptions {
    var options = ErofsOptions()
    options.compression = compression
    options.pclusterByteCount = pcluster
    options.threadCount = threads
    return options
  }

  /// Random trees with random options; of the latter, a fourth leaves all to the default.
  @Test(arguments: 0..<72) func randomTrees(seed: Int) async throws { try await check(seed, isMounted: false) }

  /// The same, and the kernel shows it, too.
  @Test(.needsMount(), arguments: 1000..<1024) func randomTreesInTheKernel(seed: Int) async throws {
    try await check(seed, isMounted: true)
  }

  private func check(_ seed: Int, isMounted: Bool) async throws {
    var random = WriterRandomTree(seed: UInt64(seed), isMountable: isMounted)
    var randomOptions = WriterRandomOptions(seed: UInt64(seed))
    let tree = try random.tree()
    let options = randomOptions.options()
    let image = try await writerRoundTrip(tree, options, isMounted: isMounted, "seed \(seed): \(options.words)")
    let statistics = try image.statistics()
    #expect(statistics.minimumKernel <= options.kernel, "seed \(seed): \(options.words) \(statistics.kernelFeatures)")
  }

  @Test(arguments: 100..<124) func bytesDoNotDependOnThreads(seed: Int) async throws {
    var random = WriterRandomTree(seed: UInt64(seed))
    var randomOptions = WriterRandomOptions(seed: UInt64(seed))
    let tree = try random.tree()
    var options = randomOptions.options()
    var images: [[UInt8]] = []
    for count in [1, 2, 8] {
      options.threadCount = count
      let path = try TempFolder.current["image"]
      _ = try await ErofsWriter(options: options).write(tree, to: path, uuid: .zero, replace: true)
      images.append(try Disk.read(path))
    }
    #expect(images[0] == images[1] && images[0] == images[2], "seed \(seed): \(options.words)")
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
    let image = try ErofsFileSystem(ByteStore(contentsOf: path))
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
