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
  /// Whether indexes have the 8-byte form.
  let usesFullIndexes: Bool
  let volumeName: String
  let threadCount: Int

  /// Stored blocks are interlaced where readers of fragments are expected, which know that, too.
  var isInterlaced: Bool { tail == .fragment }

  /// What stands in the map header of a file with codec number `codec`.
  func index(_ codec: Int) -> ClusterIndexEncoder.Attributes {
    ClusterIndexEncoder.Attributes(
      algorithm: 0, isBigPcluster: codecs[codec].pclusterByteCount > block.byteCount, isInterlaced: isInterlaced,
      isFull: usesFullIndexes)
  }

  /// A large file is cut in segments of this length, which are compressed on their own: a constant, so that the bytes
  /// depend on the input alone.
  ///
  /// Costs 0.1 % of size against one piece.
  static let segmentByteCount = 2 << 20

  /// The algorithms in use, as bits.
  var algorithms: UInt16 { 1 }

  /// What follows the superblock: the configuration of each algorithm, by number.
  var configurations: [UInt8] {
    guard codecs.contains(where: { $0.codec != nil && $0.pclusterByteCount > block.byteCount }) else { return [] }
    var configuration = LZ4Configuration()
    let greatest = codecs.filter { $0.codec != nil }.map(\.pclusterByteCount).max() ?? 0
    configuration.maxPclusterBlocks = UInt16(greatest >> block.bits)
    return configuration.encoded
  }
}

extension ImageFormat {
  /// Resolves the options.
  ///
  /// - Throws: `.invalidArgument` for what is not allowed.
  init(_ options: ErofsOptions) throws(ImageError) {
    try options.validate()
    guard let block = BlockSize(byteCount: options.blockByteCount) else {
      throw ImageError(.invalidArgument, "blocks of \(options.blockByteCount) bytes; allowed are 512, 1024, 2048 and 4096")
    }
    self.block = block
    let codec: BlockCodec? =
      switch options.compression {
      case .none: nil
      case .lz4: .lz4
      case .lz4hc(let level): .lz4hc(level: level)
      }
    codecs = [Codec(codec: codec, pclusterByteCount: codec == nil ? 0 : options.pclusterByteCount)]
    let compresses = codec != nil
    switch options.tails {
    case .blocks: tail = .block
    case .inline: tail = compresses ? .inline : .block
    case .fragments, .allFragments: tail = compresses ? .fragment : .block
    }
    packsWholeFiles = options.tails == .allFragments
    sharesFiles = options.sharesFiles
    usesFullIndexes = options.usesFullIndexes
    volumeName = options.volumeName
    threadCount = options.threadCount ?? POSIX.processorCount
  }
}
