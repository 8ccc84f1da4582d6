import ImageCore
import TestPackages

/// A database in ndb made by hand, right or wrong.
struct DatabaseCraft {
  struct Slot {
    var magic = "Slot"
    var number: UInt32
    /// In blocks of 16 bytes.
    var start: UInt32
    var count: UInt32

    var bytes: [UInt8] {
      var bytes = Array(magic.utf8)
      for value in [number, start, count] { bytes.appendLE(value) }
      return bytes
    }
  }

  var magic = "RpmP"
  var version: UInt32 = 0
  var pageCount: UInt32 = 1
  var slots: [Slot] = []
  /// What follows the slots.
  var values: [UInt8] = []

  init() {}

  init(_ blobs: [[UInt8]]) { for (index, blob) in blobs.enumerated() { add(UInt32(index + 1), blob) } }

  mutating func add(_ number: UInt32, _ blob: [UInt8]) {
    let start = pageCount * 256 + UInt32(values.count / 16)
    let bytes = Self.value(number, blob)
    values += bytes
    slots.append(Slot(number: number, start: start, count: UInt32(bytes.count / 16)))
  }

  static func value(_ number: UInt32, _ blob: [UInt8], length: UInt32? = nil) -> [UInt8] {
    var bytes = Array("BlbS".utf8)
    for value: UInt32 in [number, 7, length ?? UInt32(blob.count)] { bytes.appendLE(value) }
    bytes += blob
    bytes += [UInt8](repeating: 0, count: (32 - (blob.count + 28) % 16) % 16)
    var (low, high): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      low = (low + UInt32(byte)) % 65521
      high = (high + low) % 65521
    }
    bytes.appendLE(high << 16 | low)
    bytes.appendLE(length ?? UInt32(blob.count))
    return bytes + Array("BlbE".utf8)
  }

  var bytes: [UInt8] {
    var bytes = Array(magic.utf8)
    for value in [version, 5, pageCount, UInt32(slots.count + 1), 0, 0, 0] { bytes.appendLE(value) }
    for slot in slots { bytes += slot.bytes }
    while bytes.count < 4096 { bytes += Slot(number: 0, start: 0, count: 0).bytes }
    return bytes + values
  }

  /// A package as databases have it.
  static func blob(
    _ name: String, architecture: String? = "x86_64", source: String? = "made.src.rpm",
    _ more: [(UInt32, HeaderCraft.Value)] = []
  ) -> [UInt8] {
    var values: [(UInt32, HeaderCraft.Value)] = [(1000, .string(name)), (1001, .string("1")), (1002, .string("2"))]
    if let architecture { values.append((1022, .string(architecture))) }
    if let source { values.append((1044, .string(source))) }
    return Array(HeaderCraft((values + more).sorted { $0.0 < $1.0 }).bytes.dropFirst(8))
  }
}
