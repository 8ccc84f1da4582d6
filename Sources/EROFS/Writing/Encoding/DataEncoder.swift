import Compression
import FileTree
import ImageCore

/// Reads and encodes the pieces of a job: what the threads do.
struct DataEncoder: Sendable {
  let format: ImageFormat
  let inodes: InodeTable
  let sharing: FileSharing
  let extents: ExtentSharing
  let isDigested: Bool
  let pool: BufferPool

  var block: BlockSize { format.block }

  /// Room for a segment, or a batch with each file rounded up, and for one pcluster.
  var bufferByteCount: Int {
    ImageFormat.maxSegmentByteCount + (format.codecs.map(\.pclusterByteCount).max() ?? 0)
  }

  func encode(_ job: DataJob) throws(ImageError) -> EncodedJob {
    var work = Work(
      result: EncodedJob(buffer: pool.take(bufferByteCount)),
      tail: format.tail == .fragment && !job.takesFragments ? .block : format.tail)
    work.result.pieces.reserveCapacity(job.pieces.count)
    if !job.packed.isEmpty { addPacked(job.packed, &work) }
    for piece in job.pieces { try add(piece, &work) }
    // Whoever takes a buffer that someone still holds copies it: out of here first.
    if let input = work.input.take() { pool.give(input) }
    var result = work.result
    if isDigested, result.byteCount > 0 {
      result.digest = Digest128(try result.buffer.rawSpan.slice(at: 0, count: result.byteCount))
    }
    return result
  }

  /// What a thread needs for one job.
  struct Work {
    var result: EncodedJob
    /// Where ends of files go.
    let tail: TailRule
    var encoders: [Int: ClusterEncoder] = [:]
    /// The bytes that are being compressed.
    var input: [UInt8]?
  }

  private func add(_ piece: DataJob.Piece, _ work: inout Work) throws(ImageError) {
    guard let content = piece.content else { return addWithoutData(piece, &work.result) }
    let codec = inodes.plan.codec(of: piece.inode)
    let isSmall = content.byteCount <= UInt64(block.byteCount) && work.tail == .block
    guard format.codecs[codec].codec != nil, piece.byteCount > 0, !isSmall else {
      return try addStored(piece, content, codec, &work.result)
    }
    try addCompressed(piece, content, codec, &work)
  }

  // MARK: compressed

  private func addCompressed(
    _ piece: DataJob.Piece, _ content: any FileContent, _ codec: Int, _ work: inout Work
  ) throws(ImageError) {
    var input = work.input ?? pool.take(bufferByteCount)
    work.input = nil
    defer { work.input = input }
    try content.read(at: piece.offset, into: &input, 0..<piece.byteCount)
    let start = work.result.byteCount
    var end = start
    let run: ClusterRun
    if format.packsWholeFiles, work.tail == .fragment, piece.isWhole, piece.byteCount <= Self.wholeFragmentByteCount {
      run = ClusterRun(extents: [Extent(byteCount: piece.byteCount, blockCount: 0, form: .fragment)])
    } else if piece.shared.isEmpty {
      run = compress(input, 0..<piece.byteCount, tail: tailRule(piece, work.tail), codec, &work, at: &end)
    } else {
      run = try compressRest(piece, input, tail: tailRule(piece, work.tail), codec, &work, at: &end)
    }
    var file = StoredFile(form: .clusters(run), blockCount: (end - start) >> block.bits)
    if piece.isWhole, let tail = file.takeInline(unlessFits: inodes.encoder(piece.inode), piece.byteCount, format) {
      work.result.buffer.copy(tail, tail.indices, to: end)
    }
    if piece.isWhole, isLargerThanStored(file, run, piece) {
      // Compressing saved nothing: store it, from the bytes that are here.
      work.result.buffer.copy(input, 0..<piece.byteCount, to: start)
      return finishFlat(piece, codec, &work.result)
    }
    var fragment: EncodedJob.Fragment?
    if run.fragmentByteCount > 0 {
      let range = piece.byteCount - run.fragmentByteCount..<piece.byteCount
      fragment = EncodedJob.Fragment(
        range: work.result.fragments.count..<work.result.fragments.count + range.count,
        offset: piece.offset + UInt64(range.lowerBound),
        digest: Digest128(input.rawSpan.extracting(range)))
      work.result.fragments += input[range]
    }
    finish(piece, file, codec, digest(piece, input, 0..<piece.byteCount), fragment, &work.result)
  }

  private func tailRule(_ piece: DataJob.Piece, _ tail: TailRule) -> TailRule {
    if !piece.isLast { return .block }
    // Files that are equal may have longer inodes, with which the tail would not fit.
    return tail == .inline && sharing.isOriginal(piece.inode) ? .block : tail
  }

  /// The longest file that goes to the packed inode as a whole.
  private static let wholeFragmentByteCount = 64 << 10

  func compress(
    _ input: borrowing [UInt8], _ range: Range<Int>, tail: TailRule, _ codec: Int, _ work: inout Work,
    at end: inout Int
  ) -> ClusterRun {
    if work.encoders[codec] == nil { work.encoders[codec] = makeEncoder(codec) }
    guard let encoder = work.encoders[codec] else { return ClusterRun() }
    return encoder.encode(input, range, tail: tail, into: &work.result.buffer, at: &end)
  }

  private func makeEncoder(_ codec: Int) -> ClusterEncoder? {
    let settings = format.codecs[codec]
    return settings.codec.map {
      ClusterEncoder(
        $0, pclusterByteCount: settings.pclusterByteCount, block: block, isInterlaced: format.isInterlaced)
    }
  }

  private func isLargerThanStored(_ file: StoredFile, _ run: ClusterRun, _ piece: DataJob.Piece) -> Bool {
    if run.fragmentByteCount > 0 { return false }
    let head = inodes.encoder(piece.inode).byteCount(UInt64(piece.byteCount))
    let index = ClusterIndexEncoder.byteCount(
      size: piece.byteCount, inodeByteCount: head, isFull: format.usesFullIndexes || run.hasSharedBlocks, block)
    let tail = block.rest(piece.byteCount)
    let stored = head + tail <= block.byteCount ? piece.byteCount : block.roundUp(piece.byteCount)
    return file.blockCount << block.bits + index + run.inline.count >= stored
  }

  /// A segment of the packed inode.
  private func addPacked(_ bytes: [UInt8], _ work: inout Work) {
    var end = 0
    let run = compress(bytes, bytes.indices, tail: .block, 0, &work, at: &end)
    work.result.byteCount = end
    work.result.pieces.append(
      EncodedJob.Piece(
        piece: DataJob.Piece(inode: -1, content: nil, offset: 0, byteCount: bytes.count), form: .packed(run),
        blockCount: end >> block.bits))
  }

  // MARK: as it is

  private func addStored(
    _ piece: DataJob.Piece, _ content: any FileContent, _ codec: Int, _ result: inout EncodedJob
  ) throws(ImageError) {
    let start = result.byteCount
    if piece.byteCount > 0 {
      try content.read(at: piece.offset, into: &result.buffer, start..<start + piece.byteCount)
    }
    let chunk = ChunkFormat(fileByteCount: content.byteCount, block).byteCount
    if content.byteCount < UInt64(chunk), piece.isWhole { return finishFlat(piece, codec, &result) }
    // Zeros are holes whatever the source said of them: the same bytes give the same image.
    let chunks = stride(from: 0, to: piece.byteCount, by: chunk).map {
      start + $0..<start + min($0 + chunk, piece.byteCount)
    }
    let isHole = chunks.map { format.usesChunks && result.buffer.isZero($0) }
    if piece.isWhole, !isHole.contains(true) { return finishFlat(piece, codec, &result) }
    let digest = digest(piece, result.buffer, start..<start + piece.byteCount)
    var kept = start
    for (chunk, isHole) in zip(chunks, isHole) where !isHole {
      if kept != chunk.lowerBound { result.buffer.move(chunk, to: kept) }
      kept += chunk.count
    }
    let end = start + block.roundUp(kept - start)
    result.buffer.fillZero(kept..<end)
    let file = StoredFile(form: .chunks(isHole: isHole), blockCount: (end - start) >> block.bits)
    finish(piece, file, codec, digest, nil, &result)
  }

  /// A piece whose bytes are in the buffer: the tail goes to the inode where it fits, else into a block.
  private func finishFlat(_ piece: DataJob.Piece, _ codec: Int, _ result: inout EncodedJob) {
    let start = result.byteCount
    let digest = digest(piece, result.buffer, start..<start + piece.byteCount)
    let full = (piece.byteCount >> block.bits) << block.bits
    let tail = Array(result.buffer[start + full..<start + piece.byteCount])
    let head = inodes.encoder(piece.inode).byteCount(UInt64(piece.byteCount))
    // Files that are equal may have longer inodes, with which the tail would not fit.
    if tail.isEmpty || (head + tail.count <= block.byteCount && !sharing.isOriginal(piece.inode)) {
      return finish(
        piece, StoredFile(form: .flat(tail: tail), blockCount: full >> block.bits), codec, digest, nil, &result)
    }
    result.buffer.fillZero(start + piece.byteCount..<start + full + block.byteCount)
    finish(
      piece, StoredFile(form: .flat(tail: []), blockCount: full >> block.bits + 1), codec, digest, nil, &result)
  }

  // MARK: the end of a piece

  /// The digest of a file that may be equal to another.
  private func digest(_ piece: DataJob.Piece, _ bytes: borrowing [UInt8], _ range: Range<Int>) -> Digest128? {
    guard format.sharesFiles, piece.isWhole, sharing.isCandidate(UInt64(piece.byteCount)) else { return nil }
    return Digest128(bytes.rawSpan.extracting(range))
  }

  private func finish(
    _ piece: DataJob.Piece, _ file: StoredFile, _ codec: Int, _ digest: Digest128?, _ fragment: EncodedJob.Fragment?,
    _ result: inout EncodedJob
  ) {
    let form: EncodedJob.Form
    if piece.isWhole, !sharing.isOriginal(piece.inode), !extents.isSource(piece.inode) {
      form = .inode(
        result.metadata.append(
          inodes.encoder(piece.inode), byteSize: UInt64(piece.byteCount), file, codec: codec, format))
    } else {
      form = .part(file)
    }
    var digest = digest
    var isCompressed = false
    if case .clusters = file.form { isCompressed = true }
    if isCompressed, !format.sharesPclusters { digest = nil }
    let key = digest.map {
      EncodedJob.SharedKey(
        digest: $0, byteCount: piece.byteCount, codec: codec, isCompressed: isCompressed, blockCount: file.blockCount)
    }
    result.byteCount += file.blockCount << block.bits
    result.pieces.append(
      EncodedJob.Piece(
        piece: piece, form: form, blockCount: file.blockCount, fragment: fragment,
        key: file.blockCount > 0 ? key : nil))
  }

  /// Links, devices, FIFOs and sockets, and files whose data is another's.
  private func addWithoutData(_ piece: DataJob.Piece, _ result: inout EncodedJob) {
    var data = DataDescription()
    var tail: [UInt8] = []
    var blockCount = 0
    let encoder = inodes.encoder(piece.inode)
    switch inodes.kind(piece.inode) {
    case .regular, .directory:
      result.pieces.append(EncodedJob.Piece(piece: piece, form: .shared, blockCount: 0))
      return
    case .symlink(let target):
      data.byteSize = UInt64(target.count)
      if encoder.byteCount(data.byteSize) + target.count <= block.byteCount {
        data.layout = .flatInline
        tail = target
      } else {
        blockCount = block.blocks(target.count)
        let start = result.byteCount
        result.buffer.copy(target, target.indices, to: start)
        result.buffer.fillZero(start + target.count..<start + blockCount << block.bits)
      }
    case .characterDevice(let number), .blockDevice(let number):
      data.union = UInt64(encodedDevice(major: number.major, minor: number.minor))
    case .fifo, .socket: break
    }
    let item = result.metadata.append(encoder, data, tail: tail, hasBlocks: blockCount > 0)
    result.byteCount += blockCount << block.bits
    result.pieces.append(EncodedJob.Piece(piece: piece, form: .inode(item), blockCount: blockCount))
  }
}
