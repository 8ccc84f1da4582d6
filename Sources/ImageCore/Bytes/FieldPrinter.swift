/// One field of a record, for dumps and for tests that spoil each field in turn.
package struct FieldDescription: Sendable, Equatable {
  package var name: String
  package var offset: Int
  package var byteCount: Int
  package var value: String
}

/// Fields to names, offsets and text.
package struct FieldPrinter: FieldVisitor {
  package private(set) var fields: [FieldDescription] = []
  /// The bytes visited so far: after all fields, the record's measured length.
  package private(set) var offset = 0

  package init() {}

  private mutating func add(_ name: StaticString, _ count: Int, _ value: String) {
    fields.append(FieldDescription(name: "\(name)", offset: offset, byteCount: count, value: value))
    offset += count
  }

  package mutating func u8(_ name: StaticString, _ value: inout UInt8) { add(name, 1, "\(value)") }
  package mutating func u16(_ name: StaticString, _ value: inout UInt16) { add(name, 2, "\(value)") }
  package mutating func u32(_ name: StaticString, _ value: inout UInt32) { add(name, 4, "\(value)") }
  package mutating func u64(_ name: StaticString, _ value: inout UInt64) { add(name, 8, "\(value)") }
  package mutating func guid(_ name: StaticString, _ value: inout GUID) {
    add(name, 16, value.description)
  }
  package mutating func uuid(_ name: StaticString, _ value: inout GUID) {
    add(name, 16, value.description)
  }
  package mutating func bytes(_ name: StaticString, _ value: inout [UInt8], count: Int) {
    add(name, count, value.hex)
  }
  package mutating func reserved(_ count: Int) { offset += count }
}
