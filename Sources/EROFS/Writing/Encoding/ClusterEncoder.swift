import Compression
import ImageCore

/// Compresses one segment of a file into pclusters.
///
/// Pure: bytes in, bytes and extents out.
struct ClusterEncoder {
  private let block: BlockSize
  private let pclusterByteCount: Int
  private let isInterlaced: Bool
  private let compressor: any BlockCompressor

  init(_ codec: BlockCodec, pclusterByteCount: Int, block: BlockSize, isInterlaced: Bool = false) {
    self.block = block
    self.pclusterByteCount = pclusterByteCount
    self.isInterlaced = isInterlaced
    compressor = codec.makeCompressor(pclusterByteCount: pclusterByteCount)
  }

  /// Compresses `input[range]` to `output[position...]`, which has room for the input and one pcluster more.
  ///
  /// The segment begins at an lcluster's border. Each extent but the last reaches into the next lcluster, as the index
  /// can name one beginning in each. The tail rule is `.block` unless the segment is the file's last.
  func encode(
    _ input: borrowing [UInt8], _ range: Range<Int>, tail: TailRule = .block, into output: inout [UInt8],
    at position: inout Int
  ) -> ClusterRun {
    var run = ClusterRun()
    var start = range.lowerBound
    // A match finder with a long source looks through all of it before it gives up on the one block that fits.
    var reach = max(64 << 10, 2 * pclusterByteCount)
    while start < range.upperBound {
      let rest = start..<range.upperBound
      if tail == .fragment, rest.count <= block.byteCount {
        run.extents.append(Extent(byteCount: rest.count, blockCount: 0, form: .fragment))
        break
      }
      var (consumed, produced) = compress(input, rest, reach, into: &output, at: position)
      if tail == .inline, consumed == rest.count, produced > block.byteCount, isLittle(block.rest(produced)) {
        // In full blocks; what is left of the last one goes beside the inode.
        (consumed, produced) = compressInFullBlocks(input, rest, produced, into: &output, at: position)
      }
      if consumed == rest.count, tail != .block, produced > 0,
        finish(consumed, output, position..<position + produced, tail, &run)
      {
        break
      }
      if isSmaller(consumed, produced, rest.count) {
        // It must end at a block's end.
        let blockCount = block.blocks(produced)
        let end = position + blockCount << block.bits
        if position + produced < end {
          output.move(position..<position + produced, to: end - produced)
          output.fillZero(position..<end - produced)
        }
        position = end
        run.extents.append(Extent(byteCount: consumed, blockCount: blockCount, form: .compressed))
        start += consumed
        reach = .max
        continue
      }
      if tail == .inline, rest.count < block.byteCount {
        run.inline = Array(input[rest])
        run.extents.append(Extent(byteCount: rest.count, blockCount: 0, form: .plain))
        break
      }
      let end = min(rest.upperBound, start + pclusterByteCount)
      while start < end, tail == .block || range.upperBound - start >= block.byteCount {
        start += store(input, start..<end, origin: range.lowerBound, into: &output, at: &position, &run)
      }
      reach = 2 * pclusterByteCount
    }
    return run
  }

  /// One pcluster, from the beginning of `rest`; looks no farther than `reach` unless it is all compressed.
  private func compress(
    _ input: borrowing [UInt8], _ rest: Range<Int>, _ reach: Int, into output: inout [UInt8], at position: Int
  ) -> (consumed: Int, produced: Int) {
    let place = position..<position + pclusterByteCount
    let near = rest.lowerBound..<rest.lowerBound + min(reach, rest.count)
    let result = compressor.compress(input, near, into: &output, place)
    guard result.consumed == near.count, near != rest else { return result }
    return compressor.compress(input, rest, into: &output, place)
  }

  /// Whether so much of a block is likely to fit beside the inode, compressed once more without what is before it.
  private func isLittle(_ byteCount: Int) -> Bool { byteCount > 0 && byteCount <= block.byteCount * 3 / 4 }

  /// The beginning of the last pcluster's input, as much as fills all but the last of its blocks.
  private func compressInFullBlocks(
    _ input: borrowing [UInt8], _ rest: Range<Int>, _ byteCount: Int, into output: inout [UInt8], at position: Int
  ) -> (consumed: Int, produced: Int) {
    let end = position + (byteCount >> block.bits) << block.bits
    let (consumed, produced) = compressor.compress(input, rest, into: &output, position..<end)
    if isSmaller(consumed, produced, rest.count) { return (consumed, produced) }
    return compress(input, rest, .max, into: &output, at: position)
  }

  /// Whether blocks are saved: stored as it is, each begun block of the input takes one.
  private func isSmaller(_ consumed: Int, _ produced: Int, _ restByteCount: Int) -> Bool {
    let blockCount = block.blocks(produced)
    guard produced > 0, blockCount << block.bits < consumed else { return false }
    return consumed < restByteCount || blockCount < block.blocks(consumed)
  }

  // MARK: the end of a file

  /// Puts the compressed rest of the file where the rule says; false where it fills a pcluster or gains nothing.
  private func finish(
    _ consumed: Int, _ output: borrowing [UInt8], _ place: Range<Int>, _ tail: TailRule, _ run: inout ClusterRun
  ) -> Bool {
    switch tail {
    case .fragment where block.roundUp(place.count) < pclusterByteCount || place.count < block.byteCount:
      run.extents.append(Extent(byteCount: consumed, blockCount: 0, form: .fragment))
    case .inline where place.count < block.byteCount && place.count < consumed:
      run.inline = Array(output[place])
      run.extents.append(Extent(byteCount: consumed, blockCount: 0, form: .compressed))
    case .block, .inline, .fragment: return false
    }
    return true
  }

  // MARK: stored blocks

  /// Stores up to a block as it is; returns how much.
  private func store(
    _ input: borrowing [UInt8], _ range: Range<Int>, origin: Int, into output: inout [UInt8], at position: inout Int,
    _ run: inout ClusterRun
  ) -> Int {
    let count = min(block.byteCount, range.count)
    // Interlaced, each byte has the place in the block that it has in the file's blocks.
    let offset = isInterlaced ? block.rest(range.lowerBound - origin) : 0
    let first = min(count, block.byteCount - offset)
    if count < block.byteCount { output.fillZero(position..<position + block.byteCount) }
    output.copy(input, range.lowerBound..<range.lowerBound + first, to: position + offset)
    output.copy(input, range.lowerBound + first..<range.lowerBound + count, to: position)
    position += block.byteCount
    run.extents.append(Extent(byteCount: count, blockCount: 1, form: .plain))
    return count
  }
}
