import Crypto
public import ImageCore

/// The 16 bytes that all UUIDs of an image come from, exactly as systemd-repart derives them.
///
/// HMAC-SHA256 with the seed as key, the first 16 bytes, made a UUID of version 4.
public struct Seed: Sendable, Hashable {
  /// The seed itself, as it is given to `systemd-repart --seed=`.
  public let value: GUID

  /// Takes a seed.
  public init(_ value: GUID) { self.value = value }

  /// The seed of an image that is given none: from its name and its content, so that two builders get the same.
  init(name: String, contentDigests: [UInt8]) {
    var hash = SHA256()
    hash.update(data: Array("sysext-image seed 1".utf8) + [0])
    hash.update(data: Array(name.utf8) + [0])
    hash.update(data: contentDigests)
    value = GUID(bytes: hash.finalize()).asUUID(version: 8)
  }

  /// The GUID of the partition table.
  public var diskGUID: GUID { Seed.derive(value, Array("disk-uuid".utf8)) }

  /// The GUID of the first partition of a type.
  public func partitionGUID(_ type: GUID) -> GUID { Seed.derive(value, type.bytes) }

  /// The UUID of the file system in the partition that has `partition` as its GUID.
  public func fileSystemUUID(partition: GUID) -> GUID {
    Seed.derive(partition, Array("file-system-uuid".utf8))
  }

  /// The salt of the dm-verity tree: 32 bytes (systemd 257 and later; earlier it was random).
  public var veritySalt: [UInt8] { Array(Seed.code(value, Array("verity-salt".utf8))) }

  /// The UUID in the dm-verity superblock (systemd 257 and later; earlier it was random).
  public var verityUUID: GUID { Seed.derive(value, Array("verity-uuid".utf8)) }

  /// A UUID for something that belongs to the image and tells what is in it.
  package func uuid(of purpose: String, _ content: [UInt8]) -> GUID {
    Seed.derive(value, Array(purpose.utf8) + [0] + content)
  }

  private static func derive(_ key: GUID, _ message: [UInt8]) -> GUID {
    GUID(bytes: code(key, message)).asUUID(version: 4)
  }

  private static func code(_ key: GUID, _ message: [UInt8]) -> HMAC<SHA256>.MAC {
    HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key.bytes))
  }
}
