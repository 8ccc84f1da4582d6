package import ImageCore

extension FileContent {
  /// Whether the bytes of both are the same.
  package func isEqual(to other: any FileContent) throws(ImageError) -> Bool {
    guard byteCount == other.byteCount else { return false }
    return try isEqual(to: other, in: 0..<byteCount)
  }

  /// Whether the bytes of both are the same in a range that both have.
  package func isEqual(
    to other: any FileContent, in range: Range<UInt64>, at otherStart: UInt64? = nil
  ) throws(ImageError) -> Bool {
    let length = Int(Swift.min(UInt64(256 << 10), range.upperBound - range.lowerBound))
    var left = [UInt8](repeating: 0, count: length)
    var right = left
    var position: UInt64 = 0
    while position < range.upperBound - range.lowerBound {
      let count = Int(Swift.min(UInt64(length), range.upperBound - range.lowerBound - position))
      try read(at: range.lowerBound + position, into: &left, 0..<count)
      try other.read(at: (otherStart ?? range.lowerBound) + position, into: &right, 0..<count)
      if left[..<count] != right[..<count] { return false }
      position += UInt64(count)
    }
    return true
  }
}
