import Compression
import ImageCore

extension MetadataReader {
  mutating func readCompressed(
    _ inode: ErofsInode, at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>
  ) throws(ImageError) {
    let map = try ClusterMap(inode, &self)
    let end = offset + UInt64(range.count)
    var position = offset
    while position < end {
      let extent = try map.extent(at: position, before: end, &self)
      let wanted = position..<min(end, extent.range.upperBound)
      let start = range.lowerBound + Int(position - offset)
      try extent.read(wanted, into: &output, start..<start + Int(wanted.upperBound - position), volume)
      position = wanted.upperBound
    }
  }
}

extension ClusterMap.Extent {
  /// Fills `output[part]` with the bytes `wanted` of the file, which the extent has.
  fileprivate func read(
    _ wanted: Range<UInt64>, into output: inout [UInt8], _ part: Range<Int>, _ volume: ErofsVolume
  ) throws(ImageError) {
    let skipped = wanted.lowerBound - range.lowerBound
    switch form {
    case .shifted: try volume.copy(from: try offset.adding(skipped, "a block"), into: &output, part)
    case .interlaced:
      let inBlock = Int(wanted.lowerBound & UInt64(volume.blockByteCount - 1))
      let toBorder = min(part.count, volume.blockByteCount - inBlock)
      let border = part.lowerBound + toBorder
      try volume.copy(from: try offset.adding(UInt64(inBlock), "a block"), into: &output, part.lowerBound..<border)
      try volume.copy(from: offset, into: &output, border..<part.upperBound)
    case .lz4:
      do { try decompress(skipping: Int(skipped), into: &output, part, volume) } catch {
        throw error.offset == nil ? volume.corrupt(error.message, at: offset) : error
      }
    }
  }

  private func decompress(
    skipping skipped: Int, into output: inout [UInt8], _ part: Range<Int>, _ volume: ErofsVolume
  ) throws(ImageError) {
    let block = try volume.store.bytes(at: offset, count: byteCount)
    // No LZ4 block begins with a zero: what is zero in front is padding.
    let start = volume.isZeroPadded ? block.firstIndex { $0 != 0 } ?? block.count : 0
    if skipped == 0 { return try BlockAlgorithm.lz4.decompress(block, start..<block.count, into: &output, part) }
    var buffer = [UInt8](repeating: 0, count: skipped + part.count)
    try BlockAlgorithm.lz4.decompress(block, start..<block.count, into: &buffer, buffer.indices)
    output.copy(buffer, skipped..<buffer.count, to: part.lowerBound)
  }
}
