import ImageCore

/// The few fields of a signature packet that messages are made of (RFC 9580, section 5.2).
///
/// Nothing of them is to be believed: it is the program that verifies which decides.
struct OpenPGPFields {
  private(set) var version = 0
  private(set) var type: UInt8 = 0
  private(set) var algorithm: UInt8 = 0
  private(set) var hash: UInt8 = 0
  private(set) var creationTime: UInt32?
  private(set) var issuerFingerprint: [UInt8]?
  private(set) var issuerKeyID: [UInt8]?

  private let bytes: [UInt8]
  private var offset: Int
  private var end: Int

  /// Reads what must be one signature packet and nothing else: more would let a program verify something else.
  ///
  /// - Throws: `.truncated`, `.corrupt` or `.unsupported`, with the offset in `bytes`.
  init(_ bytes: [UInt8]) throws(ImageError) {
    var packets = OpenPGPPackets(bytes)
    guard let packet = try packets.next() else { throw ImageError(.truncated, "an empty signature", offset: 0) }
    guard packet.tag == OpenPGPPackets.signature else {
      throw ImageError(.corrupt, "an OpenPGP packet of type \(packet.tag), not a signature", offset: 0)
    }
    guard packet.range.upperBound == bytes.count else {
      throw ImageError(.corrupt, "more than one OpenPGP packet", offset: UInt64(packet.range.upperBound))
    }
    self.bytes = bytes
    (offset, end) = (packet.body.lowerBound, packet.body.upperBound)
    version = Int(try byte())
    switch version {
    case 3: try readVersion3()
    case 4, 5: try readSubpackets(lengthByteCount: 2)
    case 6: try readSubpackets(lengthByteCount: 4)
    default: throw ImageError(.unsupported, "a signature of version \(version)", offset: UInt64(offset - 1))
    }
    guard type == 0 else {
      throw ImageError(
        .corrupt, "a signature of type \(type), not of binary data", offset: UInt64(packet.body.lowerBound))
    }
  }

  private mutating func readVersion3() throws(ImageError) {
    guard try byte() == 5 else {
      throw ImageError(.corrupt, "what is hashed is not five bytes", offset: UInt64(offset - 1))
    }
    type = try byte()
    creationTime = UInt32(truncatingIfNeeded: try number(4))
    issuerKeyID = try take(8)
    algorithm = try byte()
    hash = try byte()
  }

  private mutating func readSubpackets(lengthByteCount: Int) throws(ImageError) {
    type = try byte()
    algorithm = try byte()
    hash = try byte()
    for isHashed in [true, false] {
      let count = try number(lengthByteCount)
      let last = end
      try check(count)
      end = offset + count
      while offset < end { try readSubpacket(isHashed: isHashed) }
      end = last
    }
  }

  private mutating func readSubpacket(isHashed: Bool) throws(ImageError) {
    let first = Int(try byte())
    let count =
      switch first {
      case ..<192: first
      case 255: try number(4)
      default: (first - 192) << 8 + Int(try byte()) + 192
      }
    guard count > 0 else { throw ImageError(.corrupt, "an empty subpacket", offset: UInt64(offset - 1)) }
    try check(count)
    let last = offset + count
    switch (try byte() & 0x7F, count) {
    case (2, 5) where isHashed: creationTime = UInt32(truncatingIfNeeded: try number(4))
    case (16, 9): issuerKeyID = try take(8)
    case (33, 2...): issuerFingerprint = Array(try take(count - 1).dropFirst())
    default: break
    }
    offset = last
  }

  private func check(_ count: Int) throws(ImageError) {
    guard count <= end - offset else {
      throw ImageError(.truncated, "\(count) bytes of a signature, \(end - offset) there", offset: UInt64(offset))
    }
  }

  private mutating func byte() throws(ImageError) -> UInt8 {
    try check(1)
    offset += 1
    return bytes[offset - 1]
  }

  private mutating func number(_ byteCount: Int) throws(ImageError) -> Int {
    var value = 0
    for _ in 0..<byteCount { value = value << 8 | Int(try byte()) }
    return value
  }

  private mutating func take(_ count: Int) throws(ImageError) -> [UInt8] {
    try check(count)
    offset += count
    return Array(bytes[offset - count..<offset])
  }
}

extension OpenPGPFields {
  /// The algorithm in RFC 9580's spelling.
  var algorithmName: String {
    switch algorithm {
    case 1, 3: "RSA"
    case 17: "DSA"
    case 19: "ECDSA"
    case 22: "EdDSA"
    case 27: "Ed25519"
    case 28: "Ed448"
    case 30: "ML-DSA-65+Ed25519"
    case 31: "ML-DSA-87+Ed448"
    default: "algorithm \(algorithm)"
    }
  }

  /// The hash function in RFC 9580's spelling.
  var hashName: String {
    switch hash {
    case 1: "MD5"
    case 2: "SHA1"
    case 3: "RIPEMD160"
    case 8: "SHA256"
    case 9: "SHA384"
    case 10: "SHA512"
    case 11: "SHA224"
    case 12: "SHA3-256"
    case 14: "SHA3-512"
    default: "hash \(hash)"
    }
  }
}
