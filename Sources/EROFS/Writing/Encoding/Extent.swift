/// A run of a file's bytes that is stored in one pcluster.
struct Extent: Sendable, Equatable {
  /// How the bytes are stored.
  enum Form: UInt8, Sendable {
    /// As they are, at most one block of them.
    case plain
    case compressed
    /// As they are, in the packed inode.
    case fragment
  }

  /// The bytes of the file.
  var byteCount: Int
  /// The blocks of the image; 0 where the bytes are beside the inode or in the packed inode.
  var blockCount: Int
  /// The address of the first of its blocks where these are another file's.
  ///
  /// `nil`: they follow the blocks of the extent before that has its own.
  var shared: UInt64?
  var form: Form
  /// Whether the blocks hold more bytes behind these (`Z_EROFS_LI_PARTIAL_REF`).
  var isPartial = false

  init(byteCount: Int, blockCount: Int, form: Form, shared: UInt64? = nil) {
    self.byteCount = byteCount
    self.blockCount = blockCount
    self.shared = shared
    self.form = form
  }
}

/// Where the end of a compressed file goes when it does not fill a pcluster.
enum TailRule: Sendable {
  /// To a pcluster of its own.
  case block
  /// Beside the inode (ztailpacking).
  case inline
  /// To the packed inode, with the ends of other files.
  case fragment
}

/// The extents of a segment, and the compressed bytes that go beside the inode.
struct ClusterRun: Sendable {
  var extents: [Extent] = []
  var inline: [UInt8] = []

  /// Whether there are blocks of other files among its own: only full indexes have an address for each extent.
  var hasSharedBlocks: Bool { extents.contains { $0.shared != nil } }

  /// Whether anything is in blocks, its own or others'.
  var hasBlocks: Bool { extents.contains { $0.blockCount > 0 } }

  /// The bytes at the end that go to the packed inode.
  var fragmentByteCount: Int {
    if let last = extents.last, last.form == .fragment { last.byteCount } else { 0 }
  }
}
