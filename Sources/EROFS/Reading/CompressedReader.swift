import Compression
import ImageCore

extension MetadataReader {
  mutating func readCompressed(
    _ inode: ErofsInode, at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>
  ) throws(ImageError) {
    var map = try CompressedMap(inode, &self)
    let isPackedInode = inode.nid == volume.packedNID
    let end = offset + UInt64(range.count)
    var position = offset
    while position < end {
      // What many files share is wanted again: all of an extent is kept.
      let extent = try map.extent(at: position, before: isPackedInode ? .max : end, &self)
      let wanted = position..<min(end, extent.range.upperBound)
      let start = range.lowerBound + Int(position - offset)
      let part = start..<start + Int(wanted.upperBound - position)
      switch extent.source {
      case .hole: output.fillZero(part)
      case .fragment(let first):
        try readPacked(
          at: try first.adding(position - extent.range.lowerBound, "a fragment"), into: &output, part, of: inode)
      case .pcluster(let pcluster):
        try pcluster.read(
          position, of: extent.range, into: &output, part, isShared: isPackedInode, volume)
      }
      position = wanted.upperBound
    }
  }

  /// Fills `output[range]` with the packed inode's bytes from `offset` on, which are a fragment of `inode`.
  private mutating func readPacked(
    at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>, of inode: ErofsInode
  ) throws(ImageError) {
    let packed = try packedInode()
    guard offset <= packed.byteCount, UInt64(range.count) <= packed.byteCount - offset else {
      throw volume.corrupt(
        "inode \(inode.nid): a fragment of \(range.count) bytes at \(offset) of \(packed.byteCount) packed ones",
        at: inode.offset)
    }
    try inContext("packed inode \(packed.nid)") { () throws(ImageError) in
      try read(packed, at: offset, into: &output, range)
    }
  }

  /// The inode that holds fragments.
  mutating func packedInode() throws(ImageError) -> ErofsInode {
    if let known = volume.shared.packedInode { return known }
    guard let nid = volume.packedNID else {
      throw ImageError(.corrupt, "there is no packed inode")
    }
    let result = try inode(nid)
    volume.shared.packedInode = result
    return result
  }
}

extension Pcluster {
  /// Fills `output[part]` with the bytes from `position` of the file on; the pcluster has those in `range`.
  fileprivate func read(
    _ position: UInt64, of range: Range<UInt64>, into output: inout [UInt8], _ part: Range<Int>, isShared: Bool,
    _ volume: ErofsVolume
  ) throws(ImageError) {
    let skipped = position - range.lowerBound
    switch form {
    case .shifted: try volume.copy(from: try offset.adding(skipped, "a block"), into: &output, part)
    case .interlaced:
      let inBlock = Int(position & UInt64(volume.blockByteCount - 1))
      let toBorder = min(part.count, volume.blockByteCount - inBlock)
      let border = part.lowerBound + toBorder
      try volume.copy(from: try offset.adding(UInt64(inBlock), "a block"), into: &output, part.lowerBound..<border)
      try volume.copy(from: offset, into: &output, border..<part.upperBound)
    case .compressed(let algorithm):
      let length = Int(range.upperBound - range.lowerBound)
      guard isShared, part.count < length else {
        return try decompress(algorithm, skipping: Int(skipped), into: &output, part, volume)
      }
      let bytes = try volume.shared.bytes(of: self, count: length) { () throws(ImageError) in
        var bytes = [UInt8](repeating: 0, count: length)
        try decompress(algorithm, skipping: 0, into: &bytes, 0..<length, volume)
        return bytes
      }
      output.copy(bytes, Int(skipped)..<Int(skipped) + part.count, to: part.lowerBound)
    }
  }

  private func decompress(
    _ algorithm: BlockAlgorithm, skipping skipped: Int, into output: inout [UInt8], _ part: Range<Int>,
    _ volume: ErofsVolume
  ) throws(ImageError) {
    let block = try volume.store.bytes(at: offset, count: byteCount)
    // No block of any algorithm begins with a zero: what is zero in front is padding.
    let start = volume.isZeroPadded ? block.firstIndex { $0 != 0 } ?? block.count : 0
    do {
      if skipped == 0 { return try algorithm.decompress(block, start..<block.count, into: &output, part) }
      var buffer = [UInt8](repeating: 0, count: skipped + part.count)
      try algorithm.decompress(block, start..<block.count, into: &buffer, buffer.indices)
      output.copy(buffer, skipped..<buffer.count, to: part.lowerBound)
    } catch { throw error.offset == nil ? volume.corrupt(error.message, at: offset) : error }
  }
}
