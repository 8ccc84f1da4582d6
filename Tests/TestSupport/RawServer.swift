import CLinux
import Foundation
import Synchronization

/// A server on the loopback interface that answers each request byte for byte as a test says, however wrong that is.
package final class RawServer: Sendable {
  /// What a client asked.
  package struct Request: Sendable {
    /// Counts all requests, from 0.
    package let number: Int
    /// The head, as it came.
    package let text: String

    /// What a header says.
    package func header(_ name: String) -> String? {
      text.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
        .map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
    }

    /// The bytes that were asked for.
    package var range: ClosedRange<Int>? {
      let ends = (header("Range") ?? "").dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
      return ends.count == 2 && ends[0] <= ends[1] ? ends[0]...ends[1] : nil
    }
  }

  /// A step of an answer; after the last one the connection waits for the next request.
  package enum Step: Sendable {
    case send([UInt8])
    /// Sends again and again, as long as the client listens.
    case sendForever([UInt8])
    /// Sends nothing for that long, or until the client leaves.
    case pause(Duration)
    /// Ends the connection.
    case close
    /// Ends it as a crash would.
    case reset

    package static func text(_ text: String) -> Step { .send(Array(text.utf8)) }
  }

  package typealias Answer = @Sendable (Request) -> [Step]

  package let port: Int
  private let listener: CInt
  private let answer: Answer
  private let isStopped = Atomic(false)
  private let heard = Mutex<[Request]>([])

  /// Runs `body` with a server that is gone afterwards.
  package static func with<R>(
    _ answer: @escaping Answer, isolation: isolated (any Actor)? = #isolation,
    _ body: (RawServer) async throws -> sending R
  ) async throws -> sending R {
    let server = try RawServer(answer)
    defer { server.stop() }
    return try await body(server)
  }

  /// All requests so far.
  package var requests: [Request] { heard.withLock { $0 } }

  package func url(_ path: String = "debug-4.2.x86-64.raw") -> String { "http://127.0.0.1:\(port)/\(path)" }

  private init(_ answer: @escaping Answer) throws {
    self.answer = answer
    // A machine's proxy is for other servers.
    setenv("no_proxy", "127.0.0.1,localhost,nowhere.invalid", 1)
    listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = listener
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, length) == 0 && listen(socket, 64) == 0 && getsockname(socket, $0, &length) == 0
      }
    }
    guard isBound else { throw POSIXError(.EADDRNOTAVAIL) }
    port = Int(UInt16(bigEndian: address.sin_port))
    Thread.detachNewThread { self.accept() }
  }

  private func stop() {
    isStopped.store(true, ordering: .relaxed)
    shutdown(listener, CInt(SHUT_RDWR))
  }

  private func accept() {
    while !isStopped.load(ordering: .relaxed) {
      let connection = Glibc.accept(listener, nil, nil)
      if connection >= 0 { Thread.detachNewThread { self.serve(connection) } }
    }
    close(listener)
  }

  private func serve(_ connection: CInt) {
    defer { close(connection) }
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while waits(connection, for: .seconds(60)) {
      let count = recv(connection, &buffer, buffer.count, 0)
      if count <= 0 { return }
      received += buffer[..<count]
      while let end = received.firstRange(of: Array("\r\n\r\n".utf8)) {
        let text = String(decoding: received[..<end.upperBound], as: UTF8.self)
        received.removeSubrange(..<end.upperBound)
        let request = heard.withLock { heard in
          heard.append(Request(number: heard.count, text: text))
          return heard[heard.count - 1]
        }
        for step in answer(request) where !run(step, connection) { return }
      }
    }
  }

  /// Whether the connection goes on.
  private func run(_ step: Step, _ connection: CInt) -> Bool {
    switch step {
    case .send(let bytes): return send(bytes, connection)
    case .sendForever(let bytes):
      while !isStopped.load(ordering: .relaxed), send(bytes, connection) {}
      return false
    case .pause(let duration):
      // What comes meanwhile is the client's end, or is read later.
      return !waits(connection, for: duration) || !isStopped.load(ordering: .relaxed)
    case .close: return false
    case .reset:
      var linger = linger(l_onoff: 1, l_linger: 0)
      setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
      return false
    }
  }

  private func send(_ bytes: [UInt8], _ connection: CInt) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = bytes[done...].withUnsafeBytes {
        Glibc.send(connection, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
      }
      if count <= 0 { return false }
      done += count
    }
    return true
  }

  /// Whether something came within that time, an end included.
  private func waits(_ connection: CInt, for duration: Duration) -> Bool {
    let end = ContinuousClock.now + duration
    while ContinuousClock.now < end, !isStopped.load(ordering: .relaxed) {
      var poll = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
      if Glibc.poll(&poll, 1, 50) != 0 { return true }
    }
    return false
  }
}
