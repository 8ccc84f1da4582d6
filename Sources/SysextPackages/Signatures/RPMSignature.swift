public import ImageCore
public import RPM

/// An OpenPGP signature of a package, as the signature header has it.
///
/// What it says of its maker and its time is what the file claims, until a `SignatureVerifier` has said that it is good.
public struct RPMSignature: Sendable, Hashable {
  /// What it covers.
  public enum Kind: String, Sendable, Hashable {
    /// The main header, and the payload by the digests in it.
    case header
    /// The main header and the payload as it is in the file: rpm's old form.
    case headerAndPayload
  }

  /// What it covers.
  public let kind: Kind
  /// The tag that holds it: OPENPGP, RSA, DSA, PGP or GPG.
  public let tag: RPMTag
  /// Which of the tag's values it is.
  public let index: Int
  /// The signature packet.
  public let bytes: [UInt8]
  /// The version of the packet: 3, 4, 5 or 6.
  public let version: Int
  /// The algorithm in RFC 9580's spelling, such as `RSA`, `EdDSA` or `ECDSA`.
  public let algorithm: String
  /// The hash function in RFC 9580's spelling, such as `SHA256`.
  public let hash: String
  /// When it was made, in seconds since 1970.
  public let creationTime: UInt64?
  /// The fingerprint of the key that made it, or of the subkey.
  public let issuerFingerprint: [UInt8]?
  /// The short name of the key that made it: 8 bytes.
  public let issuerKeyID: [UInt8]?

  init(_ kind: Kind, _ tag: RPMTag, index: Int, _ bytes: [UInt8]) throws(ImageError) {
    let fields = try OpenPGPFields(bytes)
    self.kind = kind
    self.tag = tag
    self.index = index
    self.bytes = bytes
    version = fields.version
    algorithm = fields.algorithmName
    hash = fields.hashName
    creationTime = fields.creationTime.map(UInt64.init)
    issuerFingerprint = fields.issuerFingerprint
    // The ID is a part of the fingerprint: in version 4 its end, later its beginning.
    issuerKeyID =
      fields.issuerKeyID
      ?? fields.issuerFingerprint.map { Array($0.count == 20 ? $0.suffix(8) : $0.prefix(8)) }
  }

  /// The fingerprint or the ID of the key, in capital hexadecimal digits; `unknown` where it has neither.
  public var issuer: String { (issuerFingerprint ?? issuerKeyID)?.hex.uppercased() ?? "unknown" }
}

extension RPMSignature: CustomStringConvertible {
  /// Such as `header signature OPENPGP 2 (EdDSA, SHA256) by key 9A664DB88953B06B`.
  public var description: String {
    let what = kind == .header ? "header" : "header+payload"
    let number = index == 0 ? "" : " \(index + 1)"
    return "\(what) signature \(tag.name(in: .signature))\(number) (\(algorithm), \(hash)) by key \(issuer)"
  }
}

extension RPMPackage {
  /// All OpenPGP signatures of the package, read and not verified: those of OPENPGP first.
  ///
  /// Packages of format 6 have them in OPENPGP only: what other tags of theirs claim to be one is not looked at.
  ///
  /// - Throws: `.corrupt`, `.truncated` or `.unsupported` for one that is none, with its tag and its offset; `.limit` for
  ///   more than 64.
  public func signatures() throws(ImageError) -> [RPMSignature] {
    do throws(ImageError) {
      var result: [RPMSignature] = []
      if let texts = try signature.strings(.signatureOpenPGP) {
        guard texts.count <= Self.signatureCountLimit else {
          throw ImageError(
            .limit, "\(texts.count) signatures; \(Self.signatureCountLimit) are allowed",
            offset: signature.valueOffset(.signatureOpenPGP), context: [RPMTag.signatureOpenPGP.name(in: .signature)])
        }
        for index in texts.indices {
          result.append(
            try located(.signatureOpenPGP, index) { () throws(ImageError) in
              try RPMSignature(.header, .signatureOpenPGP, index: index, try base64Bytes(texts[index][...]))
            })
        }
      }
      guard format < 6 else { return result }
      let tags: [(RPMTag, RPMSignature.Kind)] = [
        (.signatureRSA, .header), (.signatureDSA, .header), (.signaturePGP, .headerAndPayload),
        (.signatureGPG, .headerAndPayload),
      ]
      for (tag, kind) in tags {
        guard let bytes = try signature.binary(tag) else { continue }
        result.append(
          try located(tag, nil) { () throws(ImageError) in try RPMSignature(kind, tag, index: 0, bytes) })
      }
      return result
    } catch {
      throw error.inContext(fileName)
    }
  }

  /// The most under one tag: each is the work of a program that has to be started.
  private static let signatureCountLimit = 64

  /// Gives errors their place; of base64, where it begins.
  private func located<R>(
    _ tag: RPMTag, _ index: Int?, _ body: () throws(ImageError) -> R
  ) throws(ImageError) -> R {
    do { return try body() } catch {
      let start = signature.valueOffset(tag, index: index) ?? signature.offset
      throw ImageError(
        error.code, error.message, offset: start + (index == nil ? error.offset ?? 0 : 0),
        context: [tag.name(in: .signature)])
    }
  }
}
