import FileTree
import ImageCore

/// The content of the packed inode: the ends of many files, one after the other, each only once.
///
/// The table of long prefixes, if it is here, comes first.
struct PackedStream {
  private struct Key: Hashable {
    let digest: Digest128
    let byteCount: Int
  }

  private struct Known {
    let offset: UInt64
    let inode: Int
    let fileOffset: UInt64
  }

  /// All that was added.
  private(set) var byteCount: UInt64
  /// What was not taken yet.
  private var pending: [UInt8]
  private var known: [Key: Known] = [:]

  init(start: [UInt8]) {
    pending = start
    byteCount = UInt64(start.count)
  }

  /// What was taken.
  var takenByteCount: UInt64 { byteCount - UInt64(pending.count) }

  /// Adds a fragment unless an equal one is there; returns its place.
  mutating func add(
    _ fragment: EncodedJob.Fragment, of inode: Int, in bytes: [UInt8], _ inodes: InodeTable
  ) throws(ImageError) -> UInt64 {
    let key = Key(digest: fragment.digest, byteCount: fragment.range.count)
    if let found = known[key], let content = inodes.content(inode), let other = inodes.content(found.inode),
      try content.isEqual(
        to: other, in: fragment.offset..<fragment.offset + UInt64(fragment.range.count), at: found.fileOffset)
    {
      return found.offset
    }
    let offset = byteCount
    known[key] = Known(offset: offset, inode: inode, fileOffset: fragment.offset)
    pending += bytes[fragment.range]
    byteCount += UInt64(fragment.range.count)
    return offset
  }

  /// The next segment, or what is left.
  mutating func take() -> [UInt8] {
    let count = min(pending.count, ImageFormat.segmentByteCount)
    let segment = Array(pending[..<count])
    pending.removeFirst(count)
    return segment
  }
}
