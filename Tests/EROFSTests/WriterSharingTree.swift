import FileTree
import ImageCore
import SystemPackage
import TestSupport

/// Trees of files that have long parts in common.
struct WriterSharingTree {
  private(set) var tree = FileTree()
  private var random: SplitMix64
  private var fileCount = 0

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  mutating func below(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }

  mutating func noise(_ count: Int) -> [UInt8] { random.bytes(count) }

  /// Words of a small vocabulary: LZ4 halves it.
  mutating func text(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 16)
    while bytes.count < count {
      let word = random.next()
      bytes.append(UInt8(truncatingIfNeeded: word))
      for index in 0..<(3 + word >> 8 & 7) { bytes.append(UInt8(97 + (word >> 16 & 0x1FF) &* (index + 7) % 23)) }
    }
    return Array(bytes[..<count])
  }

  mutating func add(_ parts: [UInt8]...) throws {
    let name = String(fileCount + 10_000)
    fileCount += 1
    let node = FileTree.Node(
      .regular(MemoryContent(Array(parts.joined()))),
      FileAttributes(permissions: 0o644, modified: Timestamp(seconds: 1_600_000_000)))
    try tree.insert(node, at: FilePath("file-\(name)"))
  }

  // MARK: trees

  /// The same 100 KiB in the middle of many files, at all kinds of places.
  static func middles(noise: Bool) throws -> FileTree {
    var made = Self(seed: noise ? 1 : 2)
    let common = noise ? made.noise(100 << 10) : made.text(100 << 10)
    for index in 0..<24 {
      let before = made.text(index * 1361 + (index % 3 == 0 ? 4096 - 1 + index / 3 : 0))
      try made.add(before, index % 4 == 1 ? made.noise(index * 171) : [], common, made.text(index * 777))
    }
    return made.tree
  }

  /// Runs inside one file, across segments, at beginnings and ends, of several earlier files, one over the other.
  static func places() throws -> FileTree {
    var made = Self(seed: 3)
    let (a, b, c) = (made.text(150_000), made.text(90_001), made.noise(70_003))
    let large = made.text(2_600_000)
    try made.add(a, made.text(100), a, made.text(5), b, a, b)
    try made.add(a)
    try made.add(made.text(1), a)
    try made.add(a, made.text(1))
    try made.add(b, c, b, c, c, c)
    try made.add(Array(a[50_000...]), Array(b[..<60_000]), Array(a[..<100_000]), Array(c[1000...]))
    try made.add(large)
    try made.add(made.text(3), large)
    try made.add(Array(large[1_000_001...]), Array(large[..<1_300_000]))
    try made.add([UInt8](repeating: 0, count: 300_000), a, [UInt8](repeating: 0, count: 200_000), b)
    try made.add(made.noise(2 << 20), a, made.noise(4095), b, made.noise(4097), c)
    try made.add(Array(large[..<(2 << 20 - 50_000)]), a, b, Array(large[2_300_000...]))
    return made.tree
  }

  /// Files pasted together from slices of a pool of pieces.
  static func pasted(seed: UInt64) throws -> FileTree {
    var made = Self(seed: seed)
    var pool: [[UInt8]] = []
    for index in 0..<10 {
      let count = 5000 + made.below(index == 0 ? 900_000 : 150_000)
      pool.append(made.below(3) == 0 ? made.noise(count) : made.text(count))
    }
    for _ in 0..<25 {
      var bytes: [UInt8] = []
      for _ in 0..<(1 + made.below(8)) {
        switch made.below(6) {
        case 0: bytes += made.text(made.below(9000))
        case 1: bytes += made.noise(made.below(6000))
        default:
          let piece = pool[made.below(pool.count)]
          let isWhole = made.below(2) == 0
          let start = isWhole ? 0 : made.below(piece.count)
          let end = isWhole ? piece.count : start + made.below(piece.count - start + 1)
          bytes += piece[start..<end]
        }
      }
      try made.add(bytes)
    }
    return made.tree
  }
}
