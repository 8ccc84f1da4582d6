import Compression
import FileTree
import ImageCore

/// What a job made: blocks in one buffer and, for each piece, what they are.
struct EncodedJob: Sendable {
  /// A piece's form.
  enum Form: Sendable {
    /// Nothing to store.
    case empty
    /// Whole blocks as they are, and the bytes after the last one where they go to the inode.
    case flat(tail: [UInt8])
    /// The same less the chunks of zeros: one flag for each chunk. At the end of a large file the last block's bytes
    /// are apart, as only the commit knows whether the file has holes at all.
    case chunks(isHole: [Bool], tail: [UInt8])
    /// Pclusters.
    case clusters([Extent])
  }

  struct Piece: Sendable {
    let piece: DataJob.Piece
    let form: Form
    let blockCount: Int
  }

  /// Longer than what is used: it goes back to the pool.
  var buffer: [UInt8]
  var byteCount: Int
  var pieces: [Piece]
  var digest: [UInt8]?
}

/// Reads and encodes the pieces of a job: what the threads do.
struct DataEncoder: Sendable {
  private static let block = ErofsFormat.blockByteCount

  let options: ErofsOptions
  let inodes: InodeTable
  let digest: (@Sendable (RawSpan) -> [UInt8])?
  let pool: BufferPool

  /// Room for a segment, or a batch with each file rounded up, and for one pcluster.
  private var bufferByteCount: Int { ErofsFormat.segmentByteCount + options.pclusterByteCount }

  private var codec: BlockCodec? {
    switch options.compression {
    case .none: nil
    case .lz4: .lz4
    case .lz4hc(let level): .lz4hc(level: level)
    }
  }

  func encode(_ job: DataJob) throws(ImageError) -> EncodedJob {
    var result = EncodedJob(buffer: pool.take(bufferByteCount), byteCount: 0, pieces: [])
    result.pieces.reserveCapacity(job.pieces.count)
    if let codec, job.pieces.contains(where: { $0.byteCount > Self.block || !$0.isWhole }) {
      var encoder = ClusterEncoder(codec, pclusterByteCount: options.pclusterByteCount)
      var input = pool.take(bufferByteCount)
      for piece in job.pieces { try add(piece, &encoder, &input, to: &result) }
      pool.give(input)
    } else {
      for piece in job.pieces { try addFlat(piece, to: &result) }
    }
    if let digest, result.byteCount > 0 {
      result.digest = digest(try result.buffer.rawSpan.slice(at: 0, count: result.byteCount))
    }
    return result
  }

  /// Adds a piece, compressed if that is smaller.
  private func add(
    _ piece: DataJob.Piece, _ encoder: inout ClusterEncoder, _ input: inout [UInt8], to result: inout EncodedJob
  ) throws(ImageError) {
    guard let content = piece.content, piece.byteCount > Self.block || !piece.isWhole else {
      return try addFlat(piece, to: &result)
    }
    try content.read(at: piece.offset, into: &input, 0..<piece.byteCount)
    let start = result.byteCount
    var end = start
    let extents = encoder.encode(input, 0..<piece.byteCount, into: &result.buffer, at: &end)
    let index = ClusterIndexEncoder.byteCount(size: UInt64(piece.byteCount), at: ExtendedInode.byteCount)
    if piece.isWhole, end - start + index >= piece.byteCount {
      // Compressing saved nothing: store it, from the bytes that are here.
      result.buffer.copy(input, 0..<piece.byteCount, to: start)
      finishFlat(piece, &result)
    } else {
      finish(piece, .clusters(extents), (end - start) / Self.block, &result)
    }
  }

  private func addFlat(_ piece: DataJob.Piece, to result: inout EncodedJob) throws(ImageError) {
    guard let content = piece.content, piece.byteCount > 0 else { return finish(piece, .empty, 0, &result) }
    let start = result.byteCount
    try content.read(at: piece.offset, into: &result.buffer, start..<start + piece.byteCount)
    let chunk = ChunkFormat(fileByteCount: content.byteCount).chunkByteCount
    if content.byteCount < UInt64(chunk) { return finishFlat(piece, &result) }
    // Zeros are holes whatever the source said of them: the same bytes give the same image.
    let chunks = stride(from: 0, to: piece.byteCount, by: chunk).map {
      start + $0..<start + min($0 + chunk, piece.byteCount)
    }
    let isHole = chunks.map { result.buffer.isZero($0) }
    if piece.isWhole, !isHole.contains(true) { return finishFlat(piece, &result) }
    var kept = start
    for (chunk, isHole) in zip(chunks, isHole) where !isHole {
      if kept != chunk.lowerBound { result.buffer.move(chunk, to: kept) }
      kept += chunk.count
    }
    let tailCount = isHole.last == true ? 0 : piece.byteCount % Self.block
    if piece.isWhole || tailCount == 0 {
      let end = kept.roundedUp(to: Self.block)
      result.buffer.fillZero(kept..<end)
      finish(piece, .chunks(isHole: isHole, tail: []), (end - start) / Self.block, &result)
    } else {
      let tail = Array(result.buffer[kept - tailCount..<kept])
      finish(piece, .chunks(isHole: isHole, tail: tail), (kept - tailCount - start) / Self.block, &result)
    }
  }

  /// A piece whose bytes are in the buffer: the tail goes to the inode where it fits, else into a block.
  private func finishFlat(_ piece: DataJob.Piece, _ result: inout EncodedJob) {
    let start = result.byteCount
    let full = piece.byteCount / Self.block * Self.block
    let tail = Array(result.buffer[start + full..<start + piece.byteCount])
    if tail.isEmpty || inodes.fitsInline(tail.count, piece.inode, byteSize: UInt64(piece.byteCount)) {
      return finish(piece, .flat(tail: tail), full / Self.block, &result)
    }
    result.buffer.fillZero(start + piece.byteCount..<start + full + Self.block)
    finish(piece, .flat(tail: []), full / Self.block + 1, &result)
  }

  private func finish(
    _ piece: DataJob.Piece, _ form: EncodedJob.Form, _ blockCount: Int, _ result: inout EncodedJob
  ) {
    result.byteCount += blockCount * Self.block
    result.pieces.append(EncodedJob.Piece(piece: piece, form: form, blockCount: blockCount))
  }
}

/// How a file with holes is cut (`EROFS_INODE_CHUNK_BASED`).
struct ChunkFormat {
  /// The chunk's length as a shift of the block's.
  let blockBits: UInt16

  /// Chunks of 64 KiB, of a segment's length in files over 4 GiB: the map has four bytes for each.
  init(fileByteCount: UInt64) { blockBits = fileByteCount <= 4 << 30 ? 4 : 9 }

  var chunkByteCount: Int { ErofsFormat.blockByteCount << Int(blockBits) }
}
