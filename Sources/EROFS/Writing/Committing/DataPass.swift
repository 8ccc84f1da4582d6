import FileTree
import ImageCore

/// The data of all files in the order of the plan, and the inodes of all but directories.
///
/// Encoding runs on many threads; what is here is the commit, in order, and so decides every address.
struct DataPass {
  /// A large file between its first and its last segment.
  private struct OpenFile {
    var startBlock: UInt32
    var blockCount: UInt64 = 0
    var extents: [Extent] = []
    var isHole: [Bool] = []
    var tail: [UInt8] = []
  }

  private let inodes: InodeTable
  private let isBigPcluster: Bool
  private var open: OpenFile?

  init(_ inodes: InodeTable, _ options: ErofsOptions) {
    self.inodes = inodes
    isBigPcluster = options.usesBigPclusters
  }

  /// Writes the data and places the inodes; `layout` is where they go.
  static func run(
    _ inodes: InodeTable, _ options: ErofsOptions, digest: (@Sendable (RawSpan) -> [UInt8])?,
    _ layout: inout ImageLayout
  ) async throws(ImageError) {
    let width = min(options.threadCount ?? POSIX.processorCount, 32)
    let window = 2 * width
    let pool = BufferPool(limit: width + window)
    let encoder = DataEncoder(options: options, inodes: inodes, digest: digest, pool: pool)
    var pass = DataPass(inodes, options)
    var copy = layout
    try await forEachOrdered(
      DataJobs(inodes.tree, inodes.plan), width: width, window: window,
      transform: { (job: DataJob) throws(ImageError) -> EncodedJob in try encoder.encode(job) },
      commit: { (job: EncodedJob) throws(ImageError) in
        try pass.commit(job, &copy)
        pool.give(job.buffer)
      })
    layout = copy
  }

  private mutating func commit(_ job: EncodedJob, _ layout: inout ImageLayout) throws(ImageError) {
    var block = try layout.sink.allocate(job.byteCount / ErofsFormat.blockByteCount)
    try layout.sink.write(job.buffer, count: job.byteCount, at: block, digest: job.digest)
    for piece in job.pieces {
      try commit(piece, at: block, &layout)
      block += UInt32(piece.blockCount)
    }
  }

  private mutating func commit(
    _ piece: EncodedJob.Piece, at block: UInt32, _ layout: inout ImageLayout
  ) throws(ImageError) {
    var file = open ?? OpenFile(startBlock: block)
    file.blockCount += UInt64(piece.blockCount)
    switch piece.form {
    case .empty: break
    case .flat(let tail): file.tail = tail
    case .chunks(let isHole, let tail):
      file.isHole += isHole
      file.tail = tail
    case .clusters(let extents): file.extents += extents
    }
    if piece.piece.isLast {
      open = nil
      try finish(piece.piece, file, &layout)
    } else {
      open = file
    }
  }

  /// All of the file's data is written: places its inode.
  private func finish(
    _ piece: DataJob.Piece, _ file: OpenFile, _ layout: inout ImageLayout
  ) throws(ImageError) {
    guard let content = piece.content else { return try placeWithoutData(piece.inode, &layout) }
    var file = file
    let byteSize = content.byteCount
    layout.statistics.fileCount += 1
    layout.statistics.fileByteCount += byteSize
    // A file that did not compress anywhere is on the disk as it is: then it needs no index.
    if file.extents.contains(where: { !$0.isPlain }) {
      layout.statistics.compressedFileCount += 1
      return try placeCompressed(piece.inode, byteSize, file, &layout)
    }
    let hasHoles = file.isHole.contains(true)
    let fitsInline = inodes.fitsInline(file.tail.count, piece.inode, byteSize: byteSize)
    if !file.tail.isEmpty, hasHoles || !fitsInline {
      // This is the last that was handed out, so the new block follows the file's others.
      let block = try layout.sink.allocate(1)
      if file.blockCount == 0 { file.startBlock = block }
      file.tail.pad(to: ErofsFormat.blockByteCount)
      try layout.sink.write(file.tail, count: file.tail.count, at: block)
      file.blockCount += 1
      file.tail = []
    }
    if hasHoles {
      layout.statistics.sparseFileCount += 1
      return try placeChunks(piece.inode, byteSize, file, &layout)
    }
    let data = DataDescription(
      layout: file.tail.isEmpty ? .flatPlain : .flatInline, byteSize: byteSize,
      union: file.blockCount == 0 ? 0 : file.startBlock)
    try layout.place(piece.inode, inodes.encode(piece.inode, data) + file.tail)
  }

  private func placeCompressed(
    _ inode: Int, _ byteSize: UInt64, _ file: OpenFile, _ layout: inout ImageLayout
  ) throws(ImageError) {
    let data = DataDescription(
      layout: .compressedCompact, byteSize: byteSize, union: UInt32(truncatingIfNeeded: file.blockCount))
    let bytes = inodes.encode(inode, data)
    let index = ClusterIndexEncoder(file.extents, startBlock: file.startBlock, bigPcluster: isBigPcluster)
    // Inodes stand at multiples of 32, and only the rest by 32 of the index' place matters.
    try layout.place(inode, bytes + index.encode(at: bytes.count))
  }

  private func placeChunks(
    _ inode: Int, _ byteSize: UInt64, _ file: OpenFile, _ layout: inout ImageLayout
  ) throws(ImageError) {
    let format = ChunkFormat(fileByteCount: byteSize)
    let data = DataDescription(layout: .chunkBased, byteSize: byteSize, union: UInt32(format.blockBits))
    var bytes = inodes.encode(inode, data)
    bytes.pad(to: 4)
    var block = file.startBlock
    for isHole in file.isHole {
      bytes.appendLE(isHole ? UInt32.max : block)
      if !isHole { block += 1 << UInt32(format.blockBits) }
    }
    try layout.place(inode, bytes)
  }

  /// Links, devices, FIFOs and sockets.
  private func placeWithoutData(_ inode: Int, _ layout: inout ImageLayout) throws(ImageError) {
    var data = DataDescription()
    switch inodes.node(inode).kind {
    case .symlink(let target):
      data.byteSize = UInt64(target.count)
      if !target.isEmpty, inodes.fitsInline(target.count, inode, byteSize: data.byteSize) {
        data.layout = .flatInline
        return try layout.place(inode, inodes.encode(inode, data) + target)
      }
      var blocks = target
      blocks.pad(to: ErofsFormat.blockByteCount)
      data.union = try layout.sink.allocate(blocks.count / ErofsFormat.blockByteCount)
      try layout.sink.write(blocks, count: blocks.count, at: data.union)
    case .characterDevice(let number), .blockDevice(let number):
      data.union = encodedDevice(major: number.major, minor: number.minor)
    case .fifo, .socket, .regular, .directory: break
    }
    try layout.place(inode, inodes.encode(inode, data))
  }
}

extension ErofsOptions {
  /// Whether pclusters may have more than one block.
  var usesBigPclusters: Bool { compression != .none && pclusterByteCount > ErofsFormat.blockByteCount }
}
