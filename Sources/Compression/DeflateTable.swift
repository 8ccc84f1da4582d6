/// What the next bits of a DEFLATE stream mean, by their value: one look-up for each code (RFC 1951, 3.2).
struct DeflateTable {
  /// What a table's codes stand for.
  enum Alphabet {
    case literals
    case distances
    case codeLengths
  }

  struct Entry {
    enum Kind: UInt8 {
      case literal
      case match
      case endOfBlock
    }

    var kind = Kind.literal
    private var codeBits: UInt8 = 0
    private var extraBits: UInt8 = 0
    private var value: UInt16 = 0

    /// No code.
    init() {}

    init(_ symbol: Int, of alphabet: Alphabet, codeBitCount: UInt8) {
      codeBits = codeBitCount
      switch alphabet {
      case .codeLengths:
        value = UInt16(symbol)
        extraBits = symbol < 16 ? 0 : [2, 3, 7][min(symbol - 16, 2)]
      case .distances: extraBits = symbol < 4 ? 0 : UInt8(symbol / 2 - 1)
      case .literals where symbol < 256: value = 1
      case .literals where symbol == 256: kind = .endOfBlock
      case .literals:
        kind = .match
        // 257 to 264 stand for 3 to 10; then each four have one bit more; 285 is the longest.
        let index = symbol - 257
        extraBits = index < 8 || index == 28 ? 0 : UInt8(index / 4 - 1)
        value = index < 8 ? UInt16(3 + index) : index == 28 ? 258 : UInt16(3 + (4 + index % 4) << extraBits)
      }
    }

    var codeBitCount: Int { Int(codeBits) }
    var extraBitCount: Int { Int(extraBits) }
    /// The length of a match without its extra bits, 1 for a literal; the symbol itself among code lengths.
    var base: Int { Int(value) }
  }

  /// A code as its bits stand in the stream.
  struct Code {
    var bits: UInt16
    var count: Int
  }

  /// As many as there are values of the longest code.
  private(set) var entries = [Entry()]
  private(set) var endOfBlock = Code(bits: 0, count: 0)

  /// Makes the canonical code of these lengths.
  mutating func build(_ alphabet: Alphabet, _ lengths: ArraySlice<UInt8>) {
    var counts = [Int](repeating: 0, count: 16)
    for length in lengths { counts[Int(length)] += 1 }
    let longest = counts.lastIndex { $0 > 0 } ?? 0
    entries.removeAll(keepingCapacity: true)
    entries.append(contentsOf: repeatElement(Entry(), count: 1 << longest))
    // The first code of each length follows the last one of the length before.
    var codes = [Int](repeating: 0, count: 16)
    for length in 2..<16 { codes[length] = (codes[length - 1] + counts[length - 1]) << 1 }
    for (symbol, length) in lengths.enumerated() where length > 0 {
      let length = Int(length)
      // Codes stand in the stream with their first bit lowest.
      let reversed = Int(UInt16(truncatingIfNeeded: codes[length]).bitReversed >> (16 - length))
      codes[length] += 1
      let entry = Entry(symbol, of: alphabet, codeBitCount: UInt8(length))
      for index in stride(from: reversed, to: entries.count, by: 1 << length) { entries[index] = entry }
      if entry.kind == .endOfBlock { endOfBlock = Code(bits: UInt16(reversed), count: length) }
    }
  }
}

extension UInt16 {
  fileprivate var bitReversed: UInt16 {
    var value = self
    value = (value & 0x5555) << 1 | value >> 1 & 0x5555
    value = (value & 0x3333) << 2 | value >> 2 & 0x3333
    value = (value & 0x0F0F) << 4 | value >> 4 & 0x0F0F
    return value.byteSwapped
  }
}
