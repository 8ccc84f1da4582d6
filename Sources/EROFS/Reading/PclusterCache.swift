import ImageCore
import Synchronization

/// What pclusters decompressed to that were wanted in part, and may be wanted again.
///
/// Many small files have their data in one pcluster of the packed inode, and reads in pieces meet in the middle of one.
final class PclusterCache: Sendable {
  /// The beginning of what a pcluster decompresses to, perhaps all of it.
  fileprivate final class Piece: Sendable {
    /// Held while it is made: a second reader waits rather than do the same work.
    let bytes = Mutex<[UInt8]>([])
  }

  fileprivate struct Entry {
    let piece: Piece
    var byteCount = 0
    /// The time of the last use, counted in uses.
    var lastUse: UInt64
  }

  fileprivate struct State {
    var entries: [Pcluster: Entry] = [:]
    var byteCount = 0
    var useCount: UInt64 = 0
  }

  /// How many bytes are kept; of two that are longer, only the one that was used last.
  fileprivate static let byteLimit = 16 << 20
  fileprivate static let countLimit = 1024

  private let state = Mutex(State())

  /// At least the first `needed` bytes that `pcluster` decompresses to, out of `all`.
  ///
  /// Who asks for little and is the first gets that alone; who comes again, or wants it to be `kept`, gets all.
  func bytes(
    of pcluster: Pcluster, needed: Int, all: Int, kept: Bool, make: (Int) throws(ImageError) -> [UInt8]
  ) throws(ImageError) -> [UInt8] {
    let piece = state.withLock { $0.piece(of: pcluster) }
    let (bytes, isNew) = try piece.bytes.withLock { (bytes) throws(ImageError) -> ([UInt8], Bool) in
      if bytes.count >= needed { return (bytes, false) }
      bytes = try make(kept || !bytes.isEmpty ? all : needed)
      return (bytes, true)
    }
    if isNew { state.withLock { $0.account(pcluster, piece, bytes.count) } }
    return bytes
  }
}

extension PclusterCache.State {
  /// What is known of a pcluster; something empty for a new one.
  fileprivate mutating func piece(of pcluster: Pcluster) -> PclusterCache.Piece {
    useCount += 1
    if let known = entries[pcluster]?.piece {
      entries[pcluster]?.lastUse = useCount
      return known
    }
    let piece = PclusterCache.Piece()
    entries[pcluster] = PclusterCache.Entry(piece: piece, lastUse: useCount)
    trim()
    return piece
  }

  /// Notes how long a piece has become.
  fileprivate mutating func account(_ pcluster: Pcluster, _ piece: PclusterCache.Piece, _ count: Int) {
    guard let entry = entries[pcluster], entry.piece === piece else { return }
    byteCount += count - entry.byteCount
    entries[pcluster]?.byteCount = count
    trim()
  }

  /// Lets go of what was not used for long; of a quarter more than must be, so that it is seldom done.
  private mutating func trim() {
    guard byteCount > PclusterCache.byteLimit || entries.count > PclusterCache.countLimit else { return }
    for (pcluster, entry) in entries.sorted(by: { $0.value.lastUse < $1.value.lastUse }).dropLast() {
      if byteCount <= PclusterCache.byteLimit / 4 * 3, entries.count <= PclusterCache.countLimit / 4 * 3 { return }
      byteCount -= entry.byteCount
      entries[pcluster] = nil
    }
  }
}
