#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

// The one place with unsafe loads: every access is checked against the span first.

extension RawSpan {
  /// Throws unless `offset..<offset + count` lies inside.
  @inline(__always)
  package func check(_ offset: Int, _ count: Int) throws(ImageError) {
    if offset < 0 || count < 0 || offset > byteCount || count > byteCount - offset {
      throw .truncated(at: offset, needed: count, available: byteCount)
    }
  }

  package func u8(at offset: Int) throws(ImageError) -> UInt8 {
    try check(offset, 1)
    return unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt8.self)
  }

  package func u16(at offset: Int) throws(ImageError) -> UInt16 {
    try check(offset, 2)
    return unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self).littleEndian
  }

  package func u32(at offset: Int) throws(ImageError) -> UInt32 {
    try check(offset, 4)
    return unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self).littleEndian
  }

  package func u64(at offset: Int) throws(ImageError) -> UInt64 {
    try check(offset, 8)
    return unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
  }

  /// The big-endian integer at `offset`, which is inside.
  package func bigEndian<Value: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Value.Type = Value.self
  ) -> Value {
    precondition(offset >= 0 && offset <= byteCount - MemoryLayout<Value>.size)
    return unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: type).bigEndian
  }

  /// The bytes `offset..<offset + count`, copied.
  package func array(at offset: Int, count: Int) throws(ImageError) -> [UInt8] {
    try check(offset, count)
    return unsafe extracting(offset..<offset + count).withUnsafeBytes { unsafe [UInt8]($0) }
  }

  /// The bytes `offset..<offset + count`.
  @_lifetime(copy self)
  package func slice(at offset: Int, count: Int) throws(ImageError) -> RawSpan {
    try check(offset, count)
    return extracting(offset..<offset + count)
  }
}

extension RawSpan {
  /// Where the first `byte` of `range` is, which lies inside.
  package func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
    return unsafe withUnsafeBytes { buffer in
      guard let start = buffer.baseAddress else { return nil }
      guard let found = unsafe memchr(start + range.lowerBound, CInt(byte), range.count) else { return nil }
      return unsafe UnsafeRawPointer(found) - start
    }
  }
}

extension Array<UInt8> {
  /// The array's bytes as a span.
  package var rawSpan: RawSpan {
    @_lifetime(borrow self)
    borrowing get { unsafe span.bytes }
  }

  /// Appends `value` in little-endian order.
  package mutating func appendLE<Value: FixedWidthInteger>(_ value: Value) {
    unsafe Swift.withUnsafeBytes(of: value.littleEndian) { unsafe append(contentsOf: $0) }
  }

  /// Appends zeros until the count is a multiple of `alignment`.
  package mutating func pad(to alignment: Int) {
    let rest = count % alignment
    if rest != 0 { append(contentsOf: repeatElement(0, count: alignment - rest)) }
  }
}

extension ImageError {
  @inline(never)
  package static func truncated(at offset: Int, needed: Int, available: Int) -> ImageError {
    let offset = Swift.max(0, offset)
    return ImageError(
      .truncated, "\(needed) bytes needed, \(Swift.max(0, available - offset)) there", offset: UInt64(offset))
  }
}
