import EROFS
import FileTree
import ImageCore
import TestSupport
import Testing

/// The kernel that is named decides what may be used, and what is used is what was asked for.
@Suite(.tempFolder) struct ErofsOptionsTests {
  /// A change, the feature that it needs, and the release before the feature's.
  struct Gate: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let feature: KernelFeature
    let before: KernelVersion
    let change: @Sendable (inout ErofsOptions) -> Void

    init(
      _ label: String, _ feature: KernelFeature, _ major: Int, _ minor: Int,
      _ change: @escaping @Sendable (inout ErofsOptions) -> Void
    ) {
      testDescription = label
      self.feature = feature
      before = KernelVersion(major, minor)
      self.change = change
    }

    func options(_ kernel: KernelVersion) -> ErofsOptions {
      var options = ErofsOptions.plain(kernel.major, kernel.minor)
      change(&options)
      return options
    }
  }

  private static let gates: [Gate] = [
    Gate("big pclusters", .bigPclusters, 5, 12) { $0.pclusterByteCount = 8192 },
    Gate("a rule's big pclusters", .bigPclusters, 5, 12) {
      $0.rules = [CompressionRule("*", .lz4, pclusterByteCount: 65_536)]
    },
    Gate("a rule with the image's big pclusters", .bigPclusters, 5, 12) {
      $0.compression = .none
      $0.pclusterByteCount = 16_384
      $0.rules = [CompressionRule("*", .lz4)]
    },
    Gate("LZMA", .lzma, 5, 15) { $0.compression = .lzma(level: 1) },
    Gate("a rule's LZMA", .lzma, 5, 15) { $0.rules = [CompressionRule("*", .lzma(level: 1))] },
    Gate("inline", .inlinePclusters, 5, 16) { $0.tails = .inline },
    Gate("fragments", .fragments, 6, 0) { $0.tails = .fragments },
    Gate("all fragments", .fragments, 6, 0) { $0.tails = .allFragments },
    Gate("small blocks", .smallBlocks, 6, 3) {
      $0.compression = .none
      $0.blockByteCount = 512
    },
    Gate("DEFLATE", .deflate, 6, 5) { $0.compression = .deflate(level: 1) },
    Gate("small compressed blocks", .smallCompressedBlocks, 6, 7) { $0.blockByteCount = 2048 },
    Gate("a rule in small blocks", .smallCompressedBlocks, 6, 7) {
      $0.compression = .none
      $0.blockByteCount = 512
      $0.rules = [CompressionRule("*", .lz4)]
    },
    Gate("Zstandard", .zstd, 6, 9) { $0.compression = .zstd(level: 1) },
    Gate("a rule's Zstandard", .zstd, 6, 9) { $0.rules = [CompressionRule("*", .zstd(level: 1))] },
  ]

  @Test(arguments: gates) func featuresNeedTheirKernel(_ gate: Gate) async throws {
    do throws(ImageError) {
      try gate.options(gate.before).validate()
      Issue.record("was accepted for \(gate.before)")
    } catch {
      #expect(error.code == .invalidArgument)
      for word in [gate.feature.name, "Linux \(gate.feature.kernel)", "for \(gate.before)"] {
        #expect("\(error)".contains(word), "\(word): \(error)")
      }
    }
    let options = gate.options(gate.feature.kernel)
    let image = try await writerRoundTrip(try Self.tree(), options)
    let statistics = try image.statistics()
    #expect(statistics.kernelFeatures.contains(gate.feature), "\(statistics.kernelFeatures)")
    #expect(statistics.minimumKernel == gate.feature.kernel, "\(statistics.kernelFeatures)")
  }

  /// Not asked for, but used where the kernel knows it.
  @Test func whatIsOptionalDependsOnTheKernel() async throws {
    func minimum(_ options: ErofsOptions, _ files: [(path: String, bytes: [UInt8])]) async throws -> KernelVersion {
      try await writerRoundTrip(try writerTree(files), options).statistics().minimumKernel
    }
    let zeros = [(path: "zeros", bytes: [UInt8](repeating: 0, count: 1 << 20))]
    #expect(try await minimum(.plain(5, 14, .none), zeros) == KernelVersion(5, 4))
    #expect(try await minimum(.plain(5, 15, .none), zeros) == KernelVersion(5, 15))
    let text = Content.text(50_000, seed: 1).bytes
    #expect(try await minimum(.plain(6, 0), [("a", text), ("b", text)]) == KernelVersion(5, 4))
    #expect(try await minimum(.plain(6, 1), [("a", text), ("b", text)]) == KernelVersion(6, 1))
    #expect(try await minimum(.plain(6, 1), [("a", text)]) == KernelVersion(5, 4))
  }

  @Test(arguments: ErofsOptions.Preset.allCases) func presetsFitEachKernel(_ preset: ErofsOptions.Preset) async throws {
    #expect(ErofsOptions().kernel == .oldestTarget)
    let tree = try Self.tree()
    for (major, minor) in [(5, 4), (5, 12), (5, 13), (5, 16), (5, 17), (6, 0), (6, 1), (6, 4), (6, 12), (7, 0)] {
      let options = ErofsOptions(preset: preset, kernel: KernelVersion(major, minor))
      let statistics = try await writerRoundTrip(tree, options, "\(major).\(minor)").statistics()
      #expect(statistics.minimumKernel <= options.kernel, "\(statistics.kernelFeatures)")
    }
  }

  /// What no kernel takes, and the words for it.
  private static let mistakes: [(String, @Sendable (inout ErofsOptions) -> Void)] = [
    ("blocks of 256 bytes", { $0.blockByteCount = 256 }), ("blocks of 8192 bytes", { $0.blockByteCount = 8192 }),
    ("blocks of 1000 bytes", { $0.blockByteCount = 1000 }), ("blocks of 0 bytes", { $0.blockByteCount = 0 }),
    ("blocks of -512 bytes", { $0.blockByteCount = -512 }),
    ("a pcluster size of 2048 bytes", { $0.pclusterByteCount = 2048 }),
    ("a pcluster size of 12289 bytes", { $0.pclusterByteCount = 12_289 }),
    ("a pcluster size of 2097152 bytes", { $0.pclusterByteCount = 2 << 20 }),
    ("a pcluster size of 512 bytes", { $0.rules = [CompressionRule("*", .lz4, pclusterByteCount: 512)] }),
    (
      "a pcluster size of 262144 bytes",
      {
        $0.blockByteCount = 512
        $0.rules = [CompressionRule("*", .lz4hc(level: 1), pclusterByteCount: 1 << 18)]
      }
    ),
    (
      "a pcluster size of 1048576 bytes",
      {
        $0.blockByteCount = 512
        $0.compression = .zstd(level: 1)
        $0.pclusterByteCount = 1 << 20
      }
    ),
    ("there is no compression lz4hc,13", { $0.compression = .lz4hc(level: 13) }),
    ("there is no compression zstd,0", { $0.compression = .zstd(level: 0) }),
    ("there is no compression lzma,10", { $0.rules = [CompressionRule("*", .lzma(level: 10))] }),
    ("255 rules", { $0.rules = [CompressionRule](repeating: CompressionRule("*", .lz4), count: 255) }),
    (
      "without compression",
      {
        $0.compression = .none
        $0.tails = .fragments
      }
    ),
    ("17 bytes", { $0.volumeName = "seventeen bytes !" }),
  ]

  @Test(arguments: mistakes.indices) func mistakesAreRefused(_ index: Int) async throws {
    let (words, change) = Self.mistakes[index]
    let options = ErofsOptions.plain(6, 18, .lz4, 4096, .blocks, change)
    let path = try TempFolder.current["image"]
    do throws(ImageError) {
      _ = try await ErofsWriter(options: options).write(FileTree(), to: path, uuid: .zero)
      Issue.record("\(words) was accepted")
    } catch { #expect(error.code == .invalidArgument && "\(error)".contains(words), "\(error)") }
  }

  /// Files that make use of all that is allowed.
  private static func tree() throws -> FileTree {
    try writerTree([
      ("text", Content.text(300_000, seed: 1).bytes), ("noise", Content.random(70_000, seed: 2).bytes),
      ("zeros", Content.zero(1_000_000).bytes), ("small", Content.text(2000, seed: 3).bytes),
      ("copy", Content.text(2000, seed: 3).bytes), ("end", Content.text(9000, seed: 4).bytes),
    ])
  }
}
