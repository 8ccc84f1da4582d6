import SysextImage
import Synchronization

/// Asks a server for parts of one file: follows redirections, tries again, and counts.
final class RangeClient: Sendable {
  private static let maxRedirectionCount = 10
  /// Who wants to be left alone for longer gets no further request.
  private static let longestPause = 60

  private let url: RemoteURL
  private let options: RemoteSource.Options
  private let connections = Mutex<[Connection]>([])
  /// Where the file really is, as far as known; nobody is redirected for each part.
  private let location: Mutex<RemoteURL>
  private let requestCount = Atomic<Int>(0)
  private let receivedByteCount = Atomic<UInt64>(0)

  init(_ url: RemoteURL, _ options: RemoteSource.Options) {
    self.url = url
    self.options = options
    location = Mutex(url)
  }

  /// How much was asked, and came.
  var traffic: (requestCount: Int, byteCount: UInt64) {
    (requestCount.load(ordering: .relaxed), receivedByteCount.load(ordering: .relaxed))
  }

  /// The file and its first bytes, up to `count`.
  func open(count: Int) throws(ImageError) -> (file: RemoteFile, bytes: [UInt8]) {
    let range = 0..<UInt64(count)
    return try ask(for: range, condition: nil, isFirst: true) { (response) throws(Failure) in
      let file = try RemoteFile(response, asked: range)
      return (file, file.byteCount == 0 ? [] : try file.body(of: response, asked: range))
    }
  }

  /// The bytes in `range` of a file that was opened before.
  func bytes(_ range: Range<UInt64>, of file: RemoteFile) throws(ImageError) -> [UInt8] {
    try ask(for: range, condition: file.condition, isFirst: false) { (response) throws(Failure) in
      try file.body(of: response, asked: range)
    }
  }

  /// Asks until `check` is content, the fault is no passing one, or patience ends.
  private func ask<R>(
    for range: Range<UInt64>, condition: String?, isFirst: Bool, _ check: (Response) throws(Failure) -> R
  ) throws(ImageError) -> R {
    var pause = options.retryDelay
    var attempt = 0
    while true {
      let failure: Failure
      do throws(Failure) {
        return try check(try follow(range, condition, isFirst: isFirst))
      } catch { failure = error }
      let error = failure.error.inFile(url.display)
      attempt += 1
      guard attempt <= options.retryCount else {
        throw options.retryCount == 0 || failure.retry == .never ? error : error.after(attempt)
      }
      switch failure.retry {
      case .never: throw error
      case .soon: try pause.wait()
      case .after(let seconds):
        guard seconds <= Self.longestPause else { throw error.asking(toWait: seconds) }
        try Duration.seconds(seconds).wait()
      }
      pause = min(pause * 2, .seconds(8))
    }
  }

  /// One request, and those that it is redirected to.
  private func follow(_ range: Range<UInt64>, _ condition: String?, isFirst: Bool) throws(Failure) -> Response {
    let start = location.withLock { $0 }
    var here = start
    var redirectionCount = 0
    while true {
      let response = try request(Connection.Request(url: here, range: range, condition: condition), isFirst: isFirst)
      let status = response.headers.status
      if (300..<400).contains(status), let target = response.redirection {
        redirectionCount += 1
        guard redirectionCount <= Self.maxRedirectionCount else {
          throw .final(.io, "the server redirects more than \(Self.maxRedirectionCount) times")
        }
        do throws(ImageError) { here = try here.redirected(to: target) } catch { throw Failure(error: error) }
        continue
      }
      // Where we were sent to may be a place for a short time: the server knows the next one.
      if [401, 403, 404, 410].contains(status), redirectionCount == 0, here != url {
        here = url
        continue
      }
      if here != start, status == 206 { location.withLock { $0 = here } }
      return response
    }
  }

  private func request(_ request: Connection.Request, isFirst: Bool) throws(Failure) -> Response {
    let connection: Connection
    let response: Response
    do throws(ImageError) {
      let used = connections.withLock { $0.popLast() }
      connection = if let used { used } else { try Connection(options) }
      response = try connection.perform(request)
    } catch { throw Failure(error: error) }
    connections.withLock { $0.append(connection) }
    requestCount.add(1, ordering: .relaxed)
    receivedByteCount.add(response.receivedByteCount, ordering: .relaxed)
    if let fault = response.headers.fault { throw .final(.io, "the server's answer has \(fault)") }
    switch response.ending {
    case .complete, .stopped: break
    case .failed: throw Failure(response.ending, isFirst: isFirst)
    }
    if response.isTooLong {
      throw .final(
        .io, "the server sent more than the \(request.range.count) bytes asked for", at: request.range.lowerBound)
    }
    return response
  }
}

extension ImageError {
  fileprivate func after(_ count: Int) -> ImageError {
    saying("\(message), \(count) times in a row")
  }

  fileprivate func asking(toWait seconds: Int) -> ImageError {
    saying("\(message) and asks to wait \(seconds) seconds")
  }
}
