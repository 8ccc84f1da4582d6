/// Bytes of an image that something uses.
struct Usage: Sendable {
  enum Kind: Int, Sendable, CaseIterable {
    /// The superblock and what follows it.
    case superblock
    /// An inode with all that stands behind it: attributes, maps, inline data.
    case inode
    /// What many inodes point at: shared attributes, tables.
    case sharedMetadata
    case directory
    case plain
    case chunk
    case compressed
    /// Data of the inode that holds others' fragments.
    case packed
  }

  let offset: UInt64
  let byteCount: UInt64
  let kind: Kind
  /// Of a pcluster, what its bytes are.
  var form: Pcluster.Form?

  var isMetadata: Bool { kind == .superblock || kind == .inode || kind == .sharedMetadata }
}
