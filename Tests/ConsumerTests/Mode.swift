import SysextImage
import TestSupport
import Testing

/// A way of packing that every consumer must understand.
struct Mode: Sendable, Hashable, CustomTestStringConvertible {
  var testDescription: String
  var erofs: ErofsOptions

  private init(
    _ major: Int, _ minor: Int, _ compression: ErofsOptions.Compression, _ pcluster: Int = 4096,
    _ tails: ErofsOptions.Tails = .blocks, block: Int = 4096, full: Bool = false,
    dedupe: ErofsOptions.Deduplication = .files,
    rules: [CompressionRule] = []
  ) {
    erofs = ErofsOptions(preset: .fast, kernel: KernelVersion(major, minor))
    erofs.compression = compression
    erofs.pclusterByteCount = pcluster
    erofs.tails = tails
    erofs.blockByteCount = block
    erofs.usesFullIndexes = full
    erofs.deduplication = dedupe
    erofs.rules = rules
    testDescription = "\(compression) \(pcluster) \(tails.rawValue)"
    if block < 4096 { testDescription += " in blocks of \(block)" }
    if full { testDescription += ", full indexes" }
    if dedupe != .files { testDescription += ", shared: \(dedupe)" }
    if !rules.isEmpty { testDescription += ", \(rules.count) rules" }
    testDescription += " for \(erofs.kernel)"
  }

  static let stored = Mode(5, 15, .none)
  static let lz4 = Mode(5, 4, .lz4)
  static let lz4hc = Mode(5, 4, .lz4hc(level: 9))
  static let lz4Big = Mode(5, 13, .lz4, 65_536)
  static let lz4Inline = Mode(5, 17, .lz4, 16_384, .inline)
  static let fragments = Mode(6, 1, .lz4, 65_536, .fragments)
  static let allFragments = Mode(6, 10, .zstd(level: 3), 1 << 18, .allFragments)
  static let small = Mode(6, 8, .deflate(level: 6), 512, .inline, block: 512)
  static let rules = Mode(
    6, 10, .lz4, 16_384, .fragments,
    rules: [
      CompressionRule("*random*", .none), CompressionRule("/usr/share/*/text/**", .zstd(level: 3)),
      CompressionRule("large-*", .lzma(level: 3), pclusterByteCount: 1 << 18),
      CompressionRule("*-*", .deflate(level: 6), pclusterByteCount: 4096),
    ])

  /// Each feature, and each pair of them that share code.
  static let all =
    few + [
      lz4, lz4hc, lz4Inline, small, rules,
      Mode(5, 13, .lz4hc(level: 12), 1 << 20),
      Mode(5, 13, .lz4, 65_536, full: true),
      Mode(5, 17, .lzma(level: 3), 1 << 20, .inline),
      Mode(6, 1, .lz4, 1 << 20, .inline, full: true),
      Mode(6, 1, .lz4, 4096, .fragments, full: true), Mode(6, 1, .lz4, 4096, .inline, dedupe: .extents),
      Mode(6, 1, .lz4hc(level: 9), 16_384, .allFragments, dedupe: .none),
      Mode(6, 4, .none, 512, block: 512),
      Mode(6, 6, .deflate(level: 1), 65_536, .inline),
      Mode(6, 8, .lz4, 16_384, .fragments, block: 1024),
      Mode(6, 8, .lzma(level: 1), 65_536, .allFragments, block: 512),
      Mode(6, 10, .zstd(level: 1), 1 << 20, .inline, block: 2048, full: true),
    ]

  /// One of each family, for trees that are slow to pack and to read.
  static let few = [stored, lz4Big, fragments, allFragments]

  var options: BuildOptions {
    var options = BuildOptions()
    options.erofs = erofs
    return options
  }

  /// The peers whose erofs-utils know what is used: 1.5 is of the time of Linux 5.17, and Debian's has no LZMA; 1.8 finds
  /// no superblock in blocks of 1024 bytes.
  var peers: [Peer] {
    if erofs.blockByteCount <= 1024 { return [.sid] }
    if "\(erofs.compression)".hasPrefix("lzma") { return [.trixie, .sid] }
    return erofs.kernel <= KernelVersion(5, 17) ? Peer.trees : [.trixie, .sid]
  }
}
