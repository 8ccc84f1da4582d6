import FileTree
import ImageCore

/// Which parts of files are likely to be equal to earlier parts, and so may share their extents.
///
/// Chunks are compared by their digests alone: whoever shares compares the bytes.
struct ExtentSharing: Sendable {
  /// A part of a file whose chunks follow each other in an earlier place, too.
  struct Run: Sendable, Equatable {
    /// The file that has the earlier place, and where it is.
    let source: Int
    let sourceStart: UInt64
    /// The later place.
    let start: UInt64
    var byteCount: UInt64

    /// Equal bytes begin before the first equal chunk and end after the last.
    private static let slack = UInt64(ContentChunker.maxByteCount)

    /// The earlier place and what is around it.
    var sourceRange: Range<UInt64> {
      sourceStart - min(sourceStart, Self.slack)..<sourceStart + byteCount + Self.slack
    }

    /// Whether the later place, or what is around it, is in the range.
    func isNear(_ range: Range<UInt64>) -> Bool {
      start < range.upperBound + Self.slack && range.lowerBound < start + byteCount + Self.slack
    }
  }

  /// Shorter runs cost about what they save.
  static let minByteCount: UInt64 = 8 << 10
  /// A file with shared extents has an index of 8 bytes for each block, instead of 2: so many bytes must be shared.
  private static func isEnough(_ shared: UInt64, of byteCount: UInt64) -> Bool { shared >= byteCount / 64 }

  private var runs: [Int: [Run]] = [:]
  /// The ranges of each file that runs name, in order and apart.
  private var sources: [Int: [Range<UInt64>]] = [:]

  /// Nothing is shared.
  init() {}

  /// Looks for runs in all files that are compressed, but those that are another's as a whole.
  ///
  /// - Throws: What reading throws.
  init(_ inodes: InodeTable, _ sharing: FileSharing, _ format: ImageFormat) async throws(ImageError) {
    let pieces = ChunkedPieces(inodes, sharing, format)
    let chunker = ContentChunker()
    let window = 2 * format.threadCount
    let pool = BufferPool(limit: window)
    var search = RunSearch(codecCount: format.codecs.count)
    try await forEachOrdered(
      pieces, width: format.threadCount, window: window,
      transform: { (piece: DataJob.Piece) throws(ImageError) -> ChunkedPiece in
        var buffer = pool.take(ImageFormat.segmentByteCount)
        if let content = piece.content { try content.read(at: piece.offset, into: &buffer, 0..<piece.byteCount) }
        let chunks = chunker.chunks(of: 0..<piece.byteCount, in: buffer).map {
          ChunkedPiece.Chunk(digest: Digest128(buffer.rawSpan.extracting($0)), byteCount: $0.count)
        }
        pool.give(buffer)
        return ChunkedPiece(piece: piece, chunks: chunks)
      },
      commit: { (piece: ChunkedPiece) throws(ImageError) in
        if piece.piece.offset == 0 { search.finish() }
        search.add(piece, codec: inodes.plan.codec(of: piece.piece.inode))
      })
    search.finish()
    for (inode, found) in search.runs {
      let shared = found.reduce(0) { $0 + $1.byteCount }
      guard let content = inodes.content(inode), Self.isEnough(shared, of: content.byteCount) else { continue }
      runs[inode] = found
      for run in found { sources[run.source, default: []].append(run.sourceRange) }
    }
    sources = sources.mapValues(Self.joined)
  }

  private static func joined(_ ranges: [Range<UInt64>]) -> [Range<UInt64>] {
    var result: [Range<UInt64>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = result.last, range.lowerBound <= last.upperBound {
        result[result.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        result.append(range)
      }
    }
    return result
  }

  /// The runs of a file, in order and apart.
  func runs(in inode: Int) -> [Run] { runs[inode] ?? [] }

  /// The ranges that later runs name.
  func sources(in inode: Int) -> [Range<UInt64>] { sources[inode] ?? [] }

  /// Whether later runs name a part of the file.
  func isSource(_ inode: Int) -> Bool { sources[inode] != nil }
}

/// A part of a file in chunks.
private struct ChunkedPiece: Sendable {
  struct Chunk: Sendable {
    let digest: Digest128
    let byteCount: Int
  }

  let piece: DataJob.Piece
  let chunks: [Chunk]
}

/// The segments of all files that may have or be the source of runs.
private struct ChunkedPieces: Sequence, IteratorProtocol {
  private let inodes: InodeTable
  private let files: [Int]
  private var position = 0
  private var offset: UInt64 = 0

  init(_ inodes: InodeTable, _ sharing: FileSharing, _ format: ImageFormat) {
    self.inodes = inodes
    files = inodes.plan.others.filter { inode in
      format.codecs[inodes.plan.codec(of: inode)].codec != nil && sharing.original(of: inode) == nil
        && inodes.content(inode).map { $0.byteCount >= ExtentSharing.minByteCount } == true
    }
  }

  mutating func next() -> DataJob.Piece? {
    guard position < files.count, let content = inodes.content(files[position]) else { return nil }
    let count = Int(Swift.min(content.byteCount - offset, UInt64(ImageFormat.segmentByteCount)))
    let piece = DataJob.Piece(inode: files[position], content: content, offset: offset, byteCount: count)
    offset += UInt64(count)
    if offset == content.byteCount {
      offset = 0
      position += 1
    }
    return piece
  }
}

/// The first place of each chunk, and the runs that follow from it.
private struct RunSearch {
  private struct Place {
    let inode: Int32
    let offset: UInt64
  }

  private(set) var runs: [Int: [ExtentSharing.Run]] = [:]
  /// By codec, as extents are shared only within one.
  private var places: [[Digest128: Place]]
  private var open: (inode: Int, run: ExtentSharing.Run)?
  private var previous: Digest128?

  init(codecCount: Int) { places = [[Digest128: Place]](repeating: [:], count: codecCount) }

  mutating func add(_ piece: ChunkedPiece, codec: Int) {
    let inode = piece.piece.inode
    var start = piece.piece.offset
    for chunk in piece.chunks {
      // What repeats itself at once is small when compressed: no other place is needed for it.
      let repeats = chunk.digest == previous
      previous = chunk.digest
      let byteCount = UInt64(chunk.byteCount)
      if let place = places[codec][chunk.digest] {
        if repeats { finish() } else { extend(inode, start, byteCount, Int(place.inode), place.offset) }
      } else {
        finish()
        places[codec][chunk.digest] = Place(inode: Int32(inode), offset: start)
      }
      start += byteCount
    }
  }

  private mutating func extend(
    _ inode: Int, _ start: UInt64, _ byteCount: UInt64, _ source: Int, _ sourceStart: UInt64
  ) {
    if open?.run.source == source, open.map({ $0.run.sourceStart + $0.run.byteCount }) == sourceStart {
      open?.run.byteCount += byteCount
    } else {
      finish()
      open = (inode, ExtentSharing.Run(source: source, sourceStart: sourceStart, start: start, byteCount: byteCount))
    }
  }

  /// The run that is open, if there is one, ends here.
  mutating func finish() {
    if let (inode, run) = open.take(), run.byteCount >= ExtentSharing.minByteCount {
      runs[inode, default: []].append(run)
    }
  }
}
