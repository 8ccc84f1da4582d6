import ImageCore
import RPM
import SystemPackage

/// Public keys in the form that programs read: binary, one behind the other.
struct Keyring {
  /// The greatest length of all files of keys together.
  static let byteCountLimit = 64 << 20

  /// The keys and what belongs to them, by the versions that programs know: 4, 5, others.
  ///
  /// Apart from each other: where gpgv comes upon a key of a version that it does not know, it fails to find others of
  /// the same file, too.
  private(set) var parts: [[UInt8]] = [[], [], []]
  /// Fingerprints of all keys and subkeys of versions that are known.
  private(set) var fingerprints: Set<[UInt8]> = []
  private var fileByteCount = 0

  /// Adds the keys of a file, binary or in ASCII armor.
  ///
  /// - Throws: `.limit`, `.unsupported`, `.corrupt`, `.truncated` or `.mismatch`, with the file's name; the file's error.
  mutating func add(contentsOf path: FilePath) throws(ImageError) {
    let store = try ByteStore(contentsOf: path)
    do throws(ImageError) {
      guard store.byteCount <= UInt64(Self.byteCountLimit - fileByteCount) else {
        throw ImageError(.limit, "keyrings of more than \(Self.byteCountLimit) bytes")
      }
      fileByteCount += Int(store.byteCount)
      try add(try store.bytes(at: 0, count: Int(store.byteCount)))
    } catch {
      throw error.inFile(path.string)
    }
  }

  /// Adds keys, binary or in ASCII armor.
  mutating func add(_ content: [UInt8]) throws(ImageError) {
    if content.dropFirst(8).starts(with: "KBXf".utf8) {
      throw ImageError(.unsupported, "a keybox, GnuPG's own form: export its keys with gpg --export")
    }
    guard let first = content.first else { throw ImageError(.truncated, "no public key: the file is empty") }
    if first & 0x80 != 0 {
      try add(packets: content)
    } else if let keys = try Armor.publicKeys(content) {
      do { try add(packets: keys) } catch {
        // Offsets of what was decoded say nothing of the file.
        throw ImageError(error.code, error.message)
      }
    } else {
      throw ImageError(.corrupt, "no public key: neither OpenPGP data nor a block of ASCII armor")
    }
  }

  private mutating func add(packets content: [UInt8]) throws(ImageError) {
    var packets = OpenPGPPackets(content)
    var part: Int?
    while let packet = try packets.next() {
      switch packet.tag {
      case OpenPGPPackets.publicKey, OpenPGPPackets.publicSubkey:
        let version = content[packet.body].first
        if packet.tag == OpenPGPPackets.publicKey { part = version == 4 ? 0 : version == 5 ? 1 : 2 }
        if let fingerprint = Self.fingerprint(Array(content[packet.body])) { fingerprints.insert(fingerprint) }
      case OpenPGPPackets.signature, 13, 17: break
      // Markers, padding, and what GnuPG's old keyrings keep beside keys: of no use here.
      case 10, 12, 21: continue
      case 5, 7:
        throw ImageError(
          .corrupt, "a secret key: only the public key is needed, export that", offset: UInt64(packet.range.lowerBound))
      default:
        throw ImageError(
          .corrupt, "an OpenPGP packet of type \(packet.tag), where public keys are needed",
          offset: UInt64(packet.range.lowerBound))
      }
      guard let part else {
        throw ImageError(.corrupt, "no public key at its beginning", offset: UInt64(packet.range.lowerBound))
      }
      parts[part] += content[packet.range]
    }
    guard part != nil else { throw ImageError(.corrupt, "no public key") }
  }

  /// Whether there is a key that may have made a signature.
  func hasIssuer(of signature: RPMSignature) -> Bool {
    if let fingerprint = signature.issuerFingerprint { return fingerprints.contains(fingerprint) }
    guard let id = signature.issuerKeyID else { return !fingerprints.isEmpty }
    return fingerprints.contains { $0.count == 20 ? $0.suffix(8).elementsEqual(id) : $0.prefix(8).elementsEqual(id) }
  }

  /// The name of a key by its content (RFC 9580, section 5.5.4); `nil` for versions without one.
  private static func fingerprint(_ body: [UInt8]) -> [UInt8]? {
    var head: [UInt8]
    let algorithm: RPMDigestAlgorithm
    switch body.first {
    case 4 where body.count <= 0xFFFF:
      (head, algorithm) = ([0x99, UInt8(body.count >> 8), UInt8(body.count & 0xFF)], .sha1)
    case 5, 6:
      (head, algorithm) = ([body.first == 5 ? 0x9A : 0x9B], .sha256)
      for shift in [24, 16, 8, 0] { head.append(UInt8(truncatingIfNeeded: body.count >> shift)) }
    default: return nil
    }
    var hash = RunningHash(algorithm)
    hash?.update(head)
    hash?.update(body)
    return hash?.value
  }
}
