import Compression
import EROFS
import FileTree
import ImageCore
import TestSupport
import Testing

/// What just fits and what just does not: in a pcluster, beside an inode, in a segment.
@Suite(.tempFolder, .needsMount()) struct WriterBorderTests {
  static let codecs: [ErofsOptions.Compression] = [
    .lz4, .lz4hc(level: 9), .deflate(level: 6), .zstd(level: 3), .lzma(level: 1),
  ]

  // MARK: pclusters

  /// Files that compress to exactly a pcluster, to a byte less, and to a byte more than fits.
  @Test(arguments: codecs, [4096, 8192]) func pclustersAreJustFull(
    _ compression: ErofsOptions.Compression, _ pcluster: Int
  ) async throws {
    let codec = try #require(BlockCodec(compression.description))
    var files: [(path: String, bytes: [UInt8])] = []
    var found: Set<Int> = []
    for seed in 1...40 as ClosedRange<UInt64> where found.count < 3 {
      // A beginning of noise, so that few bytes more make the result one byte longer.
      let source = Content.joined([.random(pcluster * 3 / 4, seed: seed), .text(4 * pcluster, seed: seed)]).bytes
      let border = Self.longestPrefix(of: source, codec, pcluster)
      for count in border.count - 3...border.count + 3 {
        files.append(("\(seed)-\(count)", Array(source[..<count])))
        files.append(("\(seed)-\(count)-and-more", Array(source[..<count]) + Content.random(50, seed: seed).bytes))
      }
      found.insert(pcluster - border.produced)
      found.formUnion(border.below.map { pcluster - $0 })
      if border.above == pcluster + 1 { found.insert(-1) }
      found.formIntersection([-1, 0, 1])
    }
    #expect(found == [-1, 0, 1], "lengths that were found, less than a pcluster")
    let tree = try writerTree(files)
    for tails in ErofsOptions.Tails.allCases {
      try await writerRoundTrip(tree, .plain(6, 18, compression, pcluster, tails), isMounted: true, tails.rawValue)
    }
  }

  /// The longest prefix that a pcluster takes, what some shorter ones come to, and the next longer one.
  private static func longestPrefix(
    of source: [UInt8], _ codec: BlockCodec, _ pcluster: Int
  ) -> (count: Int, produced: Int, below: [Int], above: Int?) {
    var target = [UInt8](repeating: 0, count: 2 * pcluster)
    let compressor = codec.makeCompressor(pclusterByteCount: 2 * pcluster)
    func length(_ count: Int) -> Int {
      let result = compressor.compress(source, 0..<count, into: &target, 0..<2 * pcluster)
      return result.consumed == count && result.produced > 0 ? result.produced : .max
    }
    var (low, high) = (pcluster * 3 / 4, source.count)
    while low + 1 < high {
      let middle = (low + high) / 2
      if length(middle) <= pcluster { low = middle } else { high = middle }
    }
    let above = length(low + 1)
    return (low, length(low), (1...20).map { length(low - $0) }, above == .max ? nil : above)
  }

  /// The longest that each algorithm takes in each block size, and full: half of each byte is noise.
  @Test(arguments: [ErofsOptions.Compression.lz4, .deflate(level: 1), .zstd(level: 1)])
  func longestPclusters(_ compression: ErofsOptions.Compression) async throws {
    let content = Content.joined([
      .bytes(Content.random(2 << 20, seed: 1).bytes.map { $0 & 15 }), .text(1 << 20, seed: 1),
    ])
    for block in [512, 1024, 2048, 4096] {
      let limit = min(1 << 20, (compression == .lz4 ? 256 : 1024) * block)
      for isFull in [false, true] {
        let options = ErofsOptions.plain(6, 18, compression, limit) {
          $0.blockByteCount = block
          $0.usesFullIndexes = isFull
        }
        try await writerRoundTrip(try writerTree([("file", content.bytes)]), options, isMounted: true, "\(block)")
      }
    }
  }

  /// Noise behind text: the compressor gives up at the end of the file, or just before.
  @Test(arguments: codecs) func tailsOfNoise(_ compression: ErofsOptions.Compression) async throws {
    var files: [(path: String, bytes: [UInt8])] = []
    for (index, count) in [1, 50, 512, 2000, 4095, 4096, 4097, 8191].enumerated() {
      for text in [0, 1, 4097, 10_000] {
        let seed = UInt64(index + 1)
        files.append(("\(text)-\(count)", Content.joined([.text(text, seed: seed), .random(count, seed: seed)]).bytes))
        files.append(("z\(text)-\(count)", Content.joined([.zero(text), .random(count, seed: seed)]).bytes))
      }
    }
    let tree = try writerTree(files)
    for (tails, block) in [(ErofsOptions.Tails.blocks, 4096), (.inline, 4096), (.inline, 512), (.fragments, 1024)] {
      let options = ErofsOptions.plain(6, 18, compression, 16_384, tails) { $0.blockByteCount = block }
      try await writerRoundTrip(tree, options, isMounted: true, "\(tails) \(block)")
    }
  }

  /// Nothing, a byte, a block and their neighbours.
  @Test(arguments: ErofsOptions.Tails.allCases, [512, 4096]) func smallestFiles(
    _ tails: ErofsOptions.Tails, _ block: Int
  ) async throws {
    var files: [(path: String, bytes: [UInt8])] = []
    for count in [0, 1, 2, 31, 32, 33, block - 1, block, block + 1, 2 * block - 1, 2 * block, 2 * block + 1] {
      for (name, content) in [("t", Content.text(count, seed: 1)), ("z", .zero(count)), ("r", .random(count, seed: 1))]
      {
        files.append(("\(name)\(count)", content.bytes))
      }
    }
    for compression in Self.codecs {
      let options = ErofsOptions.plain(6, 18, compression, block, tails) { $0.blockByteCount = block }
      try await writerRoundTrip(try writerTree(files), options, isMounted: true, "\(compression)")
    }
  }

  // MARK: beside the inode

  /// Attributes of every length push the end of the file out of the inode's block, also where it begins with the next.
  @Test(arguments: [512, 4096], [false, true]) func tailsAreJustBesideTheInode(_ block: Int, _ isFull: Bool)
    async throws
  {
    var files: [(path: String, bytes: [UInt8], attributes: FileAttributes)] = []
    let text = Content.text(3 * block + block / 2, seed: 1).bytes
    let noise = Content.joined([.text(3 * block, seed: 1), .random(block / 2, seed: 2)]).bytes
    for count in stride(from: 0, to: block * 3 / 2, by: block / 64) {
      let attributes = FileAttributes(
        permissions: 0o644,
        extendedAttributes: [ExtendedAttribute("user.\(count)", [UInt8](repeating: 7, count: count))])
      files.append(("text-\(count)", text, attributes))
      files.append(("noise-\(count)", noise, attributes))
    }
    let options = ErofsOptions.plain(6, 18, .lz4, block, .inline) {
      $0.blockByteCount = block
      $0.usesFullIndexes = isFull
      $0.deduplication = .none
    }
    let image = try await writerRoundTrip(try writerTree(files), options, isMounted: true)
    #expect(try image.statistics().kernelFeatures.contains(.inlinePclusters))
  }

  /// The end of each length, and so an inline pcluster of each length up to a block.
  @Test(arguments: [ErofsOptions.Compression.lz4, .deflate(level: 1)]) func tailsOfAllLengths(
    _ compression: ErofsOptions.Compression
  ) async throws {
    let source = Content.text(30_000, seed: 3).bytes
    let noise = Content.random(9000, seed: 4).bytes
    var files: [(path: String, bytes: [UInt8])] = []
    for count in stride(from: 1, to: 8300, by: 83) {
      files.append(("t\(count)", Array(source[..<(9000 + count)])))
      files.append(("s\(count)", Array(source[..<count])))
      files.append(("n\(count)", Array(source[..<9000] + noise[..<count])))
    }
    let options = ErofsOptions.plain(6, 18, compression, 8192, .inline)
    try await writerRoundTrip(try writerTree(files), options, isMounted: true)
  }

  // MARK: segments

  /// The last segment's end goes beside the inode, or not, whatever came before it.
  @Test(arguments: ErofsOptions.Tails.allCases, [ErofsOptions.Compression.lz4, .zstd(level: 1)])
  func segmentsOfAllKinds(_ tails: ErofsOptions.Tails, _ compression: ErofsOptions.Compression) async throws {
    let segment = 2 << 20
    var files: [(path: String, bytes: [UInt8], attributes: FileAttributes)] = []
    for (index, rest) in [0, 1, 700, 4097].enumerated() {
      let seed = UInt64(index + 1)
      let contents: [(String, Content)] = [
        ("text", .text(segment + rest, seed: seed)), ("zero", .zero(segment + rest)),
        ("noise", .random(segment + rest, seed: seed)),
        ("noisy-end", .joined([.zero(segment), .random(rest, seed: seed)])),
        ("noisy-begin", .joined([.random(segment, seed: seed), .text(rest, seed: seed)])),
      ]
      for (name, content) in contents {
        for length in rest == 700 ? [0, 3900] : [0] {
          let attributes = FileAttributes(
            permissions: 0o644,
            extendedAttributes: length == 0
              ? [] : [ExtendedAttribute("user.x", [UInt8](repeating: UInt8(index), count: length))])
          files.append(("\(name)-\(rest)-\(length)", content.bytes, attributes))
        }
      }
    }
    try await writerRoundTrip(try writerTree(files), .plain(6, 18, compression, 65_536, tails), isMounted: true)
  }
}
