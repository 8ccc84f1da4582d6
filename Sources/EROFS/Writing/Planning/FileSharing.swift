import FileTree
import ImageCore

/// Which files may be equal to others, and so share their data.
///
/// Only files of equal length are looked at. Large ones are compared before any is packed, and only the first is read
/// again; for small ones that would cost more than it saves: they are compared once they are packed.
struct FileSharing: Sendable {
  /// From this length on files are compared beforehand.
  private var largeByteCount: UInt64 = 64 << 10
  private var sizes: Set<UInt64> = []
  private var originals: [Int: Int] = [:]
  private var isOriginal: Set<Int> = []

  /// Nothing is shared.
  init() {}

  /// Looks for files of equal length, and compares the large ones.
  ///
  /// - Throws: What reading throws.
  init(_ inodes: InodeTable, _ format: ImageFormat) async throws(ImageError) {
    // Before parts of them are looked at.
    if format.sharesExtents { largeByteCount = ExtentSharing.minByteCount }
    var seen: Set<UInt64> = []
    for inode in inodes.plan.others {
      guard let content = inodes.content(inode), content.byteCount > UInt64(format.block.byteCount) else { continue }
      if !seen.insert(content.byteCount).inserted { sizes.insert(content.byteCount) }
    }
    let large = inodes.plan.others.filter { [sizes, largeByteCount] inode in
      let isStored = format.codecs[inodes.plan.codec(of: inode)].codec == nil
      return (isStored || format.sharesPclusters)
        && inodes.content(inode).map { $0.byteCount >= largeByteCount && sizes.contains($0.byteCount) } == true
    }
    var firsts: [Key: Int] = [:]
    var found: [(Int, Int)] = []
    try await forEachOrdered(
      large, width: format.threadCount, window: 2 * format.threadCount,
      transform: { (inode: Int) throws(ImageError) -> (Int, Digest128?) in
        (inode, try inodes.content(inode).map { (content) throws(ImageError) in try content.digest() })
      },
      commit: { (result: (Int, Digest128?)) throws(ImageError) in
        guard let digest = result.1, let content = inodes.content(result.0) else { return }
        let key = Key(digest: digest, byteCount: content.byteCount, codec: inodes.plan.codec(of: result.0))
        if let first = firsts[key] { found.append((result.0, first)) } else { firsts[key] = result.0 }
      })
    // A digest is no proof.
    try await forEachOrdered(
      found, width: format.threadCount, window: 2 * format.threadCount,
      transform: { (pair: (Int, Int)) throws(ImageError) -> (Int, Int)? in
        try inodes.areEqual(pair.0, pair.1) ? pair : nil
      },
      commit: { (pair: (Int, Int)?) throws(ImageError) in
        guard let (inode, first) = pair else { return }
        originals[inode] = first
        isOriginal.insert(first)
      })
  }

  private struct Key: Hashable {
    let digest: Digest128
    let byteCount: UInt64
    let codec: Int
  }

  /// The earlier file that has the same bytes.
  func original(of inode: Int) -> Int? { originals[inode] }

  /// Whether a later file is known to have the same bytes.
  func isOriginal(_ inode: Int) -> Bool { isOriginal.contains(inode) }

  /// Whether a file of this length may turn out to be equal to another one.
  func isCandidate(_ byteCount: UInt64) -> Bool { byteCount < largeByteCount && sizes.contains(byteCount) }
}

extension FileContent {
  private static var pieceByteCount: Int { 256 << 10 }

  /// The digest of all bytes: that of the pieces' digests.
  fileprivate func digest() throws(ImageError) -> Digest128 {
    var buffer = [UInt8](repeating: 0, count: Int(Swift.min(UInt64(Self.pieceByteCount), byteCount)))
    var digests: [UInt8] = []
    var position: UInt64 = 0
    while position < byteCount {
      let count = Int(Swift.min(UInt64(buffer.count), byteCount - position))
      try read(at: position, into: &buffer, 0..<count)
      digests += Digest128(try buffer.rawSpan.slice(at: 0, count: count)).bytes
      position += UInt64(count)
    }
    return Digest128(digests.rawSpan)
  }
}
