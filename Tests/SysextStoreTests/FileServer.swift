import TestSupport

/// Answers for `RawServer` as a good server gives them, to be spoilt by tests.
struct FileServer: Sendable {
  let bytes: [UInt8]
  var etag = "\"first\""

  /// A part with its head; `change` may spoil either.
  func part(
    _ request: RawServer.Request, _ change: (inout [(String, String)], inout [UInt8]) -> Void = { _, _ in }
  ) -> [RawServer.Step] {
    guard let asked = request.range, asked.lowerBound < bytes.count else {
      return [.text("HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */\(bytes.count)\r\n\r\n")]
    }
    let range = asked.lowerBound...min(asked.upperBound, bytes.count - 1)
    var body = Array(bytes[range])
    var headers = [
      ("Content-Range", "bytes \(range.lowerBound)-\(range.upperBound)/\(bytes.count)"),
      ("Content-Length", "\(body.count)"), ("ETag", etag), ("Last-Modified", "Mon, 02 Nov 2026 10:00:00 GMT"),
    ]
    change(&headers, &body)
    return [.text(Self.head("206 Partial Content", headers)), .send(body)]
  }

  /// An answer's head.
  static func head(_ status: String, _ headers: [(String, String)] = [("Content-Length", "0")]) -> String {
    "HTTP/1.1 \(status)\r\n" + headers.map { "\($0): \($1)\r\n" }.joined() + "\r\n"
  }

  /// An answer without a body.
  static func status(_ status: String, _ headers: [(String, String)] = []) -> [RawServer.Step] {
    [.text(head(status, headers + [("Content-Length", "0")]))]
  }
}

extension [(String, String)] {
  /// Replaces the value of a header.
  subscript(name: String) -> String? {
    get { first { $0.0 == name }?.1 }
    set {
      removeAll { $0.0 == name }
      if let newValue { append((name, newValue)) }
    }
  }
}
