import FileTree
import ImageCore

/// The data of all files in the order of the plan, and the inodes of all but directories.
///
/// Encoding runs on many threads; what is here is the commit, in order, and so decides every address.
struct DataPass {
  /// A file whose inode is made here: one of several segments, or one that others are equal to.
  private struct OpenFile {
    var start: UInt64
    var file: StoredFile
    var fragmentOffset: UInt64?
  }

  /// Blocks that equal files may share.
  private struct Shared {
    let inode: Int
    let start: UInt64
  }

  private let inodes: InodeTable
  private let sharing: FileSharing
  private let extents: ExtentSharing
  private let format: ImageFormat
  private var open: OpenFile?
  private var originals: [Int: OpenFile] = [:]
  private var shared: [EncodedJob.SharedKey: Shared] = [:]
  private var packedParts: [(start: UInt64, extents: [Extent])] = []

  init(_ inodes: InodeTable, _ sharing: FileSharing, _ extents: ExtentSharing, _ format: ImageFormat) {
    self.inodes = inodes
    self.sharing = sharing
    self.extents = extents
    self.format = format
  }

  /// Writes the data and places the inodes; `layout` is where they go.
  static func run(
    _ inodes: InodeTable, _ format: ImageFormat, isDigested: Bool, _ layout: inout ImageLayout
  ) async throws(ImageError) {
    let width = format.threadCount
    let window = 2 * width
    let pool = BufferPool(limit: width + window)
    let sharing = format.sharesFiles ? try await FileSharing(inodes, format) : FileSharing()
    let extents = format.sharesExtents ? try await ExtentSharing(inodes, sharing, format) : ExtentSharing()
    let encoder = DataEncoder(
      format: format, inodes: inodes, sharing: sharing, extents: extents, isDigested: isDigested, pool: pool)
    let packed = PackedStream(start: format.packsXattrPrefixes ? inodes.xattrs.prefixes.encoded : [])
    let queue = DataQueue(inodes, sharing, extents, packed, format)
    var pass = DataPass(inodes, sharing, extents, format)
    var copy = layout
    /// The buffer of the job before: whoever takes one that someone still holds copies it, and the caller holds the job.
    var previous: [UInt8]?
    try await forEachOrdered(
      queue, width: width, window: window,
      transform: { (job: DataJob) throws(ImageError) -> EncodedJob in try encoder.encode(job) },
      commit: { (job: EncodedJob) throws(ImageError) in
        var job = job
        try pass.commit(&job, &queue.packed, &queue.stored, &copy)
        queue.didCommit(isFile: job.pieces.first.map { $0.piece.inode >= 0 } ?? true)
        if let buffer = previous.take() { pool.give(buffer) }
        previous = job.buffer
      })
    try pass.placePacked(queue.packed.byteCount, &copy)
    layout = copy
  }

  private mutating func commit(
    _ job: inout EncodedJob, _ packed: inout PackedStream, _ stored: inout StoredExtents, _ layout: inout ImageLayout
  ) throws(ImageError) {
    let (homes, kept) = try share(job, &layout)
    let first = try layout.sink.allocate(kept.reduce(0) { $0 + $1.count } >> format.block.bits)
    try layout.sink.write(job.buffer, kept, at: first, digest: job.digest)
    var next = first
    var starts: [UInt64] = []
    starts.reserveCapacity(job.pieces.count)
    for (index, piece) in job.pieces.enumerated() {
      let start: UInt64
      switch homes[index] {
      case .own:
        start = next
        next += UInt64(piece.blockCount)
      case .earlier(let other): start = other
      case .piece(let other): start = starts[other]
      }
      starts.append(start)
      let offset = try piece.fragment.map { (fragment) throws(ImageError) in
        try packed.add(fragment, of: piece.piece.inode, in: job.fragments, inodes)
      }
      if let key = piece.key, shared[key] == nil { shared[key] = Shared(inode: piece.piece.inode, start: start) }
      if case .part(let part) = piece.form, extents.isSource(piece.piece.inode) {
        stored.add(piece.piece, part, start, in: extents.sources(in: piece.piece.inode))
      }
      try commit(piece, at: start, offset, &job.metadata, &layout)
    }
  }

  /// Where the blocks of a piece are.
  private enum Home {
    case own
    /// Those of a file that is committed.
    case earlier(UInt64)
    /// Those of an earlier piece of the job.
    case piece(Int)
  }

  /// Where each piece's blocks are, and what of the job's buffer no earlier file has.
  private func share(
    _ job: EncodedJob, _ layout: inout ImageLayout
  ) throws(ImageError) -> (homes: [Home], kept: [Range<Int>]) {
    var homes = [Home](repeating: .own, count: job.pieces.count)
    guard job.pieces.contains(where: { $0.key != nil }) else { return (homes, [0..<job.byteCount]) }
    var firsts: [EncodedJob.SharedKey: Int] = [:]
    var kept = [0..<0]
    var position = 0
    // In a job's buffer the pieces' blocks follow each other.
    for (index, piece) in job.pieces.enumerated() {
      let count = piece.blockCount << format.block.bits
      if let key = piece.key {
        if let earlier = shared[key] {
          if try inodes.areEqual(piece.piece.inode, earlier.inode) { homes[index] = .earlier(earlier.start) }
        } else if let first = firsts[key] {
          if try inodes.areEqual(piece.piece.inode, job.pieces[first].piece.inode) { homes[index] = .piece(first) }
        } else {
          firsts[key] = index
        }
      }
      if case .own = homes[index] {
        let last = kept[kept.count - 1]
        if last.upperBound == position {
          kept[kept.count - 1] = last.lowerBound..<position + count
        } else {
          kept.append(position..<position + count)
        }
      } else if piece.key?.isCompressed == true {
        layout.features.insert(.fragments)
      }
      position += count
    }
    return (homes, kept)
  }

  // MARK: pieces

  private mutating func commit(
    _ piece: EncodedJob.Piece, at start: UInt64, _ fragmentOffset: UInt64?, _ metadata: inout EncodedMetadata,
    _ layout: inout ImageLayout
  ) throws(ImageError) {
    let inode = piece.piece.inode
    switch piece.form {
    case .inode(let item):
      if inodes.plan.inodes[inode].type == .regular { count(inode, &layout) }
      try place(inode, item, &metadata, at: start, fragmentOffset, &layout)
    case .part(let part):
      var file = open ?? OpenFile(start: start, file: StoredFile(form: part.form, blockCount: 0))
      if open != nil { file.file.append(part) }
      file.file.blockCount += part.blockCount
      file.fragmentOffset = fragmentOffset
      open = piece.piece.isLast ? nil : file
      if !piece.piece.isLast { return }
      if let tail = file.file.takeInline(unlessFits: inodes.encoder(inode), Int(byteCount(inode)), format) {
        // This is the last that was handed out, so the new block follows the file's others.
        let block = try layout.sink.allocate(1)
        try layout.sink.write(tail, count: tail.count, at: block)
      }
      file.file.simplify()
      if sharing.isOriginal(inode) { originals[inode] = file }
      try finish(inode, file, &layout)
    case .shared:
      guard let original = sharing.original(of: inode), let file = originals[original] else {
        preconditionFailure("the first of equal files is stored before the others")
      }
      if case .clusters(let run) = file.file.form, !run.extents.isEmpty { layout.features.insert(.fragments) }
      try finish(inode, file, &layout)
    case .packed(let run): packedParts.append((start, run.extents))
    }
  }

  /// All of the file's data is written: places its inode.
  private func finish(_ inode: Int, _ file: OpenFile, _ layout: inout ImageLayout) throws(ImageError) {
    var metadata = EncodedMetadata()
    count(inode, &layout)
    let item = metadata.append(
      inodes.encoder(inode), byteSize: byteCount(inode), file.file,
      codec: inodes.plan.codec(of: inode), format)
    try place(inode, item, &metadata, at: file.start, file.fragmentOffset, &layout)
  }

  private func place(
    _ inode: Int, _ item: EncodedMetadata.Item, _ metadata: inout EncodedMetadata, at start: UInt64,
    _ fragmentOffset: UInt64?, _ layout: inout ImageLayout
  ) throws(ImageError) {
    metadata.addresses.add(start, item.addresses, item.addressForm, format.block, in: &metadata.bytes)
    if let fragmentOffset, let field = item.fragment {
      precondition(fragmentOffset < format.limits.fragmentByteCount, "the queue stops before the packed inode is full")
      metadata.setFragmentOffset(fragmentOffset, field)
    }
    layout.features.formUnion(item.features)
    layout.statistics.compressedFileCount += item.isCompressed ? 1 : 0
    layout.statistics.sparseFileCount += item.features.contains(.chunkedFiles) ? 1 : 0
    try layout.place(inode, metadata.bytes, item.bytes)
  }

  private func count(_ inode: Int, _ layout: inout ImageLayout) {
    layout.statistics.fileCount += 1
    layout.statistics.fileByteCount += byteCount(inode)
  }

  private func byteCount(_ inode: Int) -> UInt64 { inodes.content(inode)?.byteCount ?? 0 }

  // MARK: the packed inode

  private func placePacked(_ byteCount: UInt64, _ layout: inout ImageLayout) throws(ImageError) {
    if byteCount == 0 { return }
    var metadata = EncodedMetadata()
    let item = metadata.appendPacked(
      number: inodes.plan.inodes.count + 1, byteSize: byteCount, packedParts, inodes.plan.commonTime, format)
    layout.packedNID = try layout.place(nil, metadata.bytes, item.bytes)
    layout.features.insert(.fragments)
  }
}

extension StoredFile {
  /// Goes on with the next part of a file.
  fileprivate mutating func append(_ part: StoredFile) {
    switch (form, part.form) {
    case (.clusters(var run), .clusters(let next)):
      // The old array is gone before the new one grows.
      form = .flat(tail: [])
      run.extents += next.extents
      run.inline = next.inline
      form = .clusters(run)
    case (.chunks(let flags), .chunks(let next)): form = .chunks(isHole: flags + next)
    case (_, let next): form = next
    }
  }

  /// A file that is on the disk as it is needs no index or map.
  fileprivate mutating func simplify() {
    switch form {
    case .clusters(let run)
    where run.inline.isEmpty && run.extents.allSatisfy({ $0.form == .plain && $0.shared == nil }):
      form = .flat(tail: [])
    case .chunks(let isHole) where !isHole.contains(true): form = .flat(tail: [])
    case .clusters, .chunks, .flat: break
    }
  }
}
