import ImageCore

/// Extents that are wanted and whose pclusters stand in the image one after the other: one request brings them.
struct PclusterRun: Sendable {
  /// What is wanted of one extent.
  struct Piece: Sendable {
    var pcluster: Pcluster
    /// All bytes that the extent has of the pcluster.
    var byteCount: Int
    /// How many of them come before the wanted ones.
    var skipped: Int
    /// The file's byte that is the first wanted one.
    var position: UInt64
    /// Where the wanted bytes go.
    var part: Range<Int>

    /// Whether all of the extent is wanted.
    var isWhole: Bool { skipped == 0 && part.count == byteCount }
  }

  /// How many bytes one request brings, unless one pcluster is longer.
  static let byteLimit: UInt64 = 512 << 10

  private(set) var pieces: [Piece] = []

  /// Where the last pcluster ends.
  var end: UInt64 { pieces.last?.pcluster.end ?? 0 }

  /// Takes one more piece; `false` when its pcluster is elsewhere, or there is enough.
  mutating func append(_ piece: Piece) -> Bool {
    guard let first = pieces.first else {
      pieces.append(piece)
      return true
    }
    guard end == piece.pcluster.offset, piece.pcluster.end - first.pcluster.offset <= Self.byteLimit else {
      return false
    }
    if !joinLast(piece) { pieces.append(piece) }
    return true
  }

  /// Makes two stored pieces one, where they are one range of bytes in the image and in the file.
  private mutating func joinLast(_ piece: Piece) -> Bool {
    guard let last = pieces.last, last.pcluster.form == .shifted, piece.pcluster.form == .shifted, piece.skipped == 0,
      last.byteCount == last.pcluster.byteCount, last.part.upperBound == piece.part.lowerBound
    else { return false }
    let index = pieces.count - 1
    pieces[index].pcluster.byteCount += piece.pcluster.byteCount
    pieces[index].byteCount += piece.byteCount
    pieces[index].part = last.part.lowerBound..<piece.part.upperBound
    return true
  }

  mutating func removeAll() { pieces.removeAll(keepingCapacity: true) }
}
