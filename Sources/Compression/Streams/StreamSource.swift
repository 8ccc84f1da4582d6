package import ImageCore

/// The compressed bytes of a stream, read once and in order.
///
/// A source of one's own sees each byte up to its end, also those that no decoder asked for: it may keep a digest.
package protocol StreamSource: ~Copyable {
  /// The number of all bytes.
  var byteCount: UInt64 { get }
  /// Where the first one is in the outermost file: errors count from there.
  var baseOffset: UInt64 { get }
  /// Fills `output[range]` with the next bytes; nobody asks for more than there are.
  mutating func read(into output: inout [UInt8], _ range: Range<Int>) throws(ImageError)
}

/// The bytes of a store.
package struct StoreSource: StreamSource {
  private let store: ByteStore
  private var offset: UInt64 = 0

  package init(_ store: ByteStore) { self.store = store }

  package var byteCount: UInt64 { store.byteCount }
  package var baseOffset: UInt64 { store.baseOffset }

  package mutating func read(into output: inout [UInt8], _ range: Range<Int>) throws(ImageError) {
    try store.read(at: offset, into: &output, range)
    offset += UInt64(range.count)
  }
}
