public import ImageCore

/// The head of a hash partition (cryptsetup's on-disk format, version 1): 512 bytes at its beginning.
///
/// What it says is kept as it is; `VerityParameters` is what can be worked with.
public struct VeritySuperblock: Sendable, Hashable {
  /// The length in bytes.
  public static let byteCount = 512
  static let magic = Array("verity\0\0".utf8)
  /// The only one.
  static let knownVersion: UInt32 = 1
  /// The salt goes in front of what is hashed.
  static let saltFirst: UInt32 = 1
  static let maxSaltByteCount = 256

  var signature = [UInt8](repeating: 0, count: 8)
  /// The version: 1.
  public internal(set) var version: UInt32 = 0
  /// 1: the salt goes first; 0: it goes last, as Chrome OS once had it.
  public internal(set) var hashType: UInt32 = 0
  /// What tells this hash area from others.
  public internal(set) var uuid = GUID.zero
  var algorithmField = [UInt8](repeating: 0, count: 32)
  /// The blocks of data, in bytes.
  public internal(set) var dataBlockByteCount: UInt32 = 0
  /// The blocks of hashes, in bytes.
  public internal(set) var hashBlockByteCount: UInt32 = 0
  /// How many blocks of data there are.
  public internal(set) var dataBlockCount: UInt64 = 0
  var saltByteCount: UInt16 = 0
  var saltField = [UInt8](repeating: 0, count: maxSaltByteCount)

  /// All zeros.
  package init() {}

  /// The algorithm's name, such as `sha256`.
  public var algorithm: String { String(decoding: algorithmField.prefix { $0 != 0 }, as: UTF8.self) }

  /// The salt; cut where its length is impossible.
  public var salt: [UInt8] { Array(saltField.prefix(Int(saltByteCount))) }
}

extension VeritySuperblock: Record {
  package mutating func fields<V: FieldVisitor & ~Copyable & ~Escapable>(_ visitor: inout V) {
    visitor.bytes("signature", &signature, count: 8)
    visitor.u32("version", &version)
    visitor.u32("hash_type", &hashType)
    visitor.uuid("uuid", &uuid)
    visitor.bytes("algorithm", &algorithmField, count: 32)
    visitor.u32("data_block_size", &dataBlockByteCount)
    visitor.u32("hash_block_size", &hashBlockByteCount)
    visitor.u64("data_blocks", &dataBlockCount)
    visitor.u16("salt_size", &saltByteCount)
    visitor.reserved(6)
    visitor.bytes("salt", &saltField, count: Self.maxSaltByteCount)
    visitor.reserved(168)
  }
}

extension VeritySuperblock {
  /// Says what a tree is made with.
  ///
  /// - Parameters:
  ///   - parameters: How blocks are hashed.
  ///   - uuid: What tells this hash area from others.
  ///   - dataBlockCount: How many blocks of data there are.
  public init(_ parameters: VerityParameters, uuid: GUID, dataBlockCount: UInt64) {
    signature = Self.magic
    version = Self.knownVersion
    hashType = Self.saltFirst
    self.uuid = uuid
    let name = Array(parameters.algorithm.rawValue.utf8)
    algorithmField.replaceSubrange(0..<name.count, with: name)
    dataBlockByteCount = UInt32(parameters.dataBlockByteCount)
    hashBlockByteCount = UInt32(parameters.hashBlockByteCount)
    self.dataBlockCount = dataBlockCount
    saltByteCount = UInt16(parameters.salt.count)
    saltField.replaceSubrange(0..<parameters.salt.count, with: parameters.salt)
  }

  /// Whether bytes begin as a hash partition does.
  public static func isRecognized(_ bytes: [UInt8]) -> Bool { bytes.starts(with: magic) }

  /// How blocks are hashed.
  ///
  /// - Throws: `.corrupt` for what is no superblock or contradicts itself, `.unsupported` for another version, form of
  ///   hashes or algorithm; with the field's offset.
  public var parameters: VerityParameters {
    get throws(ImageError) {
      guard signature == Self.magic else { throw ImageError(.corrupt, "no dm-verity superblock", offset: 0) }
      guard version == Self.knownVersion else {
        throw ImageError(.unsupported, "dm-verity superblock of version \(version)", offset: 8)
      }
      guard hashType == Self.saltFirst else {
        throw ImageError(.unsupported, "hashes of type \(hashType): only 1 is read", offset: 12)
      }
      guard let algorithm = VerityAlgorithm(rawValue: algorithm) else {
        throw ImageError(
          .unsupported, "hashes by \"\(printableAlgorithm)\": only sha256 and sha512 are read", offset: 32)
      }
      guard Int(saltByteCount) <= Self.maxSaltByteCount else {
        throw ImageError(.corrupt, "a salt of \(saltByteCount) bytes: 256 fit", offset: 80)
      }
      do throws(ImageError) {
        return try VerityParameters(
          algorithm: algorithm, salt: salt, dataBlockByteCount: Int(dataBlockByteCount),
          hashBlockByteCount: Int(hashBlockByteCount))
      } catch {
        throw ImageError(.corrupt, error.message, offset: 64)
      }
    }
  }

  private var printableAlgorithm: String {
    algorithm.unicodeScalars.map { (0x20...0x7E).contains($0.value) ? String($0) : "?" }.joined()
  }
}
