package import ImageCore

/// `struct erofs_dirent`: the entries of a directory block stand at its beginning, their names behind.
package struct Dirent: Record {
  package static let byteCount = 12

  /// Set in the nid of an inode that is in the metabox (`EROFS_DIRENT_NID_METABOX_BIT`).
  package static let metaboxFlag: UInt64 = 1 << 63

  package var nid: UInt64 = 0
  package var nameOffset: UInt16 = 0
  package var fileType: UInt8 = 0

  package init() {}

  package mutating func fields<V: FieldVisitor & ~Copyable & ~Escapable>(_ visitor: inout V) {
    visitor.u64("nid", &nid)
    visitor.u16("nameoff", &nameOffset)
    visitor.u8("file_type", &fileType)
    visitor.reserved(1)
  }
}
