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
        try volume.devices.read(at: start, into: &output, part)
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
      try copyMetadata(at: start, into: &output, middle..<range.upperBound)
    }
  }

  /// Fills `output[range]` with metadata from `offset` on.
  mutating func copyMetadata(
    at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>
  ) throws(ImageError) {
    guard !range.isEmpty else { return }
    try withBytes(at: offset, count: range.count) { (bytes) throws(ImageError) in
      output.copy(bytes, to: range.lowerBound)
    }
  }

  private mutating func readChunks(
    _ inode: ErofsInode, at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>
  ) throws(ImageError) {
    let map = try ChunkMap(inode, volume)
    let end = offset + UInt64(range.count)
    var position = offset
    while position < end {
      let chunk = position >> map.chunkBits
      let inside = position & (1 << map.chunkBits - 1)
      let place = try self.place(ofChunk: chunk, map)
      // Chunks that follow each other in the image, or are all holes, are one request.
      var next = chunk + 1
      while map.isInside(next, before: end),
        try self.place(ofChunk: next, map) == place?.advanced(by: (next - chunk) << (map.chunkBits - map.blockBits))
      {
        next += 1
      }
      let count = Int(min(end, next << map.chunkBits) - position)
      let first = range.lowerBound + Int(position - offset)
      let part = first..<first + count
      if let place {
        let start = try volume.byteOffset(ofBlock: place.block, device: place.device, inode).adding(inside, "a chunk")
        try volume.devices.read(device: place.device, at: start, into: &output, part)
      } else {
        output.fillZero(part)
      }
      position += UInt64(count)
    }
  }

  /// Where chunk number `chunk` is; `nil` for a hole.
  mutating func place(ofChunk chunk: UInt64, _ map: ChunkMap) throws(ImageError) -> ChunkPlace? {
    let place = try map.start.adding(try chunk.multiplied(by: UInt64(map.entryByteCount), "a chunk"), "a chunk")
    return try withBytes(at: place, count: map.entryByteCount) { (bytes) throws(ImageError) in
      // An index has bits 32 to 47 of the address, a device's number and the lower bits.
      let low = try bytes.u32(at: map.entryByteCount - 4)
      let high = map.is48Bit ? try bytes.u16(at: 0) : .max
      if low == .max, high == .max { return nil }
      return ChunkPlace(
        block: map.is48Bit ? UInt64(high) << 32 | UInt64(low) : UInt64(low),
        device: map.entryByteCount == 8 ? Int(try bytes.u16(at: 2)) : 0)
    }
  }
}

/// Where a chunk is.
struct ChunkPlace: Equatable {
  var block: UInt64
  /// A device by its number, with bits that do not count; 0 for the space of all devices.
  var device: Int

  func advanced(by count: UInt64) -> ChunkPlace { ChunkPlace(block: block &+ count, device: device) }
}

/// The map of a chunk-based file, from `i_u` (`struct erofs_inode_chunk_info`).
struct ChunkMap {
  /// Where the first entry is.
  let start: UInt64
  /// 4 for plain block addresses, 8 for `struct erofs_inode_chunk_index`.
  let entryByteCount: Int
  /// The chunk's length as a shift.
  let chunkBits: UInt64
  let blockBits: UInt64
  let is48Bit: Bool

  /// Whether chunk `number` begins before byte `end`.
  func isInside(_ number: UInt64, before end: UInt64) -> Bool { number <= (end - 1) >> chunkBits }

  init(_ inode: ErofsInode, _ volume: ErofsVolume) throws(ImageError) {
    let format = inode.union & 0xFFFF
    guard format >> 7 == 0, format & 0x60 != 0x40 else {
      throw volume.unsupported("chunk format \(format) of inode \(inode.nid)", at: inode.offset)
    }
    entryByteCount = format & 0x20 == 0 ? 4 : 8
    is48Bit = format & 0x40 != 0
    blockBits = UInt64(volume.blockBits)
    chunkBits = blockBits + UInt64(format & 0x1F)
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
}
