public import Compression
import FileTree
public import ImageCore

extension RPMPackage {
  /// How the payload is compressed: by its first bytes, and where these say nothing, by the header.
  ///
  /// Old packages that were compressed with gzip do not name a compressor, and neither do new ones without any.
  ///
  /// - Throws: `.unsupported` for a compressor that is not known, `.mismatch` where the bytes are another's than the
  ///   header says.
  public func compressor() throws(ImageError) -> StreamFormat {
    try named { () throws(ImageError) in
      let start = try store.bytes(at: payloadRange.lowerBound, upTo: StreamFormat.recognizedByteCount)
      // cpio's magic numbers, RPM's own among them, all begin so.
      let sniffed = StreamFormat(recognizing: start) ?? (start.starts(with: "0707".utf8) ? StreamFormat.none : nil)
      guard let name = try header.string(.payloadCompressor) else {
        return sniffed ?? (format >= 6 ? .none : .gzip)
      }
      guard let claimed = StreamFormat(rawValue: name) else {
        throw header.error("compressor \(printable(name.utf8))", .payloadCompressor, code: .unsupported)
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
