package import ImageCore

/// `struct erofs_xattr_ibody_header`: after an inode with extended attributes, before the ids of the shared ones.
package struct XattrHeader: Record {
  package static let byteCount = 12

  package var nameFilter: UInt32 = 0
  package var sharedCount: UInt8 = 0

  package init() {}

  package mutating func fields<V: FieldVisitor & ~Copyable & ~Escapable>(_ visitor: inout V) {
    visitor.u32("h_name_filter", &nameFilter)
    visitor.u8("h_shared_count", &sharedCount)
    visitor.reserved(7)
  }
}

/// `struct erofs_xattr_entry`: name and value follow, padded to 4 bytes.
package struct XattrEntry: Record {
  package static let byteCount = 4

  package var nameByteCount: UInt8 = 0
  package var nameIndex: UInt8 = 0
  package var valueByteCount: UInt16 = 0

  package init() {}

  package mutating func fields<V: FieldVisitor & ~Copyable & ~Escapable>(_ visitor: inout V) {
    visitor.u8("e_name_len", &nameByteCount)
    visitor.u8("e_name_index", &nameIndex)
    visitor.u16("e_value_size", &valueByteCount)
  }

  /// Set in `nameIndex` when the rest of it is a place in the image's table of long prefixes.
  package static let longPrefixFlag: UInt8 = 0x80

  /// The prefixes that an index stands for; the two ACLs are whole names (erofs_fs.h, `EROFS_XATTR_INDEX_*`).
  package static let prefixes: [(index: UInt8, prefix: [UInt8])] = [
    (1, Array("user.".utf8)),
    (2, Array("system.posix_acl_access".utf8)),
    (3, Array("system.posix_acl_default".utf8)),
    (4, Array("trusted.".utf8)),
    (5, Array("lustre.".utf8)),
    (6, Array("security.".utf8)),
  ]

  /// What an index of the short prefixes stands for.
  package static func prefix(_ index: UInt8) -> [UInt8]? { prefixes.first { $0.index == index }?.prefix }

  /// The index and the rest of a full name; `nil` for a prefix that EROFS has no number for.
  package static func split(_ name: [UInt8]) -> (index: UInt8, suffix: [UInt8])? {
    for (index, prefix) in prefixes where name.starts(with: prefix) {
      let suffix = Array(name.dropFirst(prefix.count))
      let isWholeName = prefix.last != UInt8(ascii: ".")
      if isWholeName == suffix.isEmpty { return (index, suffix) }
    }
    return nil
  }
}

/// `h_name_filter`: which attributes an inode does certainly not have (erofs_fs.h, `EROFS_XATTR_FILTER_*`).
package enum XattrNameFilter {
  /// The bit of one name, which is clear when the attribute is there.
  package static func bit(index: UInt8, suffix: [UInt8]) -> UInt32 {
    1 << (xxh32(suffix, seed: 0x25BB_E08F + UInt32(index)) & 31)
  }

  /// The filter of an inode that has attributes of these full names.
  package static func value(_ names: [[UInt8]]) -> UInt32 {
    names.reduce(.max) { filter, name in
      guard let (index, suffix) = XattrEntry.split(name) else { return filter }
      return filter & ~bit(index: index, suffix: suffix)
    }
  }
}
