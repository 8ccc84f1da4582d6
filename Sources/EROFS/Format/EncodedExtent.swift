package import ImageCore

/// `plen` of an encoded extent: the length of its data, and the algorithm.
package struct PackedLength: Sendable, Equatable {
  /// The bits of the length; the largest is 1 MiB.
  package static let mask: UInt32 = 1 << 21 - 1
  /// The extent is only the beginning of what the pcluster holds.
  package static let partial: UInt32 = 1 << 27

  package var rawValue: UInt32

  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Without an algorithm the bytes are stored as they are.
  package init(byteCount: Int, algorithm: Int?, isPartial: Bool) {
    rawValue = UInt32(byteCount) | (isPartial ? Self.partial : 0) | UInt32(algorithm.map { $0 + 1 } ?? 0) << 28
  }

  package var byteCount: Int { Int(rawValue & Self.mask) }
  /// By its number; `nil` for stored bytes.
  package var algorithm: Int? { rawValue >> 28 == 0 ? nil : Int(rawValue >> 28) - 1 }
}

/// `struct z_erofs_extent`, in the two longer of its four forms.
///
/// Records of 4 bytes are the lengths alone behind the first address; of 8 bytes, the length and the lower half of the
/// address. There all extents have the same length.
package struct EncodedExtent: Sendable, Equatable {
  /// A `PackedLength`; for a fragment the lower half of its offset.
  package var pclusterLength: UInt32
  /// The byte that the data begins at.
  package var data: UInt64
  /// The byte of the file that the extent begins at.
  package var start: UInt64

  /// Reads a record of 16 or 32 bytes.
  package init(_ bytes: RawSpan) throws(ImageError) {
    pclusterLength = try bytes.u32(at: 0)
    data = try bytes.u64(at: 4)
    start = bytes.byteCount < 32 ? UInt64(try bytes.u32(at: 12)) : try bytes.u64(at: 12)
  }
}
