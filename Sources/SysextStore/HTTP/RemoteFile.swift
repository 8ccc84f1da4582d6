import SysextImage

/// Which file a server's answers are parts of, so that one that was replaced meanwhile is noticed.
struct RemoteFile: Sendable, Hashable {
  let byteCount: UInt64
  let etag: String?
  let lastModified: String?

  /// What makes a server answer with a part only of the same file (`If-Range`).
  ///
  /// A weak tag never matches there, and a date only counts where there is no tag.
  var condition: String? {
    guard let validator = etag ?? lastModified, !validator.hasPrefix("W/"),
      validator.utf8.allSatisfy({ (32...126).contains($0) })
    else { return nil }
    return validator
  }

  /// The file that the first answer tells of, to a request for the bytes from 0 to the end of `range`.
  ///
  /// - Throws: `.unsupported` for a server that does not give parts.
  init(_ response: Response, asked range: Range<UInt64>) throws(Failure) {
    let headers = response.headers
    etag = headers.etag
    lastModified = headers.lastModified
    switch headers.status {
    case 206:
      guard let byteCount = headers.contentRange?.byteCount else {
        throw .final(.unsupported, "the server does not say how long the file is: download it first")
      }
      self.byteCount = byteCount
    case 200 where headers.contentLength == 0, 416 where headers.contentRange?.byteCount == 0: byteCount = 0
    case 200, 416:
      throw .final(
        .unsupported,
        "the server does not support range requests, so that parts cannot be read: download the file first")
    default: throw Failure(unexpected: response)
    }
  }

  /// The bytes in `range`, out of an answer that must be of this very file.
  ///
  /// - Throws: `.changed` for another one; `.io` for what does not fit the request.
  func body(of response: Response, asked range: Range<UInt64>) throws(Failure) -> [UInt8] {
    let headers = response.headers
    let changed = Failure.final(.changed, "the file changed on the server while it was read", at: range.lowerBound)
    switch headers.status {
    case 206: break
    case 412, 416: throw changed
    case 200:
      if let etag, etag == headers.etag, headers.contentLength == byteCount {
        throw .final(.unsupported, "the server does not support range requests any more", at: range.lowerBound)
      }
      throw changed
    default: throw Failure(unexpected: response)
    }
    guard let contentRange = headers.contentRange else {
      throw .final(.io, "the server's answer lacks Content-Range", at: range.lowerBound)
    }
    if contentRange.byteCount.map({ $0 != byteCount }) ?? false || differs(etag, headers.etag)
      || differs(lastModified, headers.lastModified)
    {
      throw changed
    }
    let end = min(range.upperBound, byteCount)
    guard contentRange.range == range.lowerBound..<end else {
      let got = contentRange.range.map { "\($0.lowerBound) to \($0.upperBound - 1)" } ?? "none"
      throw .final(
        .io, "asked for bytes \(range.lowerBound) to \(end - 1), the server sent \(got)", at: range.lowerBound)
    }
    guard headers.encoding == nil else {
      throw .final(
        .unsupported,
        "the server sends the file compressed (\(printable((headers.encoding ?? "").utf8.prefix(40)))), "
          + "so that its parts cannot be read: download it first")
    }
    guard UInt64(response.body.count) == end - range.lowerBound else {
      throw .transient("the server sent \(response.body.count) bytes instead of \(end - range.lowerBound)")
    }
    return response.body
  }

  /// Answers to a condition may leave out what the condition had.
  private func differs(_ known: String?, _ now: String?) -> Bool { now != nil && known != nil && known != now }
}
