public import ImageCore

/// How an EROFS image is made.
///
/// A preset gives values that fit a kernel; what is set after that is taken as it is, or refused.
public struct ErofsOptions: Sendable, Hashable {
  /// Where the end of a compressed file goes when it does not fill a physical cluster.
  public enum Tails: String, Sendable, Hashable, CaseIterable {
    /// To blocks of its own.
    case blocks
    /// Beside the inode (ztailpacking; kernel 5.17).
    case inline
    /// To the packed inode, compressed with the ends of other files (kernel 6.1).
    case fragments
    /// The same, and small files as a whole.
    case allFragments = "all-fragments"
  }

  /// What is stored only once.
  public enum Deduplication: String, Sendable, Hashable, CaseIterable {
    /// Nothing is looked for.
    case none
    /// Files that are equal; compressed ones from kernel 6.1 on.
    case files
    /// Long parts of compressed files, too (kernel 6.1).
    case extents
  }

  /// The oldest kernel that must read the image.
  public let kernel: KernelVersion
  /// The algorithm for file data.
  public var compression: Compression
  /// The greatest physical cluster, in bytes: a multiple of the block's length, up to 1 MiB.
  public var pclusterByteCount: Int
  /// Files that are compressed in other ways; the first rule that fits counts.
  public var rules: [CompressionRule] = []
  /// The file system's block, in bytes: 512, 1024, 2048 or 4096.
  public var blockByteCount = 4096
  /// Where the end of a compressed file goes.
  public var tails: Tails
  /// What is stored only once.
  public var deduplication: Deduplication
  /// Whether the indexes of compressed files have the older, larger form.
  public var usesFullIndexes = false
  /// Which long prefixes attribute names have (kernel 6.4).
  public var xattrPrefixes = XattrPrefixes.automatic
  /// The volume's name, at most 16 bytes of UTF-8.
  public var volumeName = ""
  /// How many threads compress; the bytes do not depend on it.
  ///
  /// `nil`: all processors.
  public var threadCount: Int?

  /// A preset's values, as far as the kernel reads them.
  public init(preset: Preset = .balanced, kernel: KernelVersion = .oldestTarget) {
    self.kernel = kernel
    compression = preset.compression
    pclusterByteCount = KernelFeature.bigPclusters.kernel <= kernel ? preset.pclusterByteCount : 4096
    tails = preset.tails.first { $0.features.allSatisfy { $0.kernel <= kernel } } ?? .blocks
    deduplication = preset.deduplication.first { $0.features.allSatisfy { $0.kernel <= kernel } } ?? .files
  }

  /// Checks the values against the format's limits and the kernel.
  ///
  /// - Throws: `.invalidArgument` that says what is allowed, or which kernel a feature needs.
  public func validate() throws(ImageError) {
    guard (512...4096).contains(blockByteCount), blockByteCount.nonzeroBitCount == 1 else {
      throw ImageError(.invalidArgument, "blocks of \(blockByteCount) bytes; allowed are 512, 1024, 2048 and 4096")
    }
    for (compression, byteCount) in compressions {
      try compression.validate()
      try checkPcluster(byteCount, compression)
    }
    if rules.count > 254 { throw ImageError(.invalidArgument, "\(rules.count) rules; at most 254 are taken") }
    if tails == .fragments || tails == .allFragments, compression == .none {
      throw ImageError(.invalidArgument, "fragments are compressed together: without compression there are none")
    }
    try xattrPrefixes.validate()
    if volumeName.utf8.count > 16 {
      throw ImageError(.invalidArgument, "the volume name has \(volumeName.utf8.count) bytes, at most 16 fit")
    }
    for feature in features where feature.kernel > kernel {
      throw ImageError(
        .invalidArgument,
        "\(feature.name): Linux \(feature.kernel) and newer read that, but the image is for \(kernel); leave it out, or"
          + " name a newer kernel")
    }
  }

  /// The image's algorithm and pclusters, and each rule's.
  private var compressions: [(compression: Compression, pclusterByteCount: Int)] {
    [(compression, pclusterByteCount)] + rules.map { ($0.compression, $0.pclusterByteCount ?? pclusterByteCount) }
  }

  private func checkPcluster(_ byteCount: Int, _ compression: Compression) throws(ImageError) {
    let limit = min(1 << 20, compression.maxPclusterBlockCount * blockByteCount)
    guard byteCount >= blockByteCount, byteCount <= limit, byteCount % blockByteCount == 0 else {
      throw ImageError(
        .invalidArgument,
        "a pcluster size of \(byteCount) bytes; allowed are multiples of \(blockByteCount) up to \(limit) for"
          + " \(compression) in blocks of \(blockByteCount) bytes")
    }
  }

  /// What a reader must know for what is asked.
  private var features: [KernelFeature] {
    var features = compressions.contains { $0.0 != .none } ? tails.features : []
    for (compression, pcluster) in compressions where compression != .none {
      features += compression.features
      if pcluster > blockByteCount { features.append(.bigPclusters) }
      if blockByteCount < 4096 { features.append(.smallCompressedBlocks) }
    }
    if compressions.contains(where: { $0.0 != .none }) { features += deduplication.features }
    if blockByteCount < 4096 { features.append(.smallBlocks) }
    if case .named(let names) = xattrPrefixes, !names.isEmpty { features.append(.xattrPrefixes) }
    return features
  }
}

extension ErofsOptions.Deduplication {
  /// What a reader of compressed files must know.
  var features: [KernelFeature] { self == .extents ? [.deduplication] : [] }
}

extension ErofsOptions.Tails {
  /// What a reader must know.
  var features: [KernelFeature] {
    switch self {
    case .blocks: []
    case .inline: [.inlinePclusters]
    case .fragments, .allFragments: [.fragments, .interlacedPclusters]
    }
  }
}

extension KernelVersion {
  /// Linux 6.4, of the oldest openSUSE that is made for images: Leap Micro and SL Micro 6.0 and 6.1, and Leap 15.6.
  public static let oldestTarget = KernelVersion(6, 4)
}
