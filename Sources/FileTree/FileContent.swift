public import ImageCore

/// The bytes of a regular file, wherever they are.
///
/// Reads are positional and may come from any thread, in any order: a writer decides itself in which order it stores files.
public protocol FileContent: Sendable {
  /// The file's length.
  var byteCount: UInt64 { get }

  /// Fills `output[range]` with the bytes from `offset` on; all of them are inside the file.
  ///
  /// - Throws: What stands in the way, with the file's name; `.changed` when it is no longer what it was.
  func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) throws(ImageError)

  /// How bytes from `offset` on are best read: about `byteCount` of them, in pieces of at most `limit`.
  ///
  /// Holes are left out, and there is no cut where the next piece would do some of the work again, even if a piece gets
  /// longer. Contents without either need no pieces of their own.
  ///
  /// - Returns: Ranges in ascending order; none where only zeros follow.
  func pieces(from offset: UInt64, byteCount: Int, limit: Int) throws(ImageError) -> [Range<UInt64>]
}

extension FileContent {
  /// All bytes, in pieces of equal length.
  public func pieces(from offset: UInt64, byteCount: Int, limit: Int) -> [Range<UInt64>] {
    var pieces: [Range<UInt64>] = []
    var position = offset
    while position < self.byteCount, position - offset < UInt64(byteCount) {
      let end = position + min(UInt64(limit), self.byteCount - position)
      pieces.append(position..<end)
      position = end
    }
    return pieces
  }

  /// All bytes, for small files.
  ///
  /// - Parameter limit: The greatest length that is accepted.
  /// - Returns: The whole content.
  /// - Throws: `.limit` beyond the limit; what `read` throws.
  public func bytes(limit: Int = 1 << 20) throws(ImageError) -> [UInt8] {
    guard byteCount <= UInt64(limit) else {
      throw ImageError(.limit, "\(byteCount) bytes, at most \(limit) are read at once")
    }
    var output = [UInt8](repeating: 0, count: Int(byteCount))
    try read(at: 0, into: &output, output.indices)
    return output
  }
}

/// Content in memory.
public struct MemoryContent: FileContent {
  private let storage: [UInt8]

  /// Keeps the bytes.
  public init(_ bytes: [UInt8]) { storage = bytes }

  /// The number of bytes.
  public var byteCount: UInt64 { UInt64(storage.count) }

  /// Copies the bytes.
  public func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) {
    output.replaceSubrange(range, with: storage[Int(offset)..<Int(offset) + range.count])
  }
}
