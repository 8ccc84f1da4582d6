import Compression
import ImageCore

extension MetadataReader {
  /// A request of this length is taken for one of many that read all of a file.
  private static let sequentialByteCount = 64 << 10

  mutating func readCompressed(
    _ inode: ErofsInode, at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>
  ) throws(ImageError) {
    var map = try map(of: inode)
    defer { buffers.keep(map) }
    // What many files share is wanted again: all of an extent is kept.
    let isShared = inode.nid == volume.packedNID || inode.nid == volume.metaboxNID
    let keepsAll = isShared || range.count >= Self.sequentialByteCount
    let end = offset + UInt64(range.count)
    var position = offset
    buffers.run.removeAll()
    while position < end {
      let extent = try map.extent(at: position, before: .max, &self)
      let wanted = position..<min(end, extent.range.upperBound)
      let start = range.lowerBound + Int(position - offset)
      let part = start..<start + Int(wanted.upperBound - position)
      switch extent.source {
      case .hole: output.fillZero(part)
      case .fragment(let first):
        // It is the last extent, and the packed inode's own run takes the place of this one.
        try finishRun(into: &output, keepsAll: keepsAll)
        let place = try first.adding(position - extent.range.lowerBound, "a fragment")
        try readPacked(at: place, into: &output, part, of: inode)
      case .pcluster(let pcluster):
        let piece = PclusterRun.Piece(
          pcluster: pcluster, byteCount: Int(extent.range.upperBound - extent.range.lowerBound),
          skipped: Int(position - extent.range.lowerBound), position: position, part: part)
        if !buffers.run.append(piece) {
          try finishRun(into: &output, keepsAll: keepsAll)
          _ = buffers.run.append(piece)
        }
      }
      position = wanted.upperBound
    }
    try finishRun(into: &output, keepsAll: keepsAll)
  }

  /// The map of a compressed inode; give it back with `buffers.keep`.
  mutating func map(of inode: ErofsInode) throws(ImageError) -> CompressedMap {
    if let known = buffers.takeMap(of: inode.nid) { return known }
    return try CompressedMap(inode, &self)
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

  /// Reads and decompresses what the run has gathered, and empties it.
  private mutating func finishRun(into output: inout [UInt8], keepsAll: Bool) throws(ImageError) {
    // Bytes of `buffers.input` that are of this run.
    var there: Range<UInt64> = 0..<0
    for index in buffers.run.pieces.indices {
      let piece = buffers.run.pieces[index]
      switch piece.pcluster.form {
      case .shifted:
        let place = try piece.pcluster.offset.adding(UInt64(piece.skipped), "a block")
        if there.lowerBound <= place, piece.pcluster.end <= there.upperBound {
          let start = Int(place - there.lowerBound)
          output.copy(buffers.input, start..<start + piece.part.count, to: piece.part.lowerBound)
        } else {
          try copyStored(from: place, into: &output, piece.part)
        }
      case .interlaced:
        // What reaches over the block's end goes on at its beginning.
        let inBlock = Int(piece.position & UInt64(volume.blockByteCount - 1))
        let border = piece.part.lowerBound + min(piece.part.count, volume.blockByteCount - inBlock)
        let start = piece.pcluster.offset
        try copyStored(
          from: try start.adding(UInt64(inBlock), "a block"), into: &output, piece.part.lowerBound..<border)
        try copyStored(from: start, into: &output, border..<piece.part.upperBound)
      case .compressed(let algorithm):
        if piece.isWhole {
          try decompress(piece.pcluster, algorithm, into: &output, piece.part, &there)
          continue
        }
        let needed = piece.skipped + piece.part.count
        let bytes = try volume.shared.pclusters.bytes(
          of: piece.pcluster, needed: needed, all: piece.byteCount, kept: keepsAll
        ) { (count) throws(ImageError) in
          var bytes = [UInt8](repeating: 0, count: count)
          try decompress(piece.pcluster, algorithm, into: &bytes, 0..<count, &there)
          return bytes
        }
        output.copy(bytes, piece.skipped..<needed, to: piece.part.lowerBound)
      }
    }
    buffers.run.removeAll()
  }

  /// Bytes that are stored as they are.
  private mutating func copyStored(
    from offset: UInt64, into output: inout [UInt8], _ range: Range<Int>
  ) throws(ImageError) {
    // What stands beside an inode has often come with it.
    if offset & ErofsVolume.inMetabox != 0 || isInWindow(offset, count: range.count) {
      return try copyMetadata(at: offset, into: &output, range)
    }
    try volume.devices.read(at: offset, into: &output, range)
  }

  /// Decompresses the first bytes of a pcluster; `there` is what `buffers.input` has of this run.
  private mutating func decompress(
    _ pcluster: Pcluster, _ algorithm: BlockAlgorithm, into output: inout [UInt8], _ range: Range<Int>,
    _ there: inout Range<UInt64>
  ) throws(ImageError) {
    if pcluster.offset < there.lowerBound || pcluster.end > there.upperBound {
      let end = pcluster.offset & ErofsVolume.inMetabox == 0 ? max(buffers.run.end, pcluster.end) : pcluster.end
      try readInput(pcluster.offset..<end)
      there = pcluster.offset..<end
    }
    var start = Int(pcluster.offset - there.lowerBound)
    let end = start + pcluster.byteCount
    // No block of any algorithm begins with a zero: what is zero in front is padding, in old LZ4 what is behind.
    if volume.isZeroPadded || algorithm != .lz4 { start = buffers.input.firstNonzero(in: start..<end) }
    do {
      try buffers.decompressor.decompress(algorithm, buffers.input, start..<end, into: &output, range)
    } catch { throw error.offset == nil ? volume.corrupt(error.message, at: pcluster.offset) : error }
  }

  /// Fills the beginning of `buffers.input`.
  private mutating func readInput(_ range: Range<UInt64>) throws(ImageError) {
    let count = Int(range.upperBound - range.lowerBound)
    var input = buffers.input
    buffers.input = []
    defer { buffers.input = input }
    if input.count < count { input = [UInt8](repeating: 0, count: max(count, 2 * input.count)) }
    try copyStored(from: range.lowerBound, into: &input, 0..<count)
  }
}

extension [UInt8] {
  /// The index of the first byte in `range` that is not 0, or the range's end.
  fileprivate func firstNonzero(in range: Range<Int>) -> Int {
    var index = range.lowerBound
    while index < range.upperBound, self[index] == 0 { index += 1 }
    return index
  }
}
