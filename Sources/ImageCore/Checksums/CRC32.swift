/// A table-driven 32-bit CRC, reflected.
package struct CRC32: Sendable {
  /// The polynomial of GPT, zlib and gzip.
  package static let ieee = CRC32(polynomial: 0xEDB8_8320)
  /// CRC-32C (Castagnoli), of the EROFS superblock.
  package static let castagnoli = CRC32(polynomial: 0x82F6_3B78)

  private let table: [UInt32]

  private init(polynomial: UInt32) {
    table = (0..<256).map { index in
      (0..<8).reduce(UInt32(index)) { value, _ in
        value & 1 == 1 ? value >> 1 ^ polynomial : value >> 1
      }
    }
  }

  /// Continues from `state` over `bytes`: no inversion before or after.
  package func update(_ state: UInt32, _ bytes: RawSpan) -> UInt32 {
    var state = state
    let table = table.span
    for offset in bytes.byteOffsets {
      let byte = unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
      state = table[Int(UInt8(truncatingIfNeeded: state) ^ byte)] ^ state >> 8
    }
    return state
  }

  /// The usual form: all ones before, inverted after.
  package func checksum(_ bytes: RawSpan) -> UInt32 { ~update(.max, bytes) }
}
