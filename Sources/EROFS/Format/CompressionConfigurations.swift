package import ImageCore

/// `struct z_erofs_lz4_cfgs` with its length in front, after the superblock of an image with `COMPR_CFGS`.
///
/// There is one record for each algorithm that the image announces, in the order of their numbers.
package struct LZ4Configuration: Record {
  package static let byteCount = 16

  package var byteCountThatFollows: UInt16 = 14
  package var maxDistance: UInt16 = 0
  package var maxPclusterBlocks: UInt16 = 0

  package init() {}

  package mutating func fields<V: FieldVisitor & ~Copyable & ~Escapable>(_ visitor: inout V) {
    visitor.u16("size", &byteCountThatFollows)
    visitor.u16("max_distance", &maxDistance)
    visitor.u16("max_pclusterblks", &maxPclusterBlocks)
    visitor.reserved(10)
  }
}

/// `struct z_erofs_lzma_cfgs` with its length in front.
package struct LZMAConfiguration: Record {
  package static let byteCount = 16
  /// `Z_EROFS_LZMA_MAX_DICT_SIZE`.
  package static let maxDictionaryByteCount: UInt32 = 8 << 20

  package var byteCountThatFollows: UInt16 = 14
  package var dictionaryByteCount: UInt32 = 0
  /// 0: MicroLZMA.
  package var format: UInt16 = 0

  package init() {}

  package mutating func fields<V: FieldVisitor & ~Copyable & ~Escapable>(_ visitor: inout V) {
    visitor.u16("size", &byteCountThatFollows)
    visitor.u32("dict_size", &dictionaryByteCount)
    visitor.u16("format", &format)
    visitor.reserved(8)
  }
}

/// `struct z_erofs_deflate_cfgs` with its length in front.
package struct DeflateConfiguration: Record {
  package static let byteCount = 8

  package var byteCountThatFollows: UInt16 = 6
  package var windowBits: UInt8 = 0

  package init() {}

  package mutating func fields<V: FieldVisitor & ~Copyable & ~Escapable>(_ visitor: inout V) {
    visitor.u16("size", &byteCountThatFollows)
    visitor.u8("windowbits", &windowBits)
    visitor.reserved(5)
  }
}

/// `struct z_erofs_zstd_cfgs` with its length in front.
package struct ZstandardConfiguration: Record {
  package static let byteCount = 8
  /// The smallest window as a shift: `windowLog` counts from it.
  package static let minWindowLog: UInt8 = 10

  package var byteCountThatFollows: UInt16 = 6
  package var format: UInt8 = 0
  package var windowLog: UInt8 = 0

  package init() {}

  package mutating func fields<V: FieldVisitor & ~Copyable & ~Escapable>(_ visitor: inout V) {
    visitor.u16("size", &byteCountThatFollows)
    visitor.u8("format", &format)
    visitor.u8("windowlog", &windowLog)
    visitor.reserved(4)
  }
}
