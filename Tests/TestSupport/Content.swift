/// What a test file holds, told in a few words and always the same bytes.
package indirect enum Content: Sendable {
  case bytes([UInt8])
  case zero(Int)
  /// Compresses to about a third.
  case text(Int, seed: UInt64)
  /// Does not compress.
  case random(Int, seed: UInt64)
  /// `count` times a pattern.
  case repeating([UInt8], count: Int)
  case joined([Content])

  package static func utf8(_ text: String) -> Content { .bytes(Array(text.utf8)) }

  /// All the bytes.
  package var bytes: [UInt8] {
    switch self {
    case .bytes(let bytes): return bytes
    case .zero(let count): return [UInt8](repeating: 0, count: count)
    case .text(let count, let seed): return Self.text(count, seed)
    case .random(let count, let seed):
      var generator = SplitMix64(seed: seed)
      return generator.bytes(count)
    case .repeating(let pattern, let count):
      var bytes: [UInt8] = []
      bytes.reserveCapacity(pattern.count * count)
      for _ in 0..<count { bytes += pattern }
      return bytes
    case .joined(let parts): return Array(parts.map(\.bytes).joined())
    }
  }

  /// Words in no order; `text` cuts its pieces out of these.
  private static let vocabulary: [UInt8] = {
    let syllables = ["ba", "co", "du", "fe", "gi", "ka", "lo", "mu", "ne", "pi", "ra", "so", "tu", "ve", "xi", "zo"]
    var generator = SplitMix64(seed: 1)
    var text = ""
    while text.utf8.count < 32_768 {
      for _ in 0...Int(generator.next() % 3) { text += syllables[Int(generator.next() % 16)] }
      text += generator.next() % 9 == 0 ? "\n" : " "
    }
    return Array(text.utf8)
  }()

  private static func text(_ count: Int, _ seed: UInt64) -> [UInt8] {
    var generator = SplitMix64(seed: seed)
    let source = vocabulary
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 64)
    while bytes.count < count {
      let random = generator.next()
      let start = Int(random % 32_000)
      bytes += source[start..<start + 6 + Int(random >> 32 & 31)]
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}
