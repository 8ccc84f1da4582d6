/// Compresses into an output of fixed size, as EROFS wants it: how much input fits is the question.
///
/// Holds working memory that is used again for each block: one object for each thread. What a call gives depends on
/// its bytes, its room and the codec's settings, never on earlier calls.
package protocol BlockCompressor: AnyObject {
  /// Compresses as much of the beginning of `source[range]` as fits into `target[place]`, from its beginning on.
  ///
  /// The first byte of the result is not 0, since zeros in front of a block are padding. LZ4HC's match finder looks
  /// through all of a long source that does not compress: after a block without gain, offer a short one first.
  ///
  /// - Returns: The bytes read and written; `(0, 0)` when it cannot be done or nothing is gained.
  func compress(
    _ source: borrowing [UInt8], _ range: Range<Int>, into target: inout [UInt8], _ place: Range<Int>
  ) -> (consumed: Int, produced: Int)
}

/// A way to compress: what one file of this module brings.
protocol BlockCoder: Sendable {
  /// The word for it in options.
  static var name: String { get }
  static var algorithm: BlockAlgorithm { get }
  /// The levels that there are, weakest first; none for a coder without levels.
  static var levels: [ClosedRange<Int>] { get }
  static var defaultLevel: Int { get }

  /// How far back a block's matches may reach, which the superblock tells the decompressor.
  static func windowByteCount(pclusterByteCount: Int) -> Int

  static func makeCompressor(level: Int, pclusterByteCount: Int) -> any BlockCompressor
}
