/// Fields to bytes.
package struct FieldWriter: FieldVisitor {
  package private(set) var bytes: [UInt8] = []

  init(capacity: Int) { bytes.reserveCapacity(capacity) }

  /// Goes on at the end of `bytes`.
  init(appendingTo bytes: inout [UInt8]) { swap(&self.bytes, &bytes) }

  /// Gives the bytes back.
  mutating func finish(_ bytes: inout [UInt8]) { swap(&self.bytes, &bytes) }

  package mutating func u8(_ name: StaticString, _ value: inout UInt8) { bytes.append(value) }
  package mutating func u16(_ name: StaticString, _ value: inout UInt16) { bytes.appendLE(value) }
  package mutating func u32(_ name: StaticString, _ value: inout UInt32) { bytes.appendLE(value) }
  package mutating func u64(_ name: StaticString, _ value: inout UInt64) { bytes.appendLE(value) }

  package mutating func guid(_ name: StaticString, _ value: inout GUID) {
    bytes.append(contentsOf: value.mixedEndian)
  }

  package mutating func uuid(_ name: StaticString, _ value: inout GUID) {
    bytes.append(contentsOf: value.bytes)
  }

  /// Cuts or zero-fills to `count`.
  package mutating func bytes(_ name: StaticString, _ value: inout [UInt8], count: Int) {
    bytes.append(contentsOf: value.prefix(count))
    bytes.append(contentsOf: repeatElement(0, count: max(0, count - value.count)))
  }

  package mutating func reserved(_ count: Int) {
    bytes.append(contentsOf: repeatElement(0, count: count))
  }
}
