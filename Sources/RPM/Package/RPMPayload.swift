public import ImageCore

/// How a payload is compressed.
public enum RPMCompressor: String, Sendable, Hashable, CaseIterable {
  /// Not at all.
  case none
  /// gzip.
  case gzip
  /// bzip2.
  case bzip2
  /// xz.
  case xz
  /// The older format of LZMA, without a magic number.
  case lzma
  /// Zstandard.
  case zstd

  /// What the first bytes of a payload say; `nil` for nothing that is known.
  init?(magic bytes: some Collection<UInt8>) {
    let bytes = Array(bytes.prefix(6))
    let known: [([UInt8], RPMCompressor)] = [
      ([0x1F, 0x8B], .gzip), (Array("BZh".utf8), .bzip2), ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], .xz),
      ([0x28, 0xB5, 0x2F, 0xFD], .zstd), (Array("0707".utf8), .none), ([0x5D, 0, 0], .lzma),
    ]
    guard let found = known.first(where: { bytes.starts(with: $0.0) }) else { return nil }
    self = found.1
  }
}

extension RPMPackage {
  /// How the payload is compressed: by its first bytes, and where these say nothing, by the header.
  ///
  /// Old packages that were compressed with gzip do not name a compressor, and neither do new ones without any.
  ///
  /// - Throws: `.unsupported` for a compressor that is not known, `.mismatch` where the bytes are another's than the
  ///   header says.
  public func compressor() throws(ImageError) -> RPMCompressor {
    try named { () throws(ImageError) in
      let sniffed = RPMCompressor(magic: try store.bytes(at: payloadRange.lowerBound, upTo: 6))
      guard let name = try header.string(.payloadCompressor) else {
        return sniffed ?? (format >= 6 ? .none : .gzip)
      }
      guard let claimed = RPMCompressor(rawValue: name) else {
        throw header.error("compressor \(printable(name))", .payloadCompressor, code: .unsupported)
      }
      if let sniffed, sniffed != claimed {
        throw ImageError(
          .mismatch, "the header says \(claimed), the first bytes say \(sniffed)",
          offset: store.baseOffset + payloadRange.lowerBound, context: ["payload"])
      }
      return claimed
    }
  }

  /// What the payload is an archive of: `cpio` in all packages with files.
  public var payloadFormat: String { ((try? header.string(.payloadFormat)) ?? nil) ?? "cpio" }

  /// The level and such that the payload was compressed with, as in `19`.
  public var payloadFlags: String? { (try? header.string(.payloadFlags)) ?? nil }

  /// The bytes of the payload, decompressed, as the headers claim; `nil` where they do not.
  public var archiveByteCount: UInt64? {
    if let count = try? header.integer(.payloadSizeAlt) { return count }
    if let count = try? signature.integer(RPMTag(rawValue: 271)) { return count }
    if let count = try? header.integer(.archiveSize) { return count }
    return (try? signature.integer(RPMTag(rawValue: 1007))) ?? nil
  }
}

/// Text for people: what could steer a terminal is escaped.
func printable(_ text: String) -> String {
  String(text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : Character($0) })
}
