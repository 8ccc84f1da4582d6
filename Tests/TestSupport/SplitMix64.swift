/// The generator of all that is random in the tests: small, and the same on every machine for one seed.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Bytes that no compressor makes smaller.
  package mutating func bytes(_ count: Int) -> [UInt8] {
    var output = [UInt8](repeating: 0, count: (count + 7) / 8 * 8)
    output.withUnsafeMutableBytes { buffer in
      var offset = 0
      while offset < buffer.count {
        buffer.storeBytes(of: next().littleEndian, toByteOffset: offset, as: UInt64.self)
        offset += 8
      }
    }
    output.removeLast(output.count - count)
    return output
  }
}
