public import ImageCore

/// Digests that are being computed.
typealias RunningHashes = [(digest: RPMDigest, hash: RunningHash)]

extension RPMPackage {
  /// Compares the file with what the headers claim of it: digests of the header, of header and payload, of the payload
  /// as it is in the file, and the length.
  ///
  /// Reads all of the file, in pieces, and decompresses nothing.
  ///
  /// - Returns: The digests that agree.
  /// - Throws: `.mismatch` or `.truncated`; the source's error.
  @discardableResult
  public func verifyFile() throws(ImageError) -> [RPMDigest] {
    var verified = try verifyHeader()
    try verifyByteCount()
    let hashes = try hashes().payload
    verified += try compare(
      named { () throws(ImageError) in
        var source = PayloadSource(try store.slice(payloadRange), hashes)
        var buffer = [UInt8].unfilled(Int(min(source.byteCount, 1 << 20)))
        var left = source.byteCount
        while left > 0 {
          let count = Int(min(left, UInt64(buffer.count)))
          try source.read(into: &buffer, 0..<count)
          left -= UInt64(count)
        }
        return source.hashes
      })
    return verified
  }

  /// The digests to be computed while the payload is read, before and after it is decompressed.
  func hashes() throws(ImageError) -> (payload: RunningHashes, archive: RunningHashes) {
    var hashes: (payload: RunningHashes, archive: RunningHashes) = ([], [])
    for digest in try digests() {
      guard var hash = RunningHash(digest.algorithm) else { continue }
      switch digest.scope {
      case .header: break
      case .headerAndPayload:
        hash.update(header.bytes)
        hashes.payload.append((digest, hash))
      case .payload: hashes.payload.append((digest, hash))
      case .archive: hashes.archive.append((digest, hash))
      }
    }
    return hashes
  }

  /// Compares digests with what was computed; gives those that agree, which are all or there is an error.
  func compare(_ hashes: RunningHashes) throws(ImageError) -> [RPMDigest] {
    for (digest, hash) in hashes { try compare(digest, hash.value) }
    return hashes.map(\.digest)
  }
}
