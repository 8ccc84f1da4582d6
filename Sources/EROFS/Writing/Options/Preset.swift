extension ErofsOptions {
  /// A choice between the time to build, the size, and the speed of reading; docs/benchmarks.md has the measurements.
  public enum Preset: String, Sendable, Hashable, CaseIterable {
    /// The shortest build: LZ4 in single blocks.
    case fast
    /// A much smaller image for little more time, read as fast.
    case balanced
    /// The smallest image that the oldest target reads well.
    case small

    var compression: Compression {
      switch self {
      case .fast, .balanced: .lz4
      case .small: .lz4hc(level: 9)
      }
    }

    var pclusterByteCount: Int {
      switch self {
      case .fast: 4096
      case .balanced: 16_384
      case .small: 65_536
      }
    }

    /// The first that the kernel reads counts.
    var deduplication: [Deduplication] {
      switch self {
      case .fast, .balanced: [.files]
      case .small: [.extents, .files]
      }
    }

    /// The first that the kernel reads counts.
    var tails: [Tails] {
      switch self {
      case .fast, .balanced: [.inline]
      case .small: [.fragments, .inline]
      }
    }
  }
}
