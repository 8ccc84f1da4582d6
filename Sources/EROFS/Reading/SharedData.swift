import Synchronization

/// What readers of one image share: inodes without names, attribute prefixes, decompressed pclusters.
final class SharedData: Sendable {
  private struct State {
    var packedInode: ErofsInode?
    var metaboxInode: ErofsInode?
    var xattrPrefixes: [XattrPrefix]?
  }

  let pclusters = PclusterCache()
  private let state = Mutex(State())

  var packedInode: ErofsInode? {
    get { state.withLock { $0.packedInode } }
    set { state.withLock { $0.packedInode = newValue } }
  }

  var metaboxInode: ErofsInode? {
    get { state.withLock { $0.metaboxInode } }
    set { state.withLock { $0.metaboxInode = newValue } }
  }

  /// The table of long prefixes, once somebody has read it.
  var xattrPrefixes: [XattrPrefix]? {
    get { state.withLock { $0.xattrPrefixes } }
    set { state.withLock { $0.xattrPrefixes = newValue } }
  }
}
