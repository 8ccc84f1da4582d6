import EROFS
import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

/// Files that share extents are read as what they were, by our reader, the kernel and fsck.erofs.
@Suite(.tempFolder) struct WriterExtentSharingTests {
  struct Setting: Sendable, CustomTestStringConvertible {
    var compression = ErofsOptions.Compression.lz4
    var pcluster = 4096
    var block = 4096
    var tails = ErofsOptions.Tails.blocks

    var testDescription: String { "\(compression) \(pcluster) block \(block) \(tails)" }

    func options(_ deduplication: ErofsOptions.Deduplication = .extents, threads: Int = 2) -> ErofsOptions {
      var options = ErofsOptions(kernel: KernelVersion(6, 12))
      options.compression = compression
      options.pclusterByteCount = pcluster
      options.blockByteCount = block
      options.tails = tails
      options.deduplication = deduplication
      options.threadCount = threads
      return options
    }
  }

  private static let settings = [
    Setting(), Setting(tails: .inline), Setting(tails: .fragments), Setting(tails: .allFragments),
    Setting(pcluster: 16_384), Setting(pcluster: 16_384, tails: .inline), Setting(pcluster: 65_536, tails: .fragments),
    Setting(pcluster: 1 << 20), Setting(pcluster: 512, block: 512), Setting(pcluster: 4096, block: 512, tails: .inline),
    Setting(pcluster: 16_384, block: 512, tails: .fragments), Setting(compression: .zstd(level: 1), tails: .inline),
    Setting(compression: .zstd(level: 1), pcluster: 16_384), Setting(compression: .deflate(level: 1)),
    Setting(compression: .deflate(level: 1), pcluster: 16_384, tails: .fragments),
    Setting(compression: .lzma(level: 0), pcluster: 16_384),
  ]

  private static let made = Result {
    [
      try WriterSharingTree.middles(noise: false), try WriterSharingTree.middles(noise: true),
      try WriterSharingTree.places(),
    ]
  }

  private static func trees(_ seed: UInt64) throws -> [FileTree] {
    try made.get() + [WriterSharingTree.pasted(seed: seed)]
  }

  private func write(_ tree: FileTree, _ options: ErofsOptions, _ name: String) async throws -> (FilePath, UInt64) {
    let path = try TempFolder.current[name]
    let report = try await ErofsWriter(options: options).write(tree, to: path, uuid: .zero, replace: true)
    return (path, report.byteCount)
  }

  @Test(arguments: 100..<124 as Range<UInt64>) func pastedFilesReadAsTheyWere(seed: UInt64) async throws {
    let tree = try WriterSharingTree.pasted(seed: seed)
    let setting = Self.settings[Int(seed) % Self.settings.count]
    let (path, _) = try await write(tree, setting.options(), "image")
    let image = try ErofsFileSystem(ByteStore(contentsOf: path))
    #expect(readerDifference(try readerManifest(tree), try readerManifest(image.tree())) == [])
  }

  @Test(.needsRoot, .needsMount(), .needs("fsck.erofs", in: .sid), arguments: settings)
  func othersReadTheSame(_ setting: Setting) async throws {
    let folder = try TempFolder.current
    for (index, tree) in try Self.trees(UInt64(setting.pcluster)).enumerated() {
      let (path, _) = try await write(tree, setting.options(), "image")
      let manifest = try readerManifest(tree).dropFirst()
      let read = try readerManifest(ErofsFileSystem(ByteStore(contentsOf: path)).tree()).dropFirst()
      #expect(readerDifference(Array(manifest), Array(read)) == [], "our reader, tree \(index)")
      let mounted = try await LoopMount.with(path) { try readerManifest(try await DirectorySource($0).tree()) }
      #expect(readerDifference(Array(manifest), Array(mounted.dropFirst())) == [], "kernel, tree \(index)")
      let target = folder["extracted-\(index)"]
      let result = try await Tool("fsck.erofs", in: .sid).run("--extract=\(target)", "--preserve", path.string)
      #expect(result.succeeded && result.text.isEmpty, "\(result)")
      let extracted = try readerManifest(try await DirectorySource(target).tree()).dropFirst()
      #expect(readerDifference(Array(manifest), Array(extracted)) == [], "fsck.erofs, tree \(index)")
    }
  }

  @Test(arguments: [Setting(), Setting(pcluster: 16_384, tails: .fragments), Setting(pcluster: 65_536, tails: .inline)])
  func threadsChangeNothing(_ setting: Setting) async throws {
    for tree in try Self.trees(9) {
      var images: [[UInt8]] = []
      for count in [1, 2, 3, 8, 8] {
        let (path, byteCount) = try await write(tree, setting.options(threads: count), "image")
        images.append(try ByteStore(contentsOf: path).bytes(at: 0, count: Int(byteCount)))
      }
      #expect(images.allSatisfy { $0 == images[0] })
    }
  }

  // MARK: what it is for

  /// 23 of 24 times 100 KiB, less what begins and ends with something else, or has no place in the index: much of it
  /// where nothing compresses.
  @Test(arguments: [true, false]) func commonPartsAreStoredOnce(isNoise: Bool) async throws {
    let tree = try WriterSharingTree.middles(noise: isNoise)
    let (_, all) = try await write(tree, Setting().options(.files), "all")
    let (_, once) = try await write(tree, Setting().options(), "once")
    let common = 23 * (isNoise ? 100 : 50) << 10
    #expect(all - once > UInt64(isNoise ? common / 2 : common * 3 / 4), "\(all) \(once)")
  }

  @Test(arguments: settings.prefix(6)) func nothingIsLost(_ setting: Setting) async throws {
    for tree in try Self.trees(11) {
      let (_, all) = try await write(tree, setting.options(.files), "all")
      let (_, once) = try await write(tree, setting.options(), "once")
      #expect(Double(once) < 1.01 * Double(all), "\(all) \(once)")
    }
  }

  @Test func kernelsBeforeAreRefused() throws {
    var options = ErofsOptions(kernel: KernelVersion(6, 0))
    options.deduplication = .extents
    #expect(throws: ImageError(.invalidArgument, "")) { try options.validate() }
    options.compression = .none
    options.tails = .blocks
    try options.validate()
  }
}
