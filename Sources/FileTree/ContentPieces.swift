package import ImageCore

/// A content from beginning to end in pieces, holes among them.
package struct ContentPieces: Sequence, IteratorProtocol {
  package enum Piece: Sendable {
    case data(Range<UInt64>)
    /// So many zeros.
    case hole(UInt64)
  }

  private let content: any FileContent
  private let limit: Int
  private var position: UInt64 = 0
  /// What comes after a hole.
  private var data: Range<UInt64>?

  /// Pieces of at most `limit` bytes.
  package init(_ content: any FileContent, limit: Int) {
    self.content = content
    self.limit = limit
  }

  package mutating func next() -> Result<Piece, ImageError>? {
    if let data {
      self.data = nil
      position = data.upperBound
      return .success(.data(data))
    }
    guard position < content.byteCount else { return nil }
    do throws(ImageError) {
      guard let piece = try content.nextPiece(from: position, limit: limit) else { return hole(to: content.byteCount) }
      guard piece.lowerBound >= position, (1...limit).contains(piece.count), piece.upperBound <= content.byteCount
      else {
        throw ImageError(.invalidArgument, "a content that gives \(piece) for \(limit) bytes at \(position)")
      }
      data = piece
      return piece.lowerBound > position ? hole(to: piece.lowerBound) : next()
    } catch {
      position = .max
      return .failure(error)
    }
  }

  private mutating func hole(to end: UInt64) -> Result<Piece, ImageError> {
    defer { position = end }
    return .success(.hole(end - position))
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
        var buffer = buffers.take(pieceByteCount)
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
