package import ImageCore
package import RPM

/// A header made by hand, right or wrong.
package struct HeaderCraft: Sendable {
  package enum Value: Sendable {
    case int16([UInt16])
    case int32([UInt32])
    case int64([UInt64])
    case string(String)
    case strings([String])
    case i18n(String)
    case bin([UInt8])

    package var type: UInt32 {
      switch self {
      case .int16: 3
      case .int32: 4
      case .int64: 5
      case .string: 6
      case .bin: 7
      case .strings: 8
      case .i18n: 9
      }
    }

    package var count: Int {
      switch self {
      case .int16(let values): values.count
      case .int32(let values): values.count
      case .int64(let values): values.count
      case .string, .i18n: 1
      case .bin(let bytes): bytes.count
      case .strings(let strings): strings.count
      }
    }

    package var alignment: Int {
      switch self {
      case .int16: 2
      case .int32: 4
      case .int64: 8
      default: 1
      }
    }

    package var bytes: [UInt8] {
      switch self {
      case .int16(let values): values.flatMap { bigEndian($0) }
      case .int32(let values): values.flatMap { bigEndian($0) }
      case .int64(let values): values.flatMap { bigEndian($0) }
      case .string(let string), .i18n(let string): Array(string.utf8) + [0]
      case .bin(let bytes): bytes
      case .strings(let strings): strings.flatMap { Array($0.utf8) + [0] }
      }
    }
  }

  package struct Entry: Sendable {
    package var tag: UInt32
    package var type: UInt32
    package var offset: UInt32
    package var count: UInt32
    package var bytes: [UInt8] { [tag, type, offset, count].flatMap { bigEndian($0) } }
  }

  /// The index, the region's entry first.
  package var entries: [Entry] = []
  package var data: [UInt8] = []

  /// Values by tag, in a region of the tag `region`, if any, and others behind it.
  package init(_ values: [(UInt32, Value)], region: UInt32? = 63, dribbles: [(UInt32, Value)] = []) {
    for (tag, value) in values { append(tag, value) }
    if let region {
      let head = Entry(tag: region, type: 7, offset: UInt32(data.count), count: 16)
      entries.insert(head, at: 0)
      data += Entry(tag: region, type: 7, offset: UInt32(bitPattern: Int32(-16 * entries.count)), count: 16).bytes
    }
    for (tag, value) in dribbles { append(tag, value) }
  }

  private mutating func append(_ tag: UInt32, _ value: Value) {
    data.pad(to: value.alignment)
    entries.append(Entry(tag: tag, type: value.type, offset: UInt32(data.count), count: UInt32(value.count)))
    data += value.bytes
  }

  package var bytes: [UInt8] {
    [0x8E, 0xAD, 0xE8, 1, 0, 0, 0, 0] + bigEndian(UInt32(entries.count)) + bigEndian(UInt32(data.count))
      + entries.flatMap(\.bytes) + data
  }

  package func opened(_ kind: RPMHeaderBlob.Kind = .package) throws(ImageError) -> RPMHeaderBlob {
    try RPMHeaderBlob(ByteStore(bytes), kind: kind)
  }
}

package func bigEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.appendLE(value.byteSwapped)
  return bytes
}
