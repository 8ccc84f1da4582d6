import Crypto
public import ImageCore

/// A digest that a package's headers claim.
public struct RPMDigest: Sendable, Hashable {
  /// What it is the digest of.
  public enum Scope: String, Sendable, Hashable {
    /// The main header.
    case header
    /// The main header and the payload as it is in the file.
    case headerAndPayload
    /// The payload as it is in the file.
    case payload
    /// The payload, decompressed.
    case archive
  }

  /// What it is the digest of.
  public let scope: Scope
  /// The algorithm.
  public let algorithm: RPMDigestAlgorithm
  /// The tag that holds it.
  public let tag: RPMTag
  /// The digest.
  public let value: [UInt8]
}

extension RPMPackage {
  /// All digests that the headers claim, those of the headers first.
  ///
  /// - Throws: `.corrupt` for one that is none.
  public func digests() throws(ImageError) -> [RPMDigest] {
    try named { () throws(ImageError) in
      var digests = try headerDigests()
      // Format 6 does not have it: what claims to be one is not looked at.
      if format < 6, let value = try signature.binary(.signatureMD5) {
        guard value.count == 16 else { throw signature.error("no digest of MD5", .signatureMD5) }
        digests.append(RPMDigest(scope: .headerAndPayload, algorithm: .md5, tag: .signatureMD5, value: value))
      }
      let algorithm = try header.integers(.payloadSHA256Algo)?.first.map {
        RPMDigestAlgorithm(rawValue: UInt32(truncatingIfNeeded: $0))
      }
      for (tag, fixed, scope) in Self.payloadTags {
        let isOld = tag == .payloadSHA256 || tag == .payloadSHA256Alt
        try digests.append(ifThere: header.digest(tag, isOld ? algorithm ?? fixed : fixed, scope))
      }
      return digests
    }
  }

  /// Those of the main header, for which nothing of it needs to be believed.
  private func headerDigests() throws(ImageError) -> [RPMDigest] {
    var digests: [RPMDigest] = []
    for (tag, algorithm) in Self.headerTags {
      try digests.append(ifThere: signature.digest(tag, algorithm, .header))
    }
    return digests
  }

  private static var headerTags: [(RPMTag, RPMDigestAlgorithm)] {
    [(.signatureSHA1, .sha1), (.signatureSHA256, .sha256), (.signatureSHA3, .sha3_256)]
  }

  private static var payloadTags: [(RPMTag, RPMDigestAlgorithm, RPMDigest.Scope)] {
    [
      (.payloadSHA256, .sha256, .payload), (.payloadSHA256Alt, .sha256, .archive),
      (.payloadSHA512, .sha512, .payload), (.payloadSHA512Alt, .sha512, .archive),
      (.payloadSHA3, .sha3_256, .payload), (.payloadSHA3Alt, .sha3_256, .archive),
    ]
  }

  /// Compares the main header with its digests.
  ///
  /// - Returns: The digests that agree: none in packages without any.
  /// - Throws: `.mismatch` for one that does not.
  @discardableResult
  public func verifyHeader() throws(ImageError) -> [RPMDigest] {
    let digests = try named { () throws(ImageError) in try headerDigests() }
    for digest in digests {
      let found: [UInt8] =
        switch digest.algorithm {
        case .sha1: Array(Insecure.SHA1.hash(data: header.bytes))
        case .sha256: Array(SHA256.hash(data: header.bytes))
        default: Array(SHA3_256.hash(data: header.bytes))
        }
      try compare(digest, found)
    }
    return digests
  }

  /// The main header's SHA-256, computed: it tells packages apart, and is what a claimed one is compared with.
  public var headerSHA256: [UInt8] { Array(SHA256.hash(data: header.bytes)) }

  /// Compares the file's length with the signature header's.
  func verifyByteCount() throws(ImageError) {
    try named { () throws(ImageError) in
      let (claimed, tag): (UInt64?, RPMTag) =
        if format >= 6 {
          (try header.integer(.payloadSize).map { $0 &+ UInt64(header.bytes.count) }, .payloadSize)
        } else if let size = try signature.integer(.signatureLongSize) {
          (size, .signatureLongSize)
        } else {
          (try signature.integer(.signatureSize), .signatureSize)
        }
      let found = store.byteCount - headerOffset
      guard let claimed, claimed != found else { return }
      let message = "\(claimed) bytes from the main header on, \(found) there"
      let blob = format >= 6 ? header : signature
      throw blob.error(message, tag, code: claimed > found ? .truncated : .mismatch)
    }
  }

  func compare(_ digest: RPMDigest, _ found: [UInt8]) throws(ImageError) {
    if found == digest.value { return }
    let isMain = digest.scope == .payload || digest.scope == .archive
    let error = (isMain ? header : signature).error(
      "\(digest.algorithm) is \(found.hex), not \(digest.value.hex)", digest.tag, code: .mismatch)
    throw error.inContext(fileName)
  }
}

extension [RPMDigest] {
  fileprivate mutating func append(ifThere digest: RPMDigest?) {
    if let digest { append(digest) }
  }
}

extension RPMHeaderBlob {
  /// The digest that a tag holds in hexadecimal digits.
  fileprivate func digest(
    _ tag: RPMTag, _ algorithm: RPMDigestAlgorithm, _ scope: RPMDigest.Scope
  ) throws(ImageError) -> RPMDigest? {
    guard let text = try stringBytes(tag) else { return nil }
    guard let value = ImageCore.bytes(hex: text), algorithm.byteCount ?? value.count == value.count else {
      throw error("no digest of \(algorithm)", tag)
    }
    return RPMDigest(scope: scope, algorithm: algorithm, tag: tag, value: value)
  }
}
