import FileTree
import ImageCore
import SystemPackage

/// Trees in memory that are the same each time, so that results of two versions can be compared.
enum SampleTrees {
  /// 20,000 files of up to 8 KiB in 500 directories: about 80 MiB of text, and nothing that a large file would hide.
  static func small() throws -> FileTree {
    var source = Text(seed: 1)
    var tree = FileTree()
    for folder in 0..<500 {
      for file in 0..<40 {
        let content = source.text(byteCount: 256 + source.number(below: 7936))
        try add(content, "usr/share/small/\(folder)/\(file).txt", to: &tree)
      }
    }
    return tree
  }

  /// One file of 4 MiB of text.
  static func sample() throws -> FileTree {
    var source = Text(seed: 3)
    var tree = FileTree()
    try add(source.text(byteCount: 4 << 20), "usr/share/sample.txt", to: &tree)
    return tree
  }

  /// 10,000 names of one file, so that nearly all is the directory.
  static func names() throws -> FileTree {
    var tree = FileTree()
    let node = FileTree.Node(.regular(MemoryContent([1])), .file)
    let file = try tree.insert(node, at: FilePath("usr/share/names/0"))
    for name in 1..<10_000 { try tree.link(file, at: FilePath("usr/share/names/a-name-\(name).txt")) }
    return tree
  }

  /// 4 files of 8 MiB: text, with 64 KiB that nothing can compress in each 256 KiB.
  static func large() throws -> FileTree {
    var source = Text(seed: 2)
    var tree = FileTree()
    for file in 0..<4 {
      var content: [UInt8] = []
      for _ in 0..<32 {
        content += source.text(byteCount: 192 << 10)
        content += source.noise(byteCount: 64 << 10)
      }
      try add(content, "usr/lib/large/\(file).bin", to: &tree)
    }
    return tree
  }

  private static func add(_ content: [UInt8], _ path: String, to tree: inout FileTree) throws {
    try tree.insert(FileTree.Node(.regular(MemoryContent(content)), .file), at: FilePath(path))
  }
}

/// Words in an order that looks random: SplitMix64.
struct Text {
  private var state: UInt64
  private var words: [[UInt8]] = []

  init(seed: UInt64) {
    state = seed
    words = (0..<1024).map { _ in (0..<2 + number(below: 9)).map { _ in UInt8(97 + number(below: 26)) } + [32] }
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }

  mutating func number(below limit: Int) -> Int { Int(next() % UInt64(limit)) }

  mutating func text(byteCount: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(byteCount + 16)
    // Of two numbers the smaller: frequent words, as languages have them.
    while bytes.count < byteCount { bytes += words[min(number(below: 1024), number(below: 1024))] }
    bytes.removeLast(bytes.count - byteCount)
    return bytes
  }

  mutating func noise(byteCount: Int) -> [UInt8] { (0..<byteCount).map { _ in UInt8(truncatingIfNeeded: next()) } }
}
