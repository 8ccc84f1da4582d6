package import ImageCore

/// `struct z_erofs_map_header`: before the indexes of a compressed inode.
package struct MapHeader: Record {
  package static let byteCount = 8

  /// With fragments an offset, with ztailpacking the inline data's length in the upper half.
  package var fragmentOffset: UInt32 = 0
  package var advise: UInt16 = 0
  /// Bits 0–3: HEAD1's algorithm, 4–7: HEAD2's.
  package var algorithms: UInt8 = 0
  /// Bits 0–3: the lcluster's bits beyond the block's; bit 7: all is in the packed inode.
  package var clusterBits: UInt8 = 0

  package static let compact2B: UInt16 = 0x1
  /// The same bit in the full layout: the map is a list of encoded extents.
  package static let encodedExtents: UInt16 = 0x1
  package static let bigPcluster1: UInt16 = 0x2
  package static let bigPcluster2: UInt16 = 0x4
  package static let inlinePcluster: UInt16 = 0x8
  package static let interlacedPcluster: UInt16 = 0x10
  package static let fragmentPcluster: UInt16 = 0x20
  /// All of these.
  package static let knownAdvice: UInt16 = 0x3F

  package init() {}

  /// Whether the whole file is in the packed inode.
  package var isPacked: Bool { clusterBits & 0x80 != 0 }

  /// Where a packed file begins in the packed inode: all other bits of the header.
  package var packedOffset: UInt64 {
    UInt64(fragmentOffset) | UInt64(advise) << 32 | UInt64(algorithms) << 48 | UInt64(clusterBits & 0x7F) << 56
  }

  /// `h_idata_size`: the length of an inline pcluster.
  package var inlineByteCount: Int { advise & Self.inlinePcluster == 0 ? 0 : Int(fragmentOffset >> 16) }

  /// `h_extents`: how many encoded extents there are, when their records say where they begin.
  package var extentCount: UInt64 {
    UInt64(fragmentOffset) | UInt64(algorithms) << 32 | UInt64(clusterBits) << 40
  }

  /// The length of an encoded extent's record.
  package var extentByteCount: Int { 4 << Int(advise >> 1 & 3) }

  /// The bits of `advise` that say so: for 4, 8, 16 or 32 bytes.
  package static func advise(extentByteCount: Int) -> UInt16 {
    UInt16(extentByteCount.trailingZeroBitCount - 2) << 1
  }

  package mutating func fields<V: FieldVisitor & ~Copyable & ~Escapable>(_ visitor: inout V) {
    visitor.u32("h_fragmentoff", &fragmentOffset)
    visitor.u16("h_advise", &advise)
    visitor.u8("h_algorithmtype", &algorithms)
    visitor.u8("h_clusterbits", &clusterBits)
  }
}

/// What an lcluster is in the index of its file (`Z_EROFS_LCLUSTER_TYPE_*`).
package enum LclusterType: UInt8, Sendable {
  /// A stored extent begins here.
  case plain = 0
  /// A compressed extent begins here.
  case head1 = 1
  /// All of it belongs to an extent that began before.
  case nonhead = 2
  /// The same with the second algorithm.
  case head2 = 3
}

/// `struct z_erofs_lcluster_index`: one lcluster in the full, 8-byte form.
package struct FullLclusterIndex: Record {
  package static let byteCount = 8
  /// In `delta[0]` of the first NONHEAD: the rest is the pcluster's length in blocks.
  package static let compressedBlockCountFlag: UInt16 = 1 << 11
  /// In `di_advise` of a head: the extent is only the beginning of what the pcluster holds.
  package static let partialReferenceFlag: UInt16 = 1 << 15

  package var advise: UInt16 = 0
  package var clusterOffset: UInt16 = 0
  /// The block address, or two 16-bit distances.
  package var union: UInt32 = 0

  package init() {}

  package mutating func fields<V: FieldVisitor & ~Copyable & ~Escapable>(_ visitor: inout V) {
    visitor.u16("di_advise", &advise)
    visitor.u16("di_clusterofs", &clusterOffset)
    visitor.u32("di_u", &union)
  }
}

/// Where the entries of the compact form stand: 4-byte ones up to a 32-byte border, 2-byte ones in packs of 16, 4-byte ones.
package struct CompactIndexLayout: Sendable, Equatable {
  package let initial4B: Int
  package let middle2B: Int
  package let final4B: Int

  /// - Parameters:
  ///   - count: The lclusters of the file.
  ///   - start: The byte address of the first entry, right after the map header; only its rest by 32 matters.
  ///   - compact2B: Whether the file uses 2-byte entries.
  package init(count: Int, start: Int, compact2B: Bool) {
    let toBorder = (32 - start % 32) / 4 & 7
    if compact2B, toBorder < count {
      initial4B = toBorder
      middle2B = (count - toBorder) / 16 * 16
    } else {
      initial4B = 0
      middle2B = 0
    }
    final4B = count - initial4B - middle2B
  }

  /// All entries' bytes; 4-byte entries come in pairs.
  package var byteCount: Int { initial4B * 4 + middle2B * 2 + (final4B + 1) / 2 * 8 }
}
