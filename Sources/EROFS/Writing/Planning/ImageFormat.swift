import Compression
import ImageCore

/// The options, resolved: what the passes work with.
struct ImageFormat: Sendable {
  /// How the data of a file is compressed.
  struct Codec: Sendable, Hashable {
    /// `nil`: not at all.
    var codec: BlockCodec?
    var pclusterByteCount: Int
  }

  let block: BlockSize
  /// The first is for files that no rule names.
  let codecs: [Codec]
  let tail: TailRule
  /// Whether small files go to the packed inode whole.
  let packsWholeFiles: Bool
  /// Whether files that are equal share their data.
  let sharesFiles: Bool
  /// Whether parts of compressed files do so.
  let sharesExtents: Bool
  /// Whether compressed files do so, too.
  let sharesPclusters: Bool
  /// Whether files with holes are cut in chunks.
  let usesChunks: Bool
  /// Whether indexes have the 8-byte form.
  let usesFullIndexes: Bool
  /// Which long prefixes attribute names have, as far as the kernel reads them.
  let xattrPrefixes: ErofsOptions.XattrPrefixes
  let volumeName: String
  let threadCount: Int
  let kernel: KernelVersion
  let limits: ErofsWriter.Limits
  /// Whether block addresses have 48 bits.
  private(set) var isLarge = false

  /// Stored blocks are interlaced where readers of fragments are expected, which know that, too.
  ///
  /// Not where extents are shared: an interlaced block depends on its place in the file.
  var isInterlaced: Bool { tail == .fragment && !sharesExtents }

  /// Whether the table of long prefixes is in the packed inode: before 6.17 that is the only place where Linux looks for
  /// it in an image with a packed inode.
  var packsXattrPrefixes: Bool { tail == .fragment }

  /// What stands in the map header of a file with codec number `codec`.
  func index(_ codec: Int) -> ClusterIndexEncoder.Attributes {
    ClusterIndexEncoder.Attributes(
      algorithm: codecs[codec].codec?.algorithm.rawValue ?? 0,
      isBigPcluster: codecs[codec].pclusterByteCount > block.byteCount, isInterlaced: isInterlaced,
      isFull: usesFullIndexes)
  }

  /// What is compressed on its own is at most this long.
  static let maxSegmentByteCount = 4 << 20
  /// The length of the packed inode's segments.
  static let segmentByteCount = 2 << 20

  /// A file is cut in segments of this length, which are compressed on their own: by the file alone, so that the bytes
  /// depend on the input alone.
  ///
  /// Against one piece, 2 MiB cost up to 0.3 % of size. A file with many segments can have longer ones and still give
  /// work to many threads.
  func segmentByteCount(_ fileByteCount: UInt64) -> Int {
    fileByteCount < 64 << 20 ? Self.segmentByteCount : Self.maxSegmentByteCount
  }

  /// The same for a file that is stored as it is: what a thread reads is still in its cache when it is written.
  ///
  /// A multiple of the file's chunks.
  func storedSegmentByteCount(_ fileByteCount: UInt64) -> Int {
    max(512 << 10, ChunkFormat(fileByteCount: fileByteCount, block).byteCount)
  }
}

extension ImageFormat {
  /// Resolves the options.
  ///
  /// - Throws: `.invalidArgument` for what is not allowed.
  init(_ options: ErofsOptions, _ limits: ErofsWriter.Limits = ErofsWriter.Limits()) throws(ImageError) {
    try options.validate()
    self.limits = limits
    kernel = options.kernel
    block = BlockSize(byteCount: options.blockByteCount) ?? .page
    codecs =
      [Codec(options.compression, options.pclusterByteCount)]
      + options.rules.map { Codec($0.compression, $0.pclusterByteCount ?? options.pclusterByteCount) }
    switch options.tails {
    case .blocks: tail = .block
    case .inline: tail = .inline
    case .fragments, .allFragments: tail = .fragment
    }
    packsWholeFiles = options.tails == .allFragments
    sharesFiles = options.deduplication != .none
    sharesExtents = options.deduplication == .extents && codecs.contains { $0.codec != nil }
    sharesPclusters = KernelFeature.deduplication.kernel <= options.kernel
    usesChunks = KernelFeature.chunks.kernel <= options.kernel
    usesFullIndexes = options.usesFullIndexes
    xattrPrefixes =
      options.xattrPrefixes == .automatic && options.kernel < KernelFeature.xattrPrefixes.kernel
      ? .none : options.xattrPrefixes
    volumeName = options.volumeName
    threadCount = min(options.threadCount ?? POSIX.processorCount, DataQueue.lag / 2)
  }
}

// MARK: block addresses

extension ImageFormat {
  /// The blocks that addresses of 32 bits are enough for: the last of them stands for a hole.
  static let smallBlockCount = UInt64(UInt32.max)

  /// Chooses addresses of 48 bits where those of 32 might not do, if the kernel reads them.
  ///
  /// Inodes are encoded before it is known where their data is, so it is decided for the whole image. The bound needs a
  /// look at every inode, and is not asked for where the kernel decides.
  mutating func chooseAddresses(_ bound: @autoclosure () -> SizeBound) {
    isLarge =
      KernelFeature.blockAddresses48.kernel <= kernel
      && bound().blockCount(block) + min(limits.firstBlock, Self.smallBlockCount) > Self.smallBlockCount
  }

  /// Throws `.limit` for more blocks than addresses can name.
  func check(blockCount: UInt64) throws(ImageError) {
    if blockCount <= (isLarge ? 1 << 48 - 1 : Self.smallBlockCount) { return }
    let feature = KernelFeature.blockAddresses48
    throw ImageError(
      .limit,
      isLarge
        ? "the file system would have more than 2^48 blocks of \(block.byteCount) bytes"
        : "the file system would have more than 2^32 blocks of \(block.byteCount) bytes, which needs \(feature.name):"
          + " Linux \(feature.kernel) and newer read that, but the image is for \(kernel)")
  }
}

extension ImageFormat.Codec {
  init(_ compression: ErofsOptions.Compression, _ pclusterByteCount: Int) {
    codec = compression.codec
    self.pclusterByteCount = codec == nil ? 0 : pclusterByteCount
  }
}

// MARK: what the superblock says of compression

extension ImageFormat {
  private var used: [(codec: BlockCodec, pclusterByteCount: Int)] {
    codecs.compactMap { entry in entry.codec.map { ($0, entry.pclusterByteCount) } }
  }

  /// The algorithms that may be in use, as bits.
  var algorithms: UInt16 { used.reduce(0) { $0 | 1 << UInt16($1.codec.algorithm.rawValue) } }

  /// What follows the superblock: the configuration of each algorithm, by number; empty for LZ4 in single blocks.
  var configurations: [UInt8] {
    guard used.contains(where: { $0.codec.algorithm != .lz4 || $0.pclusterByteCount > block.byteCount }) else {
      return []
    }
    return BlockAlgorithm.allCases.flatMap { algorithm -> [UInt8] in
      let entries = used.filter { $0.codec.algorithm == algorithm }
      guard !entries.isEmpty else { return [] }
      let window = entries.map { $0.codec.windowByteCount(pclusterByteCount: $0.pclusterByteCount) }.max() ?? 0
      return configuration(algorithm, window: window, entries.map(\.pclusterByteCount).max() ?? 0)
    }
  }

  private func configuration(_ algorithm: BlockAlgorithm, window: Int, _ pclusterByteCount: Int) -> [UInt8] {
    let windowLog = UInt8(max(1, window).bitWidth - max(1, window - 1).leadingZeroBitCount)
    switch algorithm {
    case .lz4:
      var configuration = LZ4Configuration()
      configuration.maxPclusterBlocks = UInt16(pclusterByteCount >> block.bits)
      return configuration.encoded
    case .lzma:
      var configuration = LZMAConfiguration()
      configuration.dictionaryByteCount = UInt32(window)
      return configuration.encoded
    case .deflate:
      var configuration = DeflateConfiguration()
      configuration.windowBits = windowLog
      return configuration.encoded
    case .zstd:
      var configuration = ZstandardConfiguration()
      configuration.windowLog = windowLog - min(windowLog, ZstandardConfiguration.minWindowLog)
      return configuration.encoded
    }
  }
}
