import EROFS
import TestSupport

/// Options of anything, the same for the same seed, and valid for the kernel that they name.
struct WriterRandomOptions {
  private var random: SplitMix64

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  private mutating func oneOf<Value>(_ values: [Value]) -> Value { values[Int(random.next() % UInt64(values.count))] }

  mutating func options() -> ErofsOptions {
    let kernels = [(5, 4), (5, 13), (5, 15), (5, 17), (6, 1), (6, 4), (6, 6), (6, 8), (6, 10), (6, 18)]
    let (major, minor) = oneOf(kernels + [(6, 10), (6, 18), (6, 18), (6, 18)])
    while true {
      var options = ErofsOptions(preset: oneOf(ErofsOptions.Preset.allCases), kernel: KernelVersion(major, minor))
      if oneOf([true, true, true, false]) {
        options.compression = compression()
        options.blockByteCount = oneOf([512, 1024, 2048, 4096, 4096, 4096])
        options.pclusterByteCount = pcluster()
        options.tails = oneOf(ErofsOptions.Tails.allCases)
      }
      options.usesFullIndexes = oneOf([true, false, false])
      let sharing: [ErofsOptions.Deduplication] =
        (major, minor) < (6, 1) ? [.files, .none] : [.files, .none, .extents]
      options.deduplication = oneOf(sharing)
      for pattern in ["*a*", "**/?*", "/*", "*é*"] where oneOf([true, false, false, false]) {
        options.rules.append(
          CompressionRule(pattern, compression(), pclusterByteCount: oneOf([nil, nil, pcluster()])))
      }
      options.volumeName = oneOf(["", "a name", "sixteen bytes ok"])
      options.threadCount = oneOf([1, 2, 3, 8])
      if (try? options.validate()) != nil { return options }
    }
  }

  private mutating func pcluster() -> Int { oneOf([512, 4096, 4096, 8192, 16_384, 65_536, 1 << 18, 1 << 20]) }

  private mutating func compression() -> ErofsOptions.Compression {
    oneOf([
      .none, .lz4, .lz4, .lz4hc(level: oneOf([1, 4, 9])), .deflate(level: oneOf([1, 6])),
      .zstd(level: oneOf([1, 3, 9])),
      .lzma(level: oneOf([0, 1, 3])),
    ])
  }
}

extension ErofsOptions {
  /// All of it in one line, for a message.
  var words: String {
    let rules = rules.map { "\($0.pattern) \($0.compression) \($0.pclusterByteCount ?? 0)" }.joined(separator: "; ")
    return "\(compression) \(pclusterByteCount) \(tails.rawValue) block \(blockByteCount) kernel \(kernel) "
      + "full \(usesFullIndexes) shared \(deduplication) threads \(threadCount ?? 0) rules [\(rules)]"
  }
}
