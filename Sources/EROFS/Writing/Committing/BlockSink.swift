import ImageCore

/// Hands out block addresses in order and writes blocks at their place in the output file.
struct BlockSink {
  private let output: OutputFile
  /// Where the file system begins in the output.
  private let base: UInt64
  private let block: BlockSize
  /// Whether what is written is digested.
  private let isDigested: Bool
  /// The first address that was not handed out: at the end, the file system's length.
  private(set) var nextBlock: UInt64 = 0
  /// The digests of all that was written, in the order of writing.
  private(set) var digests: [UInt8] = []

  init(_ output: OutputFile, base: UInt64, _ block: BlockSize, isDigested: Bool) {
    self.output = output
    self.base = base
    self.block = block
    self.isDigested = isDigested
  }

  /// The address of the first of `count` new blocks.
  ///
  /// - Throws: `.limit` beyond 2³² blocks.
  mutating func allocate(_ count: Int) throws(ImageError) -> UInt64 {
    let start = nextBlock
    nextBlock += UInt64(count)
    guard nextBlock <= UInt64(UInt32.max) else {
      throw ImageError(.limit, "the file system would have more than 2^32 blocks of \(block.byteCount) bytes")
    }
    return start
  }

  /// Takes the last `count` blocks back, which were not written.
  mutating func release(_ count: Int) { nextBlock -= UInt64(count) }

  /// Writes `bytes[0..<count]` at a block; `digest` where a worker has computed it already.
  mutating func write(
    _ bytes: borrowing [UInt8], count: Int, at address: UInt64, digest known: Digest128? = nil
  ) throws(ImageError) {
    if count == 0 { return }
    let span = try bytes.rawSpan.slice(at: 0, count: count)
    if isDigested { digests += (known ?? Digest128(span)).bytes }
    try output.write(span, at: base + address << UInt64(block.bits))
  }
}
