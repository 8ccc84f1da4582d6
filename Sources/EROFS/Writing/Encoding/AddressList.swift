/// Where block addresses stand in bytes of metadata: each counts from a first block that is known later.
struct AddressList: Sendable {
  /// How an address is stored.
  enum Form: Sendable {
    /// The lower 32 bits, and no others.
    case block32
    /// An inode's start block: bits 32 to 47 stand in `i_nb`.
    case inode48
    /// `struct erofs_inode_chunk_index`.
    case chunk48
    /// `pstart` of an extent: 64 bits, in bytes.
    case byte64
  }

  private(set) var positions: [Int] = []

  var count: Int { positions.count }

  mutating func append(_ position: Int) { positions.append(position) }

  /// Adds block `start` to the addresses in `range` of the list.
  func add(_ start: UInt64, _ range: Range<Int>, _ form: Form, _ block: BlockSize, in bytes: inout [UInt8]) {
    for position in positions[range] {
      switch form {
      case .block32: bytes.storeLE(bytes.loadLE(at: position, count: 4) &+ start, at: position, count: 4)
      case .inode48:
        bytes.add(start, low: position, high: position - InodeEncoder.unionOffset + InodeEncoder.highOffset)
      case .chunk48: bytes.add(start, low: position + 4, high: position)
      case .byte64:
        bytes.storeLE(
          bytes.loadLE(at: position, count: 8) &+ start << UInt64(block.bits), at: position, count: 8)
      }
    }
  }
}

extension [UInt8] {
  fileprivate func loadLE(at position: Int, count: Int) -> UInt64 {
    (0..<count).reduce(0) { $0 | UInt64(self[position + $1]) << UInt64(8 * $1) }
  }

  /// Replaces `count` bytes by the lowest of `value`.
  mutating func storeLE(_ value: UInt64, at position: Int, count: Int) {
    for byte in 0..<count { self[position + byte] = UInt8(truncatingIfNeeded: value >> UInt64(8 * byte)) }
  }

  /// Adds to a number of 48 bits in two parts.
  fileprivate mutating func add(_ start: UInt64, low: Int, high: Int) {
    let sum = (loadLE(at: low, count: 4) | loadLE(at: high, count: 2) << 32) &+ start
    storeLE(sum, at: low, count: 4)
    storeLE(sum >> 32, at: high, count: 2)
  }
}
