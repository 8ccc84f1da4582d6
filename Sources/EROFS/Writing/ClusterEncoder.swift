import Compression
import ImageCore

/// Compresses one segment of a file into pclusters.
///
/// Pure: bytes in, bytes and extents out.
struct ClusterEncoder: ~Copyable {
  private let pclusterByteCount: Int
  private let compressor: any BlockCompressor
  /// One pcluster on its way: its length is known only after compressing, and it must end at a block's end.
  private var scratch: [UInt8]

  private static let block = ErofsFormat.blockByteCount

  init(_ codec: BlockCodec, pclusterByteCount: Int) {
    self.pclusterByteCount = pclusterByteCount
    compressor = codec.makeCompressor(pclusterByteCount: pclusterByteCount)
    scratch = [UInt8](repeating: 0, count: pclusterByteCount)
  }

  /// Compresses `input[range]` to `output[position...]`, which has room for the input and one pcluster more.
  ///
  /// The segment begins at an lcluster's border. Each extent but the last reaches into the next lcluster, as the index
  /// can name one beginning in each.
  mutating func encode(
    _ input: borrowing [UInt8], _ range: Range<Int>, into output: inout [UInt8], at position: inout Int
  ) -> [Extent] {
    var extents: [Extent] = []
    var start = range.lowerBound
    // A match finder with a long source looks through all of it before it gives up on the one block that fits.
    var isSuspicious = true
    while start < range.upperBound {
      let rest = start..<range.upperBound
      if rest.count > Self.block, let extent = compress(input, rest, isSuspicious, into: &output, at: &position) {
        extents.append(extent)
        start += extent.byteCount
        isSuspicious = false
      } else {
        let count = min(rest.count, pclusterByteCount)
        Self.store(input, start..<start + count, into: &output, at: &position, &extents)
        start += count
        isSuspicious = true
      }
    }
    return extents
  }

  /// One pcluster from the beginning of `rest`; `nil` when that saves no block.
  private mutating func compress(
    _ input: borrowing [UInt8], _ rest: Range<Int>, _ isSuspicious: Bool, into output: inout [UInt8],
    at position: inout Int
  ) -> Extent? {
    var source = rest
    if isSuspicious { source = rest.prefix(2 * pclusterByteCount) }
    var (consumed, produced) = compressor.compress(input, source, into: &scratch, capacity: pclusterByteCount)
    if consumed == source.count, source != rest {
      source = rest
      (consumed, produced) = compressor.compress(input, source, into: &scratch, capacity: pclusterByteCount)
    }
    let blockCount = produced.dividedUp(by: Self.block)
    // What is stored takes a block for each begun block of input, so at the end even a part of a block may be saved.
    let storedBlockCount = consumed == rest.count ? consumed.dividedUp(by: Self.block) : consumed / Self.block
    guard produced > 0, blockCount * Self.block < consumed, blockCount < storedBlockCount || consumed < rest.count
    else { return nil }
    let padding = blockCount * Self.block - produced
    output.fillZero(position..<position + padding)
    output.copy(scratch, 0..<produced, to: position + padding)
    position += blockCount * Self.block
    return Extent(byteCount: consumed, blockCount: blockCount, isPlain: false)
  }

  /// Stores bytes as they are, one extent for each block.
  private static func store(
    _ input: borrowing [UInt8], _ range: Range<Int>, into output: inout [UInt8], at position: inout Int,
    _ extents: inout [Extent]
  ) {
    var start = range.lowerBound
    while start < range.upperBound {
      let count = min(block, range.upperBound - start)
      output.copy(input, start..<start + count, to: position)
      output.fillZero(position + count..<position + block)
      position += block
      start += count
      extents.append(Extent(byteCount: count, blockCount: 1, isPlain: true))
    }
  }
}

extension Range<Int> {
  /// The first `count` of it, or all.
  fileprivate func prefix(_ count: Int) -> Range<Int> { lowerBound..<Swift.min(upperBound, lowerBound + count) }
}
