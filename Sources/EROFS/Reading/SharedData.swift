import ImageCore
import Synchronization

/// What readers of one image share: the packed inode, what its last pclusters decompressed to, and attribute prefixes.
///
/// Many small files have their data in one pcluster of the packed inode: it is decompressed once, not once for each.
final class SharedData: Sendable {
  private struct State {
    var packedInode: ErofsInode?
    var xattrPrefixes: [XattrPrefix]?
    /// The most recently made first.
    var pieces: [(pcluster: Pcluster, bytes: [UInt8])] = []
  }

  /// How many bytes are kept; a piece that is longer is kept alone.
  private static let byteLimit = 4 << 20

  private let state = Mutex(State())

  var packedInode: ErofsInode? {
    get { state.withLock { $0.packedInode } }
    set { state.withLock { $0.packedInode = newValue } }
  }

  /// The table of long prefixes, once somebody has read it.
  var xattrPrefixes: [XattrPrefix]? {
    get { state.withLock { $0.xattrPrefixes } }
    set { state.withLock { $0.xattrPrefixes = newValue } }
  }

  /// The `count` bytes that `pcluster` decompresses to, made by `make` where they are not known.
  func bytes(
    of pcluster: Pcluster, count: Int, make: () throws(ImageError) -> [UInt8]
  ) throws(ImageError) -> [UInt8] {
    let known = state.withLock { state in
      state.pieces.first { $0.pcluster == pcluster && $0.bytes.count == count }?.bytes
    }
    if let known { return known }
    // Outside the lock: two threads may do the same work, but none waits.
    let bytes = try make()
    state.withLock { state in
      state.pieces.insert((pcluster, bytes), at: 0)
      var total = 0
      let kept = state.pieces.prefix { piece in
        total += piece.bytes.count
        return total <= Self.byteLimit
      }
      state.pieces.removeSubrange(max(1, kept.count)...)
    }
    return bytes
  }
}
