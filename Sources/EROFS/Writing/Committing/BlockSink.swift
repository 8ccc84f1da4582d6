import ImageCore

/// Hands out block addresses in order and writes blocks at their place in the output file.
struct BlockSink {
  private let output: OutputFile
  /// Where the file system begins in the output.
  private let base: UInt64
  private let format: ImageFormat
  /// Whether what is written is digested.
  private let isDigested: Bool
  /// The first address that was not handed out: at the end, the file system's length.
  private(set) var nextBlock: UInt64 = 0
  /// The digests of all that was written, in the order of writing.
  private(set) var digests: [UInt8] = []

  init(_ output: OutputFile, base: UInt64, _ format: ImageFormat, isDigested: Bool) {
    self.output = output
    self.base = base
    self.format = format
    self.isDigested = isDigested
  }

  /// The address of the first of `count` new blocks.
  ///
  /// - Throws: `.limit` beyond what addresses can name.
  mutating func allocate(_ count: Int) throws(ImageError) -> UInt64 {
    let start = nextBlock
    nextBlock += UInt64(count)
    try format.check(blockCount: nextBlock)
    return start
  }

  /// Leaves a hole up to a block.
  mutating func skip(to block: UInt64) { nextBlock = max(nextBlock, block) }

  /// Takes the last `count` blocks back, which were not written.
  mutating func release(_ count: Int) { nextBlock -= UInt64(count) }

  /// Writes `bytes[0..<count]` at a block.
  mutating func write(_ bytes: borrowing [UInt8], count: Int, at address: UInt64) throws(ImageError) {
    if count == 0 { return }
    let digest = isDigested ? Digest128(try bytes.rawSpan.slice(at: 0, count: count)) : nil
    try write(bytes, [0..<count], at: address, digest: digest)
  }

  /// Writes parts of `bytes`, one behind the other, at a block; `digest` is of all from which they are.
  mutating func write(
    _ bytes: borrowing [UInt8], _ parts: [Range<Int>], at address: UInt64, digest: Digest128?
  ) throws(ImageError) {
    let start = base + address << UInt64(format.block.bits)
    var position = start
    for part in parts where !part.isEmpty {
      try output.write(try bytes.rawSpan.slice(at: part.lowerBound, count: part.count), at: position)
      position += UInt64(part.count)
    }
    if let digest, position > start { digests += digest.bytes }
  }
}
