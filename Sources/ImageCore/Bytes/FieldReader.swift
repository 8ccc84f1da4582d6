/// Bytes to fields.
///
/// `Record.init` has checked the length before.
package struct FieldReader: FieldVisitor, ~Escapable {
  private let span: RawSpan
  private var offset: Int

  @_lifetime(copy span)
  init(_ span: RawSpan, at offset: Int) {
    self.span = span
    self.offset = offset
  }

  @_lifetime(self: copy self)
  private mutating func load<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type) -> Value {
    let value = unsafe span.unsafeLoadUnaligned(fromByteOffset: offset, as: type)
    offset += MemoryLayout<Value>.size
    return Value(littleEndian: value)
  }

  @_lifetime(self: copy self)
  package mutating func u8(_ name: StaticString, _ value: inout UInt8) { value = load(UInt8.self) }
  @_lifetime(self: copy self)
  package mutating func u16(_ name: StaticString, _ value: inout UInt16) { value = load(UInt16.self) }
  @_lifetime(self: copy self)
  package mutating func u32(_ name: StaticString, _ value: inout UInt32) { value = load(UInt32.self) }
  @_lifetime(self: copy self)
  package mutating func u64(_ name: StaticString, _ value: inout UInt64) { value = load(UInt64.self) }

  @_lifetime(self: copy self)
  package mutating func guid(_ name: StaticString, _ value: inout GUID) {
    var bytes: [UInt8] = []
    self.bytes(name, &bytes, count: 16)
    value = GUID(mixedEndian: bytes)
  }

  @_lifetime(self: copy self)
  package mutating func uuid(_ name: StaticString, _ value: inout GUID) {
    var bytes: [UInt8] = []
    self.bytes(name, &bytes, count: 16)
    value = GUID(bytes: bytes)
  }

  @_lifetime(self: copy self)
  package mutating func bytes(_ name: StaticString, _ value: inout [UInt8], count: Int) {
    value = unsafe span.extracting(offset..<offset + count).withUnsafeBytes { unsafe [UInt8]($0) }
    offset += count
  }

  @_lifetime(self: copy self)
  package mutating func reserved(_ count: Int) { offset += count }
}
