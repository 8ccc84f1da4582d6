/// An on-disk structure, declared once.
///
/// `fields` names each field in on-disk order; visitors read, write, measure and print with it, so that these cannot
/// disagree. Raw values stay raw: meaning is a computed property that may fail, so that a bad image can still be shown.
package protocol Record: Sendable {
  /// The length on disk, in bytes.
  static var byteCount: Int { get }

  init()

  /// Calls the visitor once for each field, in on-disk order.
  mutating func fields<V: FieldVisitor & ~Copyable & ~Escapable>(_ visitor: inout V)
}

/// What `Record.fields` calls.
///
/// Integers are little-endian.
package protocol FieldVisitor: ~Copyable, ~Escapable {
  mutating func u8(_ name: StaticString, _ value: inout UInt8)
  mutating func u16(_ name: StaticString, _ value: inout UInt16)
  mutating func u32(_ name: StaticString, _ value: inout UInt32)
  mutating func u64(_ name: StaticString, _ value: inout UInt64)
  mutating func guid(_ name: StaticString, _ value: inout GUID)
  /// 16 bytes in printed order, unlike `guid`.
  mutating func uuid(_ name: StaticString, _ value: inout GUID)
  mutating func bytes(_ name: StaticString, _ value: inout [UInt8], count: Int)
  mutating func reserved(_ count: Int)
}

extension Record {
  /// Reads the record at `offset` of `bytes`; throws `.truncated` where it does not fit.
  package init(_ bytes: RawSpan, at offset: Int = 0) throws(ImageError) {
    try bytes.check(offset, Self.byteCount)
    self.init()
    var reader = FieldReader(bytes, at: offset)
    fields(&reader)
  }

  /// The record's bytes.
  package var encoded: [UInt8] {
    var copy = self
    var writer = FieldWriter(capacity: Self.byteCount)
    copy.fields(&writer)
    return writer.bytes
  }

  /// Appends the record's bytes.
  package func append(to bytes: inout [UInt8]) {
    var copy = self
    var writer = FieldWriter(appendingTo: &bytes)
    copy.fields(&writer)
    writer.finish(&bytes)
  }

  /// Writes the record over `bytes[offset...]`, which must be long enough.
  package func write(to bytes: inout [UInt8], at offset: Int) {
    bytes.replaceSubrange(offset..<offset + Self.byteCount, with: encoded)
  }

  /// Each field's name, offset, length and printed value.
  package var described: [FieldDescription] {
    var copy = self
    var printer = FieldPrinter()
    copy.fields(&printer)
    return printer.fields
  }
}
