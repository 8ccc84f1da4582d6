/// The file system's block: 512 to 4096 bytes, where the reader's pages are 4096.
package struct BlockSize: Sendable, Hashable {
  /// The length as a shift.
  package let bits: Int

  /// The usual block: a page.
  package static let page = BlockSize(bits: 12)

  private init(bits: Int) { self.bits = bits }

  /// `nil` for what is no power of two from 512 to 4096.
  package init?(byteCount: Int) {
    guard (512...4096).contains(byteCount), byteCount.nonzeroBitCount == 1 else { return nil }
    bits = byteCount.trailingZeroBitCount
  }

  package var byteCount: Int { 1 << bits }

  /// The blocks that hold `byteCount` bytes.
  package func blocks(_ byteCount: Int) -> Int { (byteCount + self.byteCount - 1) >> bits }

  /// `byteCount` rounded up to whole blocks.
  package func roundUp(_ byteCount: Int) -> Int { blocks(byteCount) << bits }

  /// What is beyond the last whole block.
  package func rest(_ byteCount: Int) -> Int { byteCount & (1 << bits - 1) }
}
