import ImageCore
import RPM

/// A header made by hand, right or wrong.
struct HeaderCraft: Sendable {
  enum Value: Sendable {
    case int16([UInt16])
    case int32([UInt32])
    case int64([UInt64])
    case string(String)
    case strings([String])
    case i18n(String)
    case bin([UInt8])

    var type: UInt32 {
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

    var count: Int {
      switch self {
      case .int16(let values): values.count
      case .int32(let values): values.count
      case .int64(let values): values.count
      case .string, .i18n: 1
      case .bin(let bytes): bytes.count
      case .strings(let strings): strings.count
      }
    }

    var alignment: Int {
      switch self {
      case .int16: 2
      case .int32: 4
      case .int64: 8
      default: 1
      }
    }

    var bytes: [UInt8] {
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

  struct Entry: Sendable {
    var tag: UInt32
    var type: UInt32
    var offset: UInt32
    var count: UInt32
    var bytes: [UInt8] { [tag, type, offset, count].flatMap { bigEndian($0) } }
  }

  /// The index, the region's entry first.
  var entries: [Entry] = []
  var data: [UInt8] = []

  /// Values by tag, in a region of the tag `region`, if any, and others behind it.
  init(_ values: [(UInt32, Value)], region: UInt32? = 63, dribbles: [(UInt32, Value)] = []) {
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

  var bytes: [UInt8] {
    [0x8E, 0xAD, 0xE8, 1, 0, 0, 0, 0] + bigEndian(UInt32(entries.count)) + bigEndian(UInt32(data.count))
      + entries.flatMap(\.bytes) + data
  }

  func opened(_ kind: RPMHeaderBlob.Kind = .package) throws(ImageError) -> RPMHeaderBlob {
    try RPMHeaderBlob(ByteStore(bytes), kind: kind)
  }
}

func bigEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.appendLE(value.byteSwapped)
  return bytes
}

/// Packages made by hand.
enum PackageCraft {
  static func lead(_ name: String, major: UInt8 = 3) -> [UInt8] {
    var bytes: [UInt8] = [0xED, 0xAB, 0xEE, 0xDB, major, 0, 0, 0, 0, 1]
    bytes += Array(name.utf8) + [UInt8](repeating: 0, count: 66 - name.utf8.count)
    return bytes + [0, 1, 0, 5] + [UInt8](repeating: 0, count: 16)
  }

  /// A package of a main header, a signature header that claims nothing but a length, and a payload.
  static func package(_ main: HeaderCraft, region: UInt32? = 62, payload: [UInt8] = [0x1F, 0x8B, 8, 0]) -> [UInt8] {
    let header = main.bytes
    var bytes = lead("made-1-1")
    let signature = HeaderCraft([(1000, .int32([UInt32(header.count + payload.count)]))], region: region)
    bytes += signature.bytes
    bytes.pad(to: 8)
    return bytes + header + payload
  }

  static let identity: [(UInt32, HeaderCraft.Value)] = [
    (1000, .string("made")), (1001, .string("1")), (1002, .string("2")),
  ]

  /// The tags of `count` files, as rpm 4 has them.
  static func files(_ count: Int) -> [(UInt32, HeaderCraft.Value)] {
    let number = UInt32(count)
    return [
      (1022, .string("noarch")), (1028, .int32((0..<number).map { $0 })),
      (1030, .int16([UInt16](repeating: 0o100644, count: count))),
      (1034, .int32([UInt32](repeating: 1_600_000_000, count: count))),
      (1035, .strings([String](repeating: String(repeating: "ab", count: 16), count: count))),
      (1036, .strings([String](repeating: "", count: count))),
      (1039, .strings([String](repeating: "root", count: count))),
      (1040, .strings([String](repeating: "root", count: count))), (1044, .string("made-1-2.src.rpm")),
      (1116, .int32((0..<number).map { $0 % 2 })), (1117, .strings((0..<count).map { "file-\($0)" })),
      (1118, .strings(["/usr/share/one/", "/usr/share/two/"])),
    ]
  }

  /// Those with one of them changed, added or (by `nil`) left out.
  static func changed(_ tag: UInt32, _ value: HeaderCraft.Value?, files count: Int = 4) -> [(UInt32, HeaderCraft.Value)]
  {
    var values = (identity + files(count)).filter { $0.0 != tag }
    if let value { values.append((tag, value)) }
    return values.sorted { $0.0 < $1.0 }
  }

  /// A package as rpm 2 and 3 made it: no regions, whole paths, no architecture of its signature.
  static func old() -> [UInt8] {
    let main = HeaderCraft(
      [
        (100, .strings(["C"])), (1000, .string("old")), (1001, .string("0.9")), (1002, .string("1")),
        (1004, .i18n("Older than regions")), (1006, .int32([900_000_000])), (1009, .int32([10])),
        (1021, .string("Linux")),
        (1022, .string("i386")), (1027, .strings(["/usr/bin/old", "/usr/bin/older", "/usr/lib/old"])),
        (1028, .int32([4, 3, 6])), (1030, .int16([0o100755, 0o120777, 0o100644])), (1033, .int16([0, 0, 0])),
        (1034, .int32([900_000_000, 900_000_001, 900_000_002])),
        (1035, .strings([String(repeating: "0a", count: 16), "", String(repeating: "1b", count: 16)])),
        (1036, .strings(["", "old", ""])), (1037, .int32([0, 0, 2])), (1039, .strings(["root", "root", "bin"])),
        (1040, .strings(["root", "root", "bin"])), (1044, .string("old-0.9-1.src.rpm")),
        (1045, .int32([UInt32.max, UInt32.max, UInt32.max])), (1047, .strings(["old", "older"])),
        (1048, .int32([0, 1 << 3 | 1 << 2])), (1049, .strings(["/bin/sh", "libc.so.5"])),
        (1050, .strings(["", "5.4"])),
        (1064, .string("2.5.5")), (1095, .int32([1, 1, 1])), (1096, .int32([10, 11, 12])),
      ], region: nil)
    return package(main, region: nil)
  }
}
