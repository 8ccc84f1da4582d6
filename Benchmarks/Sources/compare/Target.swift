/// What a row of the table must reach against the fastest `mkfs.erofs`: the one place where the targets are.
struct Target {
  let mode: String
  let trees: [String]
  /// Their wall time by ours, at least.
  let speedUp: Double
  /// Our CPU time by that of the same, at most.
  var cpuRatio: Double?
  /// What is not in our measurement yet, so that reaching the figures would not be enough.
  var missing: String?

  /// Our size by the smallest of theirs, at most.
  static let sizeRatio = 1.005
  /// Resident memory at any time, at most.
  static let peakByteCount = 128 << 20

  private static let typical = ["gcc", "debug", "git", "pandoc"]

  static let all = [
    Target(mode: "lz4", trees: typical, speedUp: 1.8, cpuRatio: 0.85),
    Target(mode: "lz4", trees: ["manyfiles"], speedUp: 2.5, cpuRatio: 0.6),
    Target(mode: "lz4", trees: ["toolchain"], speedUp: 1.5),
    Target(mode: "lz4", trees: ["incompressible"], speedUp: 10, cpuRatio: 0.1),
    Target(mode: "dedupe", trees: ["gcc", "manyfiles"], speedUp: 5),
    Target(mode: "lz4hc,9", trees: typical + ["manyfiles"], speedUp: 1.9),
    Target(mode: "lz4hc,9", trees: ["toolchain"], speedUp: 1.5),
    Target(mode: "lz4hc,9", trees: ["incompressible"], speedUp: 10),
    Target(mode: "none", trees: typical + ["toolchain"], speedUp: 1.2),
    Target(mode: "none", trees: ["manyfiles"], speedUp: 2),
    Target(mode: "none", trees: ["incompressible"], speedUp: 1),
    Target(mode: "image", trees: ["gcc"], speedUp: 2.5, cpuRatio: 0.7, missing: "the verity tree on our side"),
  ]

  /// The modes of the table, in its order.
  static let modes = ["lz4", "dedupe", "lz4hc,9", "none", "image"]
  /// The trees of the table, in its order.
  static let trees = typical + ["manyfiles", "toolchain", "incompressible"]

  /// What the table asks of a tree in a mode; nothing of other trees.
  static func of(_ tree: String, _ mode: String) -> Target? {
    all.first { $0.mode == mode && $0.trees.contains(tree) }
  }
}
