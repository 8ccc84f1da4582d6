import ImageCore

/// The packets of OpenPGP data, one after another (RFC 9580, section 4).
struct OpenPGPPackets {
  /// One of them.
  struct Packet {
    /// What it is: 2 is a signature, 6 a public key.
    let tag: Int
    /// All of it.
    let range: Range<Int>
    /// What it says.
    let body: Range<Int>
  }

  static let signature = 2
  static let publicKey = 6
  static let publicSubkey = 14

  private let bytes: [UInt8]
  private var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next packet; `nil` at the end.
  ///
  /// - Throws: `.truncated`, or `.corrupt` for what is no packet, or one of unknown length, which keys and signatures are
  ///   not.
  mutating func next() throws(ImageError) -> Packet? {
    guard offset < bytes.count else { return nil }
    let start = offset
    let first = try byte()
    guard first & 0x80 != 0 else { throw ImageError(.corrupt, "no OpenPGP packet", offset: UInt64(start)) }
    let isNew = first & 0x40 != 0
    let tag = Int(isNew ? first & 0x3F : first >> 2 & 0x0F)
    guard let count = try isNew ? newLength() : oldLength(first & 3) else {
      throw ImageError(.corrupt, "an OpenPGP packet of unknown length", offset: UInt64(start))
    }
    guard count <= bytes.count - offset else {
      throw ImageError(
        .truncated, "an OpenPGP packet of \(count) bytes, \(bytes.count - offset) there", offset: UInt64(start))
    }
    let body = offset..<offset + count
    offset = body.upperBound
    return Packet(tag: tag, range: start..<body.upperBound, body: body)
  }

  private mutating func byte() throws(ImageError) -> UInt8 {
    guard offset < bytes.count else {
      throw ImageError(.truncated, "an OpenPGP packet without a length", offset: UInt64(offset))
    }
    offset += 1
    return bytes[offset - 1]
  }

  private mutating func number(_ byteCount: Int) throws(ImageError) -> Int {
    var value = 0
    for _ in 0..<byteCount { value = value << 8 | Int(try byte()) }
    return value
  }

  private mutating func newLength() throws(ImageError) -> Int? {
    let first = Int(try byte())
    switch first {
    case ..<192: return first
    case ..<224: return (first - 192) << 8 + Int(try byte()) + 192
    case 255: return try number(4)
    default: return nil
    }
  }

  private mutating func oldLength(_ kind: UInt8) throws(ImageError) -> Int? {
    kind == 3 ? nil : try number(1 << Int(kind))
  }
}
