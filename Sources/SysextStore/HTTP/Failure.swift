import SysextImage

/// Why a request gave no bytes, and whether it is worth another try.
struct Failure: Error {
  enum Retry: Sendable, Hashable {
    case never
    /// After the usual pause.
    case soon
    /// After that many seconds, as the server wants it.
    case after(Int)
  }

  let error: ImageError
  var retry = Retry.never

  static func final(_ code: ImageError.Code, _ message: String, at offset: UInt64? = nil) -> Failure {
    Failure(error: ImageError(code, message, offset: offset))
  }

  static func transient(_ message: String) -> Failure { Failure(error: ImageError(.io, message), retry: .soon) }
}

extension Failure {
  /// For an answer that is neither the file nor a redirection.
  init(unexpected response: Response) {
    let status = response.headers.status
    let wait: Retry = response.retryAfter > 0 ? .after(response.retryAfter) : .soon
    switch status {
    case 401:
      self = .final(
        .io, "the server wants a name and a password (401): https://NAME:PASSWORD@HOST/… or a netrc file gives them")
    case 403: self = .final(.io, "the server refuses it (403 Forbidden)")
    case 404: self = .final(.notFound, "the server has no such file (404 Not Found)")
    case 407: self = .final(.io, "the proxy wants a name and a password (407)")
    case 410: self = .final(.notFound, "the server has the file no more (410 Gone)")
    case 408, 425, 429, 500, 502, 503, 504:
      self = Failure(error: ImageError(.io, "the server answers with status \(status)"), retry: wait)
    default: self = .final(.io, "the server answers with status \(status)")
    }
  }

  /// For a transfer that libcurl could not finish.
  init(_ ending: Response.Ending, isFirst: Bool) {
    guard case .failed(let kind, let message) = ending else {
      self = .final(.io, "no answer")
      return
    }
    switch kind {
    case .certificate:
      self = .final(
        .io, "the server's certificate is not trusted: \(message); the variable SSL_CERT_FILE may name a file of others"
      )
    // Nobody wants to wait long for the news that a name is misspelt; later it was right.
    case .connection: self = Failure(error: ImageError(.io, message), retry: isFirst ? .never : .soon)
    case .transfer: self = .transient(message)
    case .other: self = .final(.io, message)
    }
  }
}
