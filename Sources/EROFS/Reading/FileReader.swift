import ImageCore

extension MetadataReader {
  /// Fills `output[range]` with the bytes of a file, directory or link from `offset` on; all are inside it.
  ///
  /// Touches what these bytes need, nothing else of the file.
  mutating func read(
    _ inode: ErofsInode, at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>
  ) throws(ImageError) {
    guard range.lowerBound >= 0, range.upperBound <= output.count, offset <= inode.byteCount,
      UInt64(range.count) <= inode.byteCount - offset
    else {
      throw ImageError(.invalidArgument, "\(range.count) bytes at \(offset) of a file of \(inode.byteCount)")
    }
    guard !range.isEmpty else { return }
    switch inode.layout {
    case .flatPlain, .flatInline: try readFlat(inode, at: offset, into: &output, range)
    case .chunkBased: try readChunks(inode, at: offset, into: &output, range)
    case .compressedFull, .compressedCompact: try readCompressed(inode, at: offset, into: &output, range)
    }
  }

  private mutating func readFlat(
    _ inode: ErofsInode, at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>
  ) throws(ImageError) {
    let inlineStart = volume.inlineStart(of: inode)
    let end = offset + UInt64(range.count)
    var middle = range.lowerBound
    if offset < inlineStart {
      middle += Int(min(end, inlineStart) - offset)
      let part = range.lowerBound..<middle
      if let block = inode.startBlock {
        let start = try volume.byteOffset(ofBlock: block, inode).adding(offset, "i_size")
        try volume.copy(from: start, into: &output, part)
      } else {
        output.fillZero(part)
      }
    }
    if middle < range.upperBound {
      let tailByteCount = inode.byteCount - inlineStart
      guard inode.tailOffset & UInt64(volume.blockByteCount - 1) + tailByteCount <= volume.blockByteCount else {
        throw volume.corrupt("the inline data of inode \(inode.nid) crosses a block's border", at: inode.tailOffset)
      }
      let start = inode.tailOffset + (max(offset, inlineStart) - inlineStart)
      let bytes = try array(at: start, count: range.upperBound - middle)
      output.copy(bytes, bytes.indices, to: middle)
    }
  }

  private mutating func readChunks(
    _ inode: ErofsInode, at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>
  ) throws(ImageError) {
    let map = try ChunkMap(inode, volume)
    var position = offset
    var filled = range.lowerBound
    while filled < range.upperBound {
      let chunk = position >> map.chunkBits
      let inside = position & (1 << map.chunkBits - 1)
      let count = Int(min(UInt64(range.upperBound - filled), 1 << map.chunkBits - inside))
      let part = filled..<filled + count
      if let block = try self.block(ofChunk: chunk, map) {
        let start = try volume.byteOffset(ofBlock: block, inode).adding(inside, "a chunk")
        try volume.copy(from: start, into: &output, part)
      } else {
        output.fillZero(part)
      }
      position += UInt64(count)
      filled += count
    }
  }

  /// Where chunk number `chunk` begins; `nil` for a hole.
  mutating func block(ofChunk chunk: UInt64, _ map: ChunkMap) throws(ImageError) -> UInt64? {
    let place = try map.start.adding(try chunk.multiplied(by: UInt64(map.entryByteCount), "a chunk"), "a chunk")
    return try withBytes(at: place, count: map.entryByteCount) { (bytes) throws(ImageError) in
      // An index has bits 32 to 47 of the address, a device's number and the lower bits; we know one device.
      let low = try bytes.u32(at: map.entryByteCount - 4)
      let high = map.is48Bit ? try bytes.u16(at: 0) : .max
      if low == .max, high == .max { return nil }
      return map.is48Bit ? UInt64(high) << 32 | UInt64(low) : UInt64(low)
    }
  }
}

/// The map of a chunk-based file, from `i_u` (`struct erofs_inode_chunk_info`).
struct ChunkMap {
  /// Where the first entry is.
  let start: UInt64
  /// 4 for plain block addresses, 8 for `struct erofs_inode_chunk_index`.
  let entryByteCount: Int
  /// The chunk's length as a shift.
  let chunkBits: UInt64
  let is48Bit: Bool

  init(_ inode: ErofsInode, _ volume: ErofsVolume) throws(ImageError) {
    let format = inode.union & 0xFFFF
    guard format >> 7 == 0, format & 0x60 != 0x40 else {
      throw volume.unsupported("chunk format \(format) of inode \(inode.nid)", at: inode.offset)
    }
    entryByteCount = format & 0x20 == 0 ? 4 : 8
    is48Bit = format & 0x40 != 0
    chunkBits = UInt64(volume.blockBits) + UInt64(format & 0x1F)
    start = inode.tailOffset.roundedUp(to: UInt64(entryByteCount))
  }
}

extension ErofsVolume {
  /// From which byte on a file's data is inline; its end when it is not.
  func inlineStart(of inode: ErofsInode) -> UInt64 {
    guard inode.layout == .flatInline, inode.byteCount > 0 else { return inode.byteCount }
    return (inode.byteCount - 1) & ~UInt64(blockByteCount - 1)
  }

  /// Where byte `position` of flat data is, else where the inode is: for messages.
  func offset(of position: UInt64, in inode: ErofsInode) -> UInt64 {
    let inlineStart = inlineStart(of: inode)
    switch inode.layout {
    case .flatInline where position >= inlineStart: return inode.tailOffset &+ (position - inlineStart)
    case .flatInline, .flatPlain: return (inode.startBlock ?? 0) << UInt64(blockBits) &+ position
    case .chunkBased, .compressedFull, .compressedCompact: return inode.offset
    }
  }

  func byteOffset(ofBlock block: UInt64, _ inode: ErofsInode) throws(ImageError) -> UInt64 {
    guard block < store.byteCount >> UInt64(blockBits) + 1 else {
      throw corrupt("inode \(inode.nid): block \(block) is beyond the end of the file system", at: inode.offset)
    }
    return block << UInt64(blockBits)
  }

  /// Fills `output[range]` with the image's bytes from `offset` on.
  func copy(from offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) throws(ImageError) {
    try store.read(at: offset, into: &output, range)
  }
}
