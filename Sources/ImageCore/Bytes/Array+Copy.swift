#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

// Block moves on hot paths: `replaceSubrange` between arrays goes byte by byte in places.

extension Array<UInt8> {
  /// Copies `source[range]` over `self[offset...]`.
  package mutating func copy(_ source: borrowing [UInt8], _ range: Range<Int>, to offset: Int) {
    precondition(range.lowerBound >= 0 && range.upperBound <= source.count)
    precondition(offset >= 0 && range.count <= count - offset)
    if range.isEmpty { return }
    unsafe source.withUnsafeBytes { from in
      unsafe withUnsafeMutableBytes { to in
        unsafe UnsafeMutableRawBufferPointer(rebasing: to[offset..<offset + range.count])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: from[range]))
      }
    }
  }

  /// Overwrites `self[range]` with zeros.
  package mutating func fillZero(_ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    if range.isEmpty { return }
    unsafe withUnsafeMutableBytes { buffer in
      guard let first = unsafe buffer.baseAddress?.advanced(by: range.lowerBound) else { return }
      _ = unsafe memset(first, 0, range.count)
    }
  }

  /// Whether all bytes of `self[range]` are zero.
  package func isZero(_ range: Range<Int>) -> Bool {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    if range.isEmpty { return true }
    return unsafe withUnsafeBytes { buffer in
      guard let first = unsafe buffer.baseAddress?.advanced(by: range.lowerBound) else { return true }
      // The first byte is zero, and each equals its neighbour.
      return unsafe first.load(as: UInt8.self) == 0 && memcmp(first, first.advanced(by: 1), range.count - 1) == 0
    }
  }
}

extension Array<UInt8> {
  /// Moves `self[range]` to `offset`; both may overlap.
  package mutating func move(_ range: Range<Int>, to offset: Int) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    precondition(offset >= 0 && range.count <= count - offset)
    unsafe withUnsafeMutableBytes { buffer in
      unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[offset..<offset + range.count])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[range]))
    }
  }
}

extension Array<UInt8> {
  /// How many bytes of `self[range]` are the same in `other` from `offset` on.
  package func equalByteCount(_ range: Range<Int>, to other: borrowing [UInt8], at offset: Int) -> Int {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    precondition(offset >= 0 && range.count <= other.count - offset)
    return unsafe withUnsafeBytes { left in
      unsafe other.withUnsafeBytes { right in
        guard let first = left.baseAddress, let second = right.baseAddress else { return 0 }
        let (left, right) = unsafe (first + range.lowerBound, second + offset)
        if unsafe memcmp(left, right, range.count) == 0 { return range.count }
        var count = 0
        while unsafe left.load(fromByteOffset: count, as: UInt8.self)
          == right.load(fromByteOffset: count, as: UInt8.self)
        {
          count += 1
        }
        return count
      }
    }
  }

  /// Whether it comes before `other` in byte order, a prefix first.
  package func precedes(_ other: [UInt8]) -> Bool {
    let order = unsafe withUnsafeBytes { left in
      unsafe other.withUnsafeBytes { right in
        guard let first = left.baseAddress, let second = right.baseAddress else { return 0 as CInt }
        return unsafe memcmp(first, second, Swift.min(left.count, right.count))
      }
    }
    return order < 0 || order == 0 && count < other.count
  }
}

extension Array<UInt8> {
  /// An array of any content, for one that is filled at once.
  package static func unfilled(_ count: Int) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: count) { _, initialized in initialized = count }
  }

  /// Copies all of `source` over `self[offset...]`.
  package mutating func copy(_ source: RawSpan, to offset: Int) {
    precondition(offset >= 0 && source.byteCount <= count - offset)
    if source.isEmpty { return }
    unsafe source.withUnsafeBytes { from in
      unsafe withUnsafeMutableBytes { to in
        unsafe UnsafeMutableRawBufferPointer(rebasing: to[offset..<offset + from.count]).copyMemory(from: from)
      }
    }
  }
}
