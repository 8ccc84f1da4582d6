import ImageCore

/// Packages made by hand.
package enum PackageCraft {
  package static func lead(_ name: String, major: UInt8 = 3) -> [UInt8] {
    var bytes: [UInt8] = [0xED, 0xAB, 0xEE, 0xDB, major, 0, 0, 0, 0, 1]
    bytes += Array(name.utf8) + [UInt8](repeating: 0, count: 66 - name.utf8.count)
    return bytes + [0, 1, 0, 5] + [UInt8](repeating: 0, count: 16)
  }

  /// A package of a main header, a signature header that claims nothing but a length, and a payload.
  package static func package(_ main: HeaderCraft, region: UInt32? = 62, payload: [UInt8] = [0x1F, 0x8B, 8, 0])
    -> [UInt8]
  {
    let header = main.bytes
    var bytes = lead("made-1-1")
    let signature = HeaderCraft([(1000, .int32([UInt32(header.count + payload.count)]))], region: region)
    bytes += signature.bytes
    bytes.pad(to: 8)
    return bytes + header + payload
  }

  package static let identity: [(UInt32, HeaderCraft.Value)] = [
    (1000, .string("made")), (1001, .string("1")), (1002, .string("2")),
  ]

  /// The tags of `count` files, as rpm 4 has them.
  package static func files(_ count: Int) -> [(UInt32, HeaderCraft.Value)] {
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
  package static func changed(_ tag: UInt32, _ value: HeaderCraft.Value?, files count: Int = 4) -> [(
    UInt32, HeaderCraft.Value
  )] {
    var values = (identity + files(count)).filter { $0.0 != tag }
    if let value { values.append((tag, value)) }
    return values.sorted { $0.0 < $1.0 }
  }

  /// A package as rpm 2 and 3 made it: no regions, whole paths, no architecture of its signature.
  package static func old() -> [UInt8] {
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
