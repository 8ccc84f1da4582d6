/// XXH32, of the xxHash specification: where a format asks for it, such as in EROFS' filter of attribute names.
package enum XXHash32 {
  private static let primes: [UInt32] = [0x9E37_79B1, 0x85EB_CA77, 0xC2B2_AE3D, 0x27D4_EB2F, 0x1656_67B1]

  /// The hash of `bytes`.
  package static func hash(_ bytes: some Collection<UInt8>, seed: UInt32 = 0) -> UInt32 {
    var rest = bytes[...]
    var result = seed &+ primes[4]
    if bytes.count >= 16 {
      var lanes = [seed &+ primes[0] &+ primes[1], seed &+ primes[1], seed, seed &- primes[0]]
      while rest.count >= 16 {
        for lane in 0..<4 { lanes[lane] = rotate(lanes[lane] &+ word(&rest) &* primes[1], 13) &* primes[0] }
      }
      result = rotate(lanes[0], 1) &+ rotate(lanes[1], 7) &+ rotate(lanes[2], 12) &+ rotate(lanes[3], 18)
    }
    result &+= UInt32(truncatingIfNeeded: bytes.count)
    while rest.count >= 4 { result = rotate(result &+ word(&rest) &* primes[2], 17) &* primes[3] }
    for byte in rest { result = rotate(result &+ UInt32(byte) &* primes[4], 11) &* primes[0] }
    result = (result ^ result >> 15) &* primes[1]
    result = (result ^ result >> 13) &* primes[2]
    return result ^ result >> 16
  }

  private static func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 { value << count | value >> (32 - count) }

  /// Takes the next four bytes.
  private static func word<Bytes: Collection<UInt8>>(_ bytes: inout Bytes) -> UInt32
  where Bytes.SubSequence == Bytes {
    let end = bytes.index(bytes.startIndex, offsetBy: 4)
    let result = bytes[..<end].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    bytes = bytes[end...]
    return result
  }
}
