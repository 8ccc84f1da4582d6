/// What a request came to.
struct Response: Sendable {
  /// How the transfer ended.
  enum Ending: Sendable, Hashable {
    /// As the protocol wants it.
    case complete
    /// By us, because we had seen enough: an answer that is not what was asked for, or too long.
    case stopped
    /// By libcurl.
    case failed(Fault, String)
  }

  /// What may be done about a failure.
  enum Fault: Sendable {
    /// The server was not reached.
    case connection
    /// It was, and then something broke.
    case transfer
    /// Its certificate is not one that we trust.
    case certificate
    case other
  }

  var headers = ResponseHeaders()
  /// Only of an answer with status 206, and no longer than asked for.
  var body: [UInt8] = []
  /// All that came, heads and what was of no interest included.
  var receivedByteCount: UInt64 = 0
  /// There was more.
  var isTooLong = false
  var ending = Ending.complete
  /// Where to ask instead.
  var redirection: String?
  /// How many seconds the server wants to be left alone; 0 when it does not say.
  var retryAfter = 0
}
