package import ImageCore

/// How an inode's data is stored: bits 1–3 of `i_format` (erofs_fs.h).
package enum DataLayout: UInt16, Sendable {
  case flatPlain = 0
  case compressedFull = 1
  case flatInline = 2
  case compressedCompact = 3
  case chunkBased = 4
}

/// `i_format`: the inode's form and its data layout.
package struct InodeFormat: Sendable, Equatable {
  package var rawValue: UInt16

  package init(rawValue: UInt16) { self.rawValue = rawValue }

  /// `hasOneLink`: a compact inode has the upper bits of an address in place of its count of links.
  package init(extended: Bool, layout: DataLayout, hasOneLink: Bool = false) {
    rawValue = (extended ? 1 : 0) | layout.rawValue << 1 | (hasOneLink ? Self.oneLink : 0)
  }

  /// `EROFS_I_NLINK_1_BIT`; in a directory's inode, that it has no `.`.
  package static let oneLink: UInt16 = 1 << 4

  package var isExtended: Bool { rawValue & 1 == 1 }
  /// `nil` for a layout that nobody has defined yet.
  package var layout: DataLayout? { DataLayout(rawValue: rawValue >> 1 & 7) }
}

/// `struct erofs_inode_compact`: 16-bit owners, the image's one time.
package struct CompactInode: Record {
  package static let byteCount = 32

  package var format: UInt16 = 0
  package var xattrCount: UInt16 = 0
  package var mode: UInt16 = 0
  package var linkCount: UInt16 = 0
  package var byteSize: UInt32 = 0
  package var modified: UInt32 = 0

  package var union: UInt32 = 0
  package var number: UInt32 = 0
  package var uid: UInt16 = 0
  package var gid: UInt16 = 0

  package init() {}

  package mutating func fields<V: FieldVisitor & ~Copyable & ~Escapable>(_ visitor: inout V) {
    visitor.u16("i_format", &format)
    visitor.u16("i_xattr_icount", &xattrCount)
    visitor.u16("i_mode", &mode)
    visitor.u16("i_nlink", &linkCount)
    visitor.u32("i_size", &byteSize)
    visitor.u32("i_mtime", &modified)

    visitor.u32("i_u", &union)
    visitor.u32("i_ino", &number)
    visitor.u16("i_uid", &uid)
    visitor.u16("i_gid", &gid)
    visitor.reserved(4)
  }
}

/// `struct erofs_inode_extended`: everything at full width.
package struct ExtendedInode: Record {
  package static let byteCount = 64

  package var format: UInt16 = 0
  package var xattrCount: UInt16 = 0
  package var mode: UInt16 = 0
  package var high: UInt16 = 0
  package var byteSize: UInt64 = 0

  package var union: UInt32 = 0
  package var number: UInt32 = 0
  package var uid: UInt32 = 0
  package var gid: UInt32 = 0

  package var modified: UInt64 = 0
  package var modifiedNanoseconds: UInt32 = 0
  package var linkCount: UInt32 = 0

  package init() {}

  package mutating func fields<V: FieldVisitor & ~Copyable & ~Escapable>(_ visitor: inout V) {
    visitor.u16("i_format", &format)
    visitor.u16("i_xattr_icount", &xattrCount)
    visitor.u16("i_mode", &mode)
    visitor.u16("i_nb", &high)
    visitor.u64("i_size", &byteSize)

    visitor.u32("i_u", &union)
    visitor.u32("i_ino", &number)
    visitor.u32("i_uid", &uid)
    visitor.u32("i_gid", &gid)

    visitor.u64("i_mtime", &modified)
    visitor.u32("i_mtime_nsec", &modifiedNanoseconds)
    visitor.u32("i_nlink", &linkCount)

    visitor.reserved(16)
  }
}

/// The types of a mode (`S_IFMT`), and of a directory entry (`EROFS_FT_*`).
package enum FileType: UInt16, Sendable {
  case fifo = 0o010000
  case characterDevice = 0o020000
  case directory = 0o040000
  case blockDevice = 0o060000
  case regular = 0o100000
  case symlink = 0o120000
  case socket = 0o140000

  package init?(mode: UInt16) { self.init(rawValue: mode & 0o170000) }

  package var directoryEntryType: UInt8 {
    switch self {
    case .regular: 1
    case .directory: 2
    case .characterDevice: 3
    case .blockDevice: 4
    case .fifo: 5
    case .socket: 6
    case .symlink: 7
    }
  }
}

/// A device number in 32 bits, as `new_encode_dev` of the kernel packs it.
package func encodedDevice(major: UInt32, minor: UInt32) -> UInt32 {
  minor & 0xFF | (major & 0xFFF) << 8 | (minor & ~0xFF) << 12
}

/// The inverse.
package func decodedDevice(_ value: UInt32) -> (major: UInt32, minor: UInt32) {
  (value >> 8 & 0xFFF, value & 0xFF | value >> 12 & 0xF_FF00)
}
