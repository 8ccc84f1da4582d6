import SysextImage
import Synchronization
import TestSupport
import Testing

@testable import SysextStore

/// Servers that do what they should not: each gives a clear error, or is borne, within seconds.
@Suite(.timeLimit(.minutes(30))) struct MisbehavingServerTests {
  private static let bytes = Content.random(1 << 20, seed: 21).bytes
  private let good = FileServer(bytes: bytes)

  /// What becomes of reading a file, 200,000 bytes at a time.
  private func read(
    _ answer: @escaping RawServer.Answer, options: RemoteSource.Options = .hasty
  ) async throws -> (error: ImageError?, requests: [RawServer.Request]) {
    try await RawServer.with(answer) { server in
      let url = server.url()
      let reading = Task(executorPreference: OwnThreads()) { Self.readAll(url, options) }
      let failure = await reading.value
      if let failure { #expect(failure.description.contains(server.url()), "\(failure)") }
      return (failure, server.requests)
    }
  }

  private static func readAll(_ url: String, _ options: RemoteSource.Options) -> ImageError? {
    let start = ContinuousClock.now
    defer { #expect(ContinuousClock.now - start < .seconds(120)) }
    do throws(ImageError) {
      let source = try RemoteSource(url, options: options)
      #expect(source.byteCount == UInt64(bytes.count))
      let store = ByteStore(source)
      for start in stride(from: 0, to: bytes.count, by: 200_000) {
        let count = min(200_000, bytes.count - start)
        #expect(try store.bytes(at: UInt64(start), count: count) == Array(bytes[start..<start + count]))
      }
      return nil
    } catch { return error }
  }

  /// The error of reading a file from a server that spoils each answer, or all but the first.
  private func error(
    fromFirst: Bool = true, _ answer: @escaping @Sendable (FileServer, RawServer.Request) -> [RawServer.Step]
  ) async throws -> ImageError {
    let good = good
    let outcome = try await read { request in
      fromFirst || request.number > 0 ? answer(good, request) : good.part(request)
    }
    return try #require(outcome.error)
  }

  @Test func goodOnesAreRead() async throws {
    let good = good
    let outcome = try await read { good.part($0) }
    #expect(outcome.error == nil)
    #expect(outcome.requests.count <= 8)
    #expect(outcome.requests.allSatisfy { $0.header("User-Agent") == "SysextImage" })
    #expect(outcome.requests.allSatisfy { $0.header("Accept-Encoding") == "identity" })
    #expect(outcome.requests.map { $0.header("If-Range") }.dropFirst().allSatisfy { $0 == "\"first\"" })
  }

  @Test(arguments: [true, false])
  func otherRangesAreRefused(_ fromFirst: Bool) async throws {
    for wrong in ["bytes 16-32783/1048576", "bytes 0-9/1048576"] {
      let error = try await error(fromFirst: fromFirst) { server, request in
        server.part(request) { headers, _ in headers["Content-Range"] = wrong }
      }
      #expect(error.code == .io && error.message.contains("the server sent"), "\(error)")
    }
  }

  @Test(arguments: ["bytes 5-1/9", "bytes zero-ten/1048576", "1048576", "bytes 0-32767/77777777777777777777777777"])
  func impossibleRangesAreRefused(_ wrong: String) async throws {
    let error = try await error { server, request in
      server.part(request) { headers, _ in headers["Content-Range"] = wrong }
    }
    #expect(error.code == .io && error.message.contains("impossible Content-Range"), "\(error)")
  }

  @Test func missingRangesAreRefused() async throws {
    let first = try await error { server, request in
      server.part(request) { headers, _ in headers["Content-Range"] = nil }
    }
    #expect(first.code == .unsupported && first.message.contains("how long the file is"), "\(first)")
    let later = try await error(fromFirst: false) { server, request in
      server.part(request) { headers, _ in headers["Content-Range"] = nil }
    }
    #expect(later.code == .io && later.message.contains("lacks Content-Range"), "\(later)")
  }

  @Test func unknownLengthsAreRefused() async throws {
    let error = try await error { server, request in
      server.part(request) { headers, _ in headers["Content-Range"] = "bytes 0-32767/*" }
    }
    #expect(error.code == .unsupported && error.message.contains("how long"), "\(error)")
  }

  /// The whole file instead of a part: it is not downloaded.
  @Test(arguments: [true, false])
  func serversWithoutRangesAreRefused(_ hasLength: Bool) async throws {
    let error = try await error { _, _ in
      let headers = hasLength ? [("Content-Length", "99999999999")] : []
      return [.text(FileServer.head("200 OK", headers)), .sendForever([UInt8](repeating: 65, count: 100_000))]
    }
    #expect(error.code == .unsupported, "\(error)")
    #expect(error.message.contains("range requests") && error.message.contains("download"), "\(error)")
  }

  /// A server that had parts first: the file is the same, and to say that it changed would mislead.
  @Test func rangesThatEndAreToldFromChanges() async throws {
    let error = try await error(fromFirst: false) { _, _ in
      let headers = [("Content-Length", "1048576"), ("ETag", "\"first\"")]
      return [.text(FileServer.head("200 OK", headers)), .sendForever([UInt8](repeating: 65, count: 100_000))]
    }
    #expect(error.code == .unsupported && error.message.contains("range requests any more"), "\(error)")
  }

  @Test func shortBodiesAreTriedAgain() async throws {
    let good = good
    let cut: RawServer.Answer = { request in
      good.part(request) { _, body in body.removeLast(5) } + [.close]
    }
    let outcome = try await read { request in request.number % 2 == 1 ? cut(request) : good.part(request) }
    #expect(outcome.error == nil)
    let error = try #require(try await read(cut).error)
    #expect(error.code == .io && error.message.contains("4 times in a row"), "\(error)")
  }

  /// Short by its own account.
  @Test func bodiesOfAnotherLengthAreRefused() async throws {
    for count in [0, 100] {
      let error = try await error { server, request in
        server.part(request) { headers, body in
          body = Array(body.prefix(count))
          headers["Content-Length"] = "\(count)"
        }
      }
      #expect(error.code == .io && error.message.contains("\(count) bytes instead of 32768"), "\(error)")
    }
  }

  @Test(arguments: [true, false])
  func longBodiesAreCutShort(_ isEndless: Bool) async throws {
    let error = try await error(fromFirst: false) { server, request in
      let steps = server.part(request) { headers, body in
        headers["Content-Length"] = nil
        body += [1, 2, 3]
      }
      return isEndless ? steps + [.sendForever([UInt8](repeating: 66, count: 70_000))] : steps + [.close]
    }
    #expect(error.code == .io && error.message.contains("sent more than"), "\(error)")
  }

  @Test func endlessErrorPagesAreCutShort() async throws {
    let error = try await error { _, _ in
      [.text("HTTP/1.1 404 Not Found\r\n\r\n"), .sendForever([UInt8](repeating: 66, count: 70_000))]
    }
    #expect(error.code == .notFound && error.message.contains("404"), "\(error)")
  }

  @Test func endlessHeadsAreCutShort() async throws {
    let line = Array(("X-Header: " + String(repeating: "x", count: 1000) + "\r\n").utf8)
    let error = try await error { _, _ in [.text("HTTP/1.1 206 P\r\n"), .sendForever(line)] }
    #expect(error.code == .io && error.message.contains("headers"), "\(error)")
    let oneLine = try await self.error { _, _ in [.text("HTTP/1.1 206 P\r\nX: "), .sendForever(Array("xxxxxxx".utf8))] }
    #expect(oneLine.code == .io, "\(oneLine)")
  }

  @Test(arguments: [
    "nonsense\r\n\r\n", "\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/9.9 206 Future\r\n\r\n", "HTTP/1.1 999 What\r\n\r\n",
    "HTTP/1.1 206 P\r\nContent-Length: -5\r\n\r\n", "HTTP/1.1 206 P\r\nContent-Length: many\r\n\r\n",
    "HTTP/1.1 206 P\r\n: : :\r\n\u{0}\u{1}\u{2}\r\n\r\n", "SSH-2.0-OpenSSH_9.2p1\r\n",
  ])
  func garbageIsRefused(_ text: String) async throws {
    let error = try await error { _, _ in [.text(text), .close] }
    #expect([.io, .unsupported].contains(error.code), "\(error)")
  }

  /// Whatever becomes of a head, the bytes are right or there is an error.
  @Test func spoiltHeadsNeverTrap() async throws {
    let good = good
    let random = Mutex(SplitMix64(seed: 17))
    var options = RemoteSource.Options.hasty
    options.retryCount = 0
    let spoilt: RawServer.Answer = { request in
      guard case .send(var head)? = good.part(request).first, case .send(let body)? = good.part(request).last else {
        return []
      }
      random.withLock { random in
        for _ in 0..<Int(random.next() % 3) {
          head[Int(random.next() % UInt64(head.count))] = UInt8(truncatingIfNeeded: random.next())
        }
      }
      return [.send(head), .send(body), .close]
    }
    try await RawServer.with(spoilt) { server in
      var goodCount = 0
      for _ in 0..<150 {
        do throws(ImageError) {
          let store = ByteStore(try RemoteSource(server.url(), options: options))
          for start in [0, 500_000] {
            #expect(try store.bytes(at: UInt64(start), count: 30_000) == Array(Self.bytes[start..<start + 30_000]))
          }
          goodCount += 1
        } catch { #expect(error.context == [server.url()] || error.code == .truncated, "\(error)") }
      }
      #expect((10..<140).contains(goodCount))
    }
  }

  @Test func compressedAnswersAreRefused() async throws {
    let error = try await error { server, request in
      server.part(request) { headers, _ in headers["Content-Encoding"] = "gzip" }
    }
    #expect(error.code == .unsupported && error.message.contains("gzip"), "\(error)")
  }

  // MARK: changes

  /// The ways in which another file shows: a server that looks at the condition, and others that do not.
  static let changes: [@Sendable (FileServer, RawServer.Request) -> [RawServer.Step]] = [
    { server, request in
      [
        .text(FileServer.head("200 OK", [("Content-Length", "1048577"), ("ETag", "\"second\"")])), .pause(.seconds(60)),
      ]
    },
    { server, request in server.part(request) { headers, _ in headers["ETag"] = "\"second\"" } },
    { server, request in
      server.part(request) { headers, _ in headers["Last-Modified"] = "Mon, 02 Nov 2026 10:00:01 GMT" }
    },
    { server, request in
      server.part(request) { headers, _ in
        headers["Content-Range"] = headers["Content-Range"]?.replacing("/1048576", with: "/1048577")
      }
    },
    { server, request in FileServer.status("416 Range Not Satisfiable", [("Content-Range", "bytes */1000")]) },
    { server, request in FileServer.status("412 Precondition Failed") },
  ]

  @Test(arguments: changes.indices)
  func changesAreNoticed(_ index: Int) async throws {
    let error = try await error(fromFirst: false, Self.changes[index])
    #expect(error.code == .changed, "\(error)")
    #expect(error.message == "the file changed on the server while it was read", "\(error)")
    #expect(error.offset != nil)
  }

  @Test func answersMayLeaveOutWhatTheConditionHad() async throws {
    let good = good
    let outcome = try await read { request in
      good.part(request) { headers, _ in if request.number > 0 { headers["Last-Modified"] = nil } }
    }
    #expect(outcome.error == nil)
  }

  @Test func filesThatGoAwayAreNotFound() async throws {
    let error = try await error(fromFirst: false) { _, _ in FileServer.status("404 Not Found") }
    #expect(error.code == .notFound && error.message.contains("404"), "\(error)")
  }

  // MARK: faults that may pass

  /// A server that fails twice at each part, in one way or another.
  @Test(arguments: [
    [RawServer.Step.reset], [.close], [.text("HTTP/1.1 206 P\r\nContent-Le"), .reset], [.pause(.seconds(60))],
    FileServer.status("503 Service Unavailable"), FileServer.status("500 Internal Server Error"),
    FileServer.status("429 Too Many Requests", [("Retry-After", "1")]), FileServer.status("408 Request Timeout"),
  ])
  func passingFaultsAreBorne(_ fault: [RawServer.Step]) async throws {
    let good = good
    let seen = Mutex<[String: Int]>([:])
    let answer: RawServer.Answer = { request in
      let count = seen.withLock { seen in
        seen[request.header("Range") ?? "", default: 0] += 1
        return seen[request.header("Range") ?? ""] ?? 0
      }
      return request.number < 3 && count < 3 ? fault : good.part(request)
    }
    let outcome = try await read(answer, options: .impatient)
    #expect(outcome.error == nil)
  }

  @Test(arguments: [
    [RawServer.Step.reset], [.close], [.pause(.seconds(60))], FileServer.status("503 Service Unavailable"),
    [.text("HTTP/1.1 206 P\r\nContent-Range: bytes 0-32767/1048576\r\n\r\nabc"), .pause(.seconds(60))],
  ])
  func lastingFaultsAreErrors(_ fault: [RawServer.Step]) async throws {
    let outcome = try await read({ _ in fault }, options: .impatient)
    let error = try #require(outcome.error)
    #expect(error.code == .io && error.message.contains("4 times in a row"), "\(error)")
    #expect(outcome.requests.count >= 4)
  }

  @Test func pausesAreNotEndless() async throws {
    let outcome = try await read { _ in FileServer.status("503 Service Unavailable", [("Retry-After", "3600")]) }
    let error = try #require(outcome.error)
    #expect(error.code == .io && error.message.contains("asks to wait 3600 seconds"), "\(error)")
    #expect(outcome.requests.count == 1)
  }

  @Test func whatIsNotThereIsSaidAtOnce() throws {
    let start = ContinuousClock.now
    var options = RemoteSource.Options.hasty
    options.retryDelay = .seconds(100)
    for url in ["http://127.0.0.1:1/x.raw", "http://nowhere.invalid/x.raw"] {
      let error = #expect(throws: ImageError.self) { try RemoteSource(url, options: options) }
      #expect(error?.code == .io && error?.description.contains(url) == true, "\(error as Any)")
    }
    #expect(ContinuousClock.now - start < .seconds(90))
  }

  // MARK: redirections

  @Test func redirectionsEnd() async throws {
    let outcome = try await read { request in FileServer.status("302 Found", [("Location", "/\(request.number)")]) }
    let error = try #require(outcome.error)
    #expect(error.code == .io && error.message.contains("redirects more than 10 times"), "\(error)")
    #expect(outcome.requests.count == 11)
  }

  @Test func redirectionsNeedAPlace() async throws {
    let error = try await error { _, _ in FileServer.status("302 Found") }
    #expect(error.code == .io && error.message.contains("302"), "\(error)")
  }

  /// A place that is good for a few requests only: the server is asked for the next one.
  @Test func placesMayExpire() async throws {
    let good = good
    let outcome = try await read { request in
      let isOrigin = request.text.hasPrefix("GET /debug")
      if isOrigin { return FileServer.status("302 Found", [("Location", "/signed-\(request.number)")]) }
      let number = Int(request.text.dropFirst("GET /signed-".count).prefix { $0.isNumber }) ?? 0
      return request.number < number + 3 ? good.part(request) : FileServer.status("403 Forbidden")
    }
    #expect(outcome.error == nil)
    #expect(outcome.requests.contains { $0.number > 0 && $0.text.hasPrefix("GET /debug") })
    #expect(outcome.requests.count { $0.text.hasPrefix("GET /debug") } < outcome.requests.count / 2)
  }

  // MARK: cancellation

  @Test func cancellationEndsATransferAtOnce() async throws {
    try await RawServer.with({ _ in [.pause(.seconds(600))] }) { server in
      let url = server.url()
      var options = RemoteSource.Options()
      options.stallTimeout = .seconds(600)
      let task = Task(executorPreference: OwnThreads()) { [options] in try RemoteSource(url, options: options).byteCount
      }
      while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
      let start = ContinuousClock.now
      task.cancel()
      await #expect(throws: ImageError(.cancelled, "")) { try await task.value }
      // Not by the server, nor by the time that it may be silent; a busy machine may need its time.
      #expect(ContinuousClock.now - start < .seconds(300))
    }
  }
}
