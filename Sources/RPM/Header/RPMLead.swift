public import ImageCore

/// The first 96 bytes of a package: a magic number, and what rpm no longer looks at.
public struct RPMLead: Sendable, Hashable {
  /// The length.
  package static let byteCount = 96

  /// The format's version: 3, or 4 for packages in format 6.
  public var major: UInt8
  /// The format's minor version: 0.
  public var minor: UInt8
  /// 0 for a binary and 1 for a source package.
  public var type: UInt16
  /// An architecture by rpm's old numbers.
  public var architecture: UInt16
  /// Name, version and release, cut to 65 bytes.
  public var name: [UInt8]
  /// An operating system by rpm's old numbers.
  public var system: UInt16
  /// How the package is signed: 5 for a signature header.
  public var signatureType: UInt16

  private static let magic: [UInt8] = [0xED, 0xAB, 0xEE, 0xDB]

  /// Whether bytes begin as a package does.
  ///
  /// - Throws: The source's error.
  public static func isRecognized(_ store: ByteStore) throws(ImageError) -> Bool {
    isRecognized(try store.bytes(at: 0, upTo: magic.count))
  }

  /// Whether bytes begin as a package does.
  package static func isRecognized(_ head: [UInt8]) -> Bool { head.starts(with: magic) }

  /// Reads the lead, which is at the beginning of `bytes`.
  init(_ bytes: [UInt8]) throws(ImageError) {
    guard bytes.count >= Self.byteCount, Self.isRecognized(bytes) else {
      throw ImageError(.corrupt, "not an RPM package: no lead", offset: 0)
    }
    let span = bytes.rawSpan
    major = bytes[4]
    minor = bytes[5]
    type = span.bigEndian(at: 6)
    architecture = span.bigEndian(at: 8)
    name = Array(bytes[10..<76].prefix { $0 != 0 })
    system = span.bigEndian(at: 76)
    signatureType = span.bigEndian(at: 78)
    guard signatureType == 5 else {
      throw ImageError(.unsupported, "lead: signature type \(signatureType), older than signature headers", offset: 78)
    }
  }
}
