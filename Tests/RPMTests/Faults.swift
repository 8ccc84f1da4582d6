import ImageCore
import RPM
import TestPackages
import Testing

/// An index whose numbers cannot be.
struct IndexFault: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let code: ImageError.Code
  let spoil: @Sendable (inout HeaderCraft) -> Void

  init(_ name: String, _ code: ImageError.Code = .corrupt, _ spoil: @escaping @Sendable (inout HeaderCraft) -> Void) {
    testDescription = name
    self.code = code
    self.spoil = spoil
  }

  static let all: [IndexFault] = [
    IndexFault("offset beyond") { $0.entries[2].offset = 0x7FFF_FFFF },
    IndexFault("negative offset") { $0.entries[2].offset = 0xFFFF_FFF0 },
    IndexFault("offset before") { $0.entries[3].offset = 0 },
    IndexFault("count of 0") { $0.entries[1].count = 0 },
    IndexFault("two of one string") { $0.entries[1].count = 2 },
    IndexFault("a billion") { $0.entries[5].count = 1 << 30 },
    IndexFault("all ones") { $0.entries[5].count = .max },
    IndexFault("no type") { $0.entries[1].type = 0 },
    IndexFault("type 10") { $0.entries[1].type = 10 },
    IndexFault("number as string") { $0.entries[5].type = 6 },
    IndexFault("string as number") { $0.entries[1].type = 4 },
    IndexFault("crooked") { $0.entries[5].offset += 1 },
    IndexFault("tag twice") { $0.entries[2].tag = 1000 },
    IndexFault("tag below all") { $0.entries[1].tag = 62 },
    IndexFault("another region") { $0.entries[0].tag = 62 },
    IndexFault("region of a wrong type") { $0.entries[0].type = 6 },
    IndexFault("region of another length") { $0.entries[0].count = 32 },
    IndexFault("region's end outside") { $0.entries[0].offset = 1 << 20 },
    IndexFault("region's end negative") { $0.entries[0].offset = .max },
    IndexFault("region too early") { $0.entries[0].offset -= 16 },
    IndexFault("trailer of another tag") { $0.data[$0.data.count - 13] = 61 },
    IndexFault("trailer that points ahead") { $0.setTrailerOffset([0, 0, 0, 64]) },
    IndexFault("trailer that points far back") { $0.setTrailerOffset([0x80, 0, 0, 0]) },
    IndexFault("trailer between entries") { $0.data[$0.data.count - 5] &+= 8 },
    IndexFault("no entries") { $0.entries = [] },
    IndexFault("data cut") { $0.data.removeLast() },
    IndexFault("more data") { $0.data.append(0) },
    IndexFault("last string without end") {
      $0 = HeaderCraft([(1000, .bin([1, 2, 3]))], region: nil); $0.entries[0].type = 6
    },
    IndexFault("65,536 entries", .limit) { $0.entries += [HeaderCraft.Entry](repeating: $0.entries[1], count: 65_536) },
  ]
}

extension HeaderCraft {
  fileprivate mutating func setTrailerOffset(_ bytes: [UInt8]) {
    data.replaceSubrange(data.count - 8..<data.count - 4, with: bytes)
  }
}

/// A tag with values that cannot be, or (by `nil`) one that is missing, and the tag that the error names.
struct ColumnFault: Sendable {
  let name: String
  let tag: UInt32
  let value: HeaderCraft.Value?

  init(_ name: String, _ tag: UInt32, _ value: HeaderCraft.Value?) {
    self.name = name
    self.tag = tag
    self.value = value
  }

  static let fileLists: [ColumnFault] = [
    ColumnFault("FILEMODES", 1030, .int16([0o100644])),
    ColumnFault("FILEMODES", 1030, nil),
    ColumnFault("FILEMODES", 1030, .int16([0, 0, 0, 0])),
    ColumnFault("FILEMTIMES", 1034, .int32([1, 2, 3, 4, 5])),
    ColumnFault("LONGFILESIZES", 1028, nil),
    ColumnFault("FILEUSERNAME", 1039, .strings(["root"])),
    ColumnFault("FILEGROUPNAME", 1040, nil),
    ColumnFault("FILELINKTOS", 1036, .strings(["a"])),
    ColumnFault("FILEDIGESTS", 1035, .strings(["ab", "", "", ""])),
    ColumnFault("FILEDIGESTS", 1035, .strings([String(repeating: "zz", count: 16), "", "", ""])),
    ColumnFault("FILEFLAGS", 1037, .int32([0])),
    ColumnFault("DIRINDEXES", 1116, .int32([0, 1, 2, 0])),
    ColumnFault("DIRINDEXES", 1116, .int32([0, 1, .max, 0])),
    ColumnFault("DIRINDEXES", 1116, .int32([0])),
    ColumnFault("BASENAMES", 1116, nil),
    ColumnFault("BASENAMES", 1118, nil),
    ColumnFault("BASENAMES", 1117, .strings(["a", "b", "..", "c"])),
    ColumnFault("BASENAMES", 1117, .strings(["a", "b", "x/y", "c"])),
    ColumnFault("BASENAMES", 1117, .strings(["a", "b\nc", "x", "c"])),
    ColumnFault("DIRNAMES", 1118, .strings(["/usr/../etc/", "/x/"])),
    ColumnFault("DIRNAMES", 1118, .strings(["usr/", "/x/"])),
    ColumnFault("DIRNAMES", 1118, .strings(["/usr", "/x/"])),
    ColumnFault("DIRNAMES", 1118, .strings(["/a\n/", "/x/"])),
    ColumnFault("FILEINODES", 1096, .int32([1])),
    ColumnFault("FILECAPS", 5010, .strings(["a"])),
    ColumnFault("FILECOLORS", 1140, .int32([1, 2, 3])),
    ColumnFault("FILELANGS", 1097, .strings(["de"])),
    ColumnFault("FILECLASS", 1141, .int32([1, 2])),
    ColumnFault("FILERDEVS", 1033, .int16([1])),
    ColumnFault("FILEVERIFYFLAGS", 1045, .int32([1])),
    ColumnFault("FILEDEVICES", 1095, .int32([1])),
  ]

  static let identities: [ColumnFault] = [
    ColumnFault("NAME", 1000, .string("../made")),
    ColumnFault("NAME", 1000, .string("")),
    ColumnFault("NAME", 1000, nil),
    ColumnFault("VERSION", 1001, .string("1 2")),
    ColumnFault("RELEASE", 1002, .string("ä")),
    ColumnFault("ARCH", 1022, .string("a/b")),
    ColumnFault("EPOCH", 1003, .int32([1, 2])),
  ]
}
