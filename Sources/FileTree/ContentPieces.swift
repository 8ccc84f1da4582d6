package import ImageCore

/// A content from beginning to end in pieces, holes among them.
package struct ContentPieces: Sequence, IteratorProtocol {
  package enum Piece: Sendable {
    case data(Range<UInt64>)
    /// So many zeros.
    case hole(UInt64)
  }

  /// How much is looked up at a time.
  private static let windowByteCount = 8 << 20

  private let content: any FileContent
  private let limit: Int
  private var position: UInt64 = 0
  /// What comes next, the first at the end.
  private var pieces: [Range<UInt64>] = []

  /// Pieces of at most `limit` bytes, or longer ones where they cannot be cut.
  package init(_ content: any FileContent, limit: Int) {
    self.content = content
    self.limit = limit
  }

  package mutating func next() -> Result<Piece, ImageError>? {
    guard position < content.byteCount else { return nil }
    do throws(ImageError) {
      if pieces.isEmpty {
        pieces = try content.pieces(from: position, byteCount: Self.windowByteCount, limit: limit).reversed()
      }
    } catch {
      position = .max
      return .failure(error)
    }
    guard let piece = pieces.last, piece.lowerBound <= position else {
      let end = pieces.last?.lowerBound ?? content.byteCount
      defer { position = end }
      return .success(.hole(end - position))
    }
    pieces.removeLast()
    position = piece.upperBound
    return .success(.data(piece))
  }
}

extension FileContent {
  /// Hands all bytes to `write` in order, read ahead on many threads.
  ///
  /// - Parameters:
  ///   - threadCount: How many threads; by default as many as there are processors.
  ///   - write: Takes the first `count` bytes of a buffer.
  /// - Throws: What reading or `write` throws; `.cancelled`.
  package func stream(
    threadCount: Int? = nil, _ write: (_ buffer: [UInt8], _ count: Int) throws(ImageError) -> Void
  ) async throws(ImageError) {
    let pieceByteCount = 1 << 20
    let width = Swift.max(1, threadCount ?? POSIX.processorCount)
    let buffers = BufferPool(limit: 2 * width)
    let zeros = [UInt8](repeating: 0, count: 64 << 10)
    try await forEachOrdered(
      ContentPieces(self, limit: pieceByteCount), width: width, window: 2 * width,
      transform: {
        (piece: Result<ContentPieces.Piece, ImageError>) throws(ImageError) -> (ContentPieces.Piece, [UInt8]) in
        let piece = try piece.get()
        guard case .data(let range) = piece else { return (piece, []) }
        var buffer = buffers.take(atLeast: max(pieceByteCount, range.count))
        try read(at: range.lowerBound, into: &buffer, 0..<range.count)
        return (piece, buffer)
      },
      commit: { (read: (ContentPieces.Piece, [UInt8])) throws(ImageError) in
        switch read.0 {
        case .data(let range):
          try write(read.1, range.count)
          buffers.give(read.1)
        case .hole(var rest):
          while rest > 0 {
            try checkCancellation()
            let count = Int(min(rest, UInt64(zeros.count)))
            try write(zeros, count)
            rest -= UInt64(count)
          }
        }
      })
  }
}
