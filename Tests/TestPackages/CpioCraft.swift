import ImageCore
import RPM

/// A cpio archive made by hand, right or wrong.
package struct CpioCraft {
  package private(set) var bytes: [UInt8] = []

  package init() {}
  package init(_ bytes: [UInt8]) { self.bytes = bytes }
  package init(garbage count: Int) { bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) } }

  /// A member of the newc form, or with `crc` of the one with checksums.
  package mutating func add(
    _ name: String, mode: UInt32 = 0o100644, _ data: [UInt8] = [], crc: UInt32? = nil, size: UInt32? = nil
  ) {
    let numbers: [UInt32] = [
      1, mode, 0, 0, 1, 0, size ?? UInt32(data.count), 0, 0, 0, 0, UInt32(name.utf8.count + 1), crc ?? 0,
    ]
    bytes += Array((crc == nil ? "070701" : "070702").utf8) + numbers.flatMap { Self.digits($0) }
    bytes += Array(name.utf8) + [0]
    bytes.pad(to: 4)
    bytes += data
    bytes.pad(to: 4)
  }

  /// A member of RPM's form.
  package mutating func add(index: UInt32, _ data: [UInt8] = []) {
    bytes += Array("07070X".utf8) + Self.digits(index)
    bytes.pad(to: 4)
    bytes += data
    bytes.pad(to: 4)
  }

  package mutating func addTrailer() { add("TRAILER!!!", mode: 0) }

  package static func digits(_ number: UInt32) -> [UInt8] {
    let digits = Array(String(number, radix: 16).utf8)
    return [UInt8](repeating: 0x30, count: 8 - digits.count) + digits
  }
}
