import Compression
import ImageCore

/// A run of a compressed file's bytes and where they come from.
struct DataExtent: Equatable, Sendable {
  /// The greatest length of a pcluster (`Z_EROFS_PCLUSTER_MAX_SIZE`).
  static let maxPclusterByteCount = 1 << 20
  /// The greatest length of what it decompresses to (`Z_EROFS_PCLUSTER_MAX_DSIZE`).
  static let maxByteCount = 12 << 20

  enum Source: Equatable, Sendable {
    /// Zeros.
    case hole
    /// The packed inode has them, from this byte on.
    case fragment(UInt64)
    case pcluster(Pcluster)
  }

  var range: Range<UInt64>
  var source: Source
  /// Whether a list of extents says that it is only the beginning of what its pcluster holds.
  var isPartial = false
}

/// Bytes of the image that hold an extent.
struct Pcluster: Hashable, Sendable {
  enum Form: Hashable, Sendable {
    /// The bytes themselves.
    case shifted
    /// The bytes themselves, each at its place in the block: what reaches over the end goes on at the beginning.
    case interlaced
    case compressed(BlockAlgorithm)
  }

  var form: Form
  /// Where in the space of all devices it is; inline ones may be in the metabox (`ErofsVolume.inMetabox`).
  var offset: UInt64
  var byteCount: Int

  /// Where it ends.
  var end: UInt64 { offset &+ UInt64(byteCount) }

  func hash(into hasher: inout Hasher) { hasher.combine(offset) }
}

extension DataExtent {
  /// Throws what `fault` makes of a length that cannot be.
  func check(_ volume: ErofsVolume, _ fault: (String) -> ImageError) throws(ImageError) {
    guard case .pcluster(let pcluster) = source else { return }
    let length = range.upperBound - range.lowerBound
    guard (1...Self.maxPclusterByteCount).contains(pcluster.byteCount) else {
      throw fault("a pcluster of \(pcluster.byteCount) bytes")
    }
    guard length <= UInt64(Self.maxByteCount) else { throw fault("an extent of more than 12 MiB") }
    switch pcluster.form {
    case .compressed: break
    case .interlaced where pcluster.byteCount != volume.blockByteCount:
      throw fault("an interlaced pcluster of \(pcluster.byteCount) bytes")
    case .interlaced, .shifted:
      guard length <= UInt64(pcluster.byteCount) else {
        throw fault("\(length) bytes stored in \(pcluster.byteCount)")
      }
    }
  }
}
