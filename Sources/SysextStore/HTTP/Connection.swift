import CCurl
import SysextImage
import Synchronization

/// A libcurl handle, with its connection that stays open between requests.
///
/// The one place that talks to libcurl about transfers.
final class Connection: Sendable {
  /// What to ask for.
  struct Request: Sendable {
    let url: RemoteURL
    let range: Range<UInt64>
    /// For `If-Range`.
    let condition: String?
  }

  private let handles: Mutex<Handles>

  init(_ options: RemoteSource.Options) throws(ImageError) { handles = Mutex(try Handles(options)) }

  /// Sends a request and waits for the answer, on this thread; the task's cancellation ends it at once.
  func perform(_ request: Request) throws(ImageError) -> Response {
    // Never contended: a pool hands a connection to one user at a time.
    let result = handles.withLock { handles in
      Result { () throws(ImageError) in try handles.perform(request) }
    }
    return try result.get()
  }
}

/// What libcurl writes to while it runs.
@safe private final class Receiver {
  var headers = ResponseHeaders()
  var body: [UInt8] = []
  var isTooLong = false
  var isStopped = false
  /// How long an answer with a part may be.
  let limit: Int
  /// How much of an answer without interest is read, so that the connection can be used again.
  private var patience = 64 << 10

  init(limit: Int) { self.limit = limit }

  /// Takes a line of the head; whether to go on.
  func take(header line: UnsafeRawBufferPointer) -> Bool {
    unsafe headers.add(line)
    // The whole file instead of a part is nothing to wait for.
    let isEnd = unsafe line.allSatisfy { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
    isStopped = headers.fault != nil || (isEnd && headers.status == 200 && headers.contentLength != 0)
    return !isStopped
  }

  /// Takes a part of the body; whether to go on.
  func take(body bytes: UnsafeRawBufferPointer) -> Bool {
    if headers.status == 206 {
      isTooLong = bytes.count > limit - body.count
      isStopped = isTooLong
      if isStopped { return false }
      if body.isEmpty { body.reserveCapacity(limit) }
      unsafe body.append(contentsOf: bytes)
      return true
    }
    patience -= bytes.count
    isStopped = patience < 0
    return !isStopped
  }
}

@safe private struct Handles: ~Copyable {
  private let curl: CurlLibrary
  private let multi: OpaquePointer
  private let easy: OpaquePointer
  private let message: UnsafeMutablePointer<CChar>
  /// How often the task's cancellation is looked at.
  private static let pollMilliseconds: Int32 = 50

  init(_ options: RemoteSource.Options) throws(ImageError) {
    let curl = try CurlLibrary.shared
    guard let multi = unsafe curl.makeMulti(), let easy = unsafe curl.makeEasy() else {
      fatalError("libcurl: no memory for a connection")
    }
    self.curl = curl
    unsafe self.multi = unsafe multi
    unsafe self.easy = unsafe easy
    unsafe message = .allocate(capacity: Int(CURL_ERROR_SIZE))
    unsafe message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    unsafe set(CURLOPT_ERRORBUFFER, UnsafeMutableRawPointer(message))
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_TCP_KEEPALIVE, 1)
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    set(CURLOPT_USERAGENT, options.userAgent)
    set(CURLOPT_NETRC, options.usesNetrc ? Int(CURL_NETRC_OPTIONAL.rawValue) : 0)
    set(CURLOPT_CONNECTTIMEOUT_MS, max(1, options.connectTimeout.milliseconds))
    // Fewer bytes than that in a second, for so many seconds.
    set(CURLOPT_LOW_SPEED_LIMIT, 100)
    set(CURLOPT_LOW_SPEED_TIME, max(1, (options.stallTimeout.milliseconds + 999) / 1000))
    let trust = Trust(options)
    if let file = trust.file { set(CURLOPT_CAINFO, file) }
    if let folder = trust.folder { set(CURLOPT_CAPATH, folder) }
    let receive: curl_write_callback = { unsafe receiveBody($0, $1, $2, $3) }
    let receiveHead: curl_write_callback = { unsafe receiveHeader($0, $1, $2, $3) }
    _ = unsafe ccurl_set_receiver(curl.setOption, easy, CURLOPT_WRITEFUNCTION, receive)
    _ = unsafe ccurl_set_receiver(curl.setOption, easy, CURLOPT_HEADERFUNCTION, receiveHead)
  }

  deinit {
    unsafe curl.cleanUpEasy(easy)
    _ = unsafe curl.cleanUpMulti(multi)
    unsafe message.deallocate()
  }

  private func set(_ option: CURLoption, _ value: Int) {
    _ = unsafe ccurl_set_number(curl.setOption, easy, option, value)
  }
  private func set(_ option: CURLoption, _ value: String?) {
    _ = unsafe ccurl_set_text(curl.setOption, easy, option, value)
  }
  private func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer?) {
    _ = unsafe ccurl_set_pointer(curl.setOption, easy, option, value)
  }

  func perform(_ request: Connection.Request) throws(ImageError) -> Response {
    let receiver = Receiver(limit: request.range.count)
    // Parts of a compressed form are no parts of the file.
    var lines: [String] = ["Accept-Encoding: identity"]
    if let condition = request.condition { lines.append("If-Range: \(condition)") }
    var list: UnsafeMutablePointer<curl_slist>?
    for line in lines { unsafe list = unsafe curl.append(list, line) }
    defer { unsafe curl.freeList(list) }
    _ = unsafe ccurl_set_list(curl.setOption, easy, CURLOPT_HTTPHEADER, list)
    set(CURLOPT_URL, request.url.text)
    set(CURLOPT_USERNAME, request.url.credentials?.user)
    set(CURLOPT_PASSWORD, request.url.credentials?.password)
    set(CURLOPT_RANGE, "\(request.range.lowerBound)-\(request.range.upperBound - 1)")
    unsafe message[0] = 0

    return try withExtendedLifetime(receiver) { () throws(ImageError) in
      let pointer = unsafe Unmanaged.passUnretained(receiver).toOpaque()
      unsafe set(CURLOPT_WRITEDATA, pointer)
      unsafe set(CURLOPT_HEADERDATA, pointer)
      let code = try run()
      var response = Response()
      response.headers = receiver.headers
      response.body = receiver.body
      let bodyByteCount = unsafe ccurl_number(curl.getInformation, easy, CURLINFO_SIZE_DOWNLOAD_T)
      response.receivedByteCount = UInt64(receiver.headers.byteCount) + UInt64(clamping: bodyByteCount)
      response.isTooLong = receiver.isTooLong
      response.ending = code == CURLE_OK ? .complete : receiver.isStopped ? .stopped : failure(code)
      if let target = unsafe ccurl_text(curl.getInformation, easy, CURLINFO_REDIRECT_URL) {
        response.redirection = unsafe String(cString: target)
      }
      response.retryAfter = Int(clamping: unsafe ccurl_number(curl.getInformation, easy, CURLINFO_RETRY_AFTER))
      return response
    }
  }

  /// Runs the transfer to its end, or until the task is cancelled.
  private func run() throws(ImageError) -> CURLcode {
    guard unsafe curl.add(multi, easy) == CURLM_OK else { return CURLE_FAILED_INIT }
    // Also what ends a transfer that is under way.
    defer { _ = unsafe curl.remove(multi, easy) }
    while true {
      try checkCancellation()
      var running: Int32 = 0
      guard unsafe curl.perform(multi, &running) == CURLM_OK else { return CURLE_FAILED_INIT }
      if running == 0 {
        var waiting: Int32 = 0
        guard let message = unsafe curl.nextMessage(multi, &waiting) else { return CURLE_FAILED_INIT }
        return unsafe ccurl_result(message)
      }
      _ = unsafe curl.poll(multi, nil, 0, Self.pollMilliseconds, nil)
    }
  }

  private func failure(_ code: CURLcode) -> Response.Ending {
    let detail = unsafe String(cString: message)
    let text = printable(
      (detail.isEmpty ? unsafe curl.describe(code).map { unsafe String(cString: $0) } ?? "" : detail).utf8)
    let wasReached = unsafe ccurl_number(curl.getInformation, easy, CURLINFO_PRETRANSFER_TIME_T) > 0
    switch code {
    case CURLE_PEER_FAILED_VERIFICATION: return .failed(.certificate, text)
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_SSL_CONNECT_ERROR:
      return .failed(.connection, text)
    case CURLE_OPERATION_TIMEDOUT: return .failed(wasReached ? .transfer : .connection, text)
    case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_HTTP2, CURLE_HTTP2_STREAM:
      return .failed(.transfer, text)
    default: return .failed(.other, text)
    }
  }
}

private func receiveBody(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ receiver: UnsafeMutableRawPointer?
) -> Int {
  unsafe receive(bytes, size * count, receiver) { unsafe $0.take(body: $1) }
}

private func receiveHeader(
  _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ receiver: UnsafeMutableRawPointer?
) -> Int {
  unsafe receive(bytes, size * count, receiver) { unsafe $0.take(header: $1) }
}

/// Gives bytes to a receiver; the count that libcurl wants to hear, or 0 to end the transfer.
private func receive(
  _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ receiver: UnsafeMutableRawPointer?,
  _ take: (Receiver, UnsafeRawBufferPointer) -> Bool
) -> Int {
  guard let receiver = unsafe receiver else { return 0 }
  let receiving = unsafe Unmanaged<Receiver>.fromOpaque(receiver).takeUnretainedValue()
  return unsafe take(receiving, UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
}
