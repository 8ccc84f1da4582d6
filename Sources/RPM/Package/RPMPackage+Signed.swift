package import ImageCore

/// What signatures cover.
extension RPMPackage {
  /// The main header as it is in the file, from its magic number on: the very bytes that all values come from.
  package var headerBytes: [UInt8] { header.bytes }

  /// The payload as it is in the file.
  package func payload() throws(ImageError) -> ByteStore {
    try named { () throws(ImageError) in try store.slice(payloadRange) }
  }

  /// Whether the main header has a digest of the payload, so that what vouches for the header does so for the payload.
  package var headerCoversPayload: Bool {
    let tags: [RPMTag] = [
      .payloadSHA256, .payloadSHA256Alt, .payloadSHA512, .payloadSHA512Alt, .payloadSHA3, .payloadSHA3Alt,
    ]
    return tags.contains { header[$0] != nil }
  }
}
