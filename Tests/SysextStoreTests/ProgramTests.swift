import Foundation
import SysextImage
import TestSupport
import Testing

/// `sysext-pack` on images on a server.
@Suite(.tempFolder, .needs("diff"), .timeLimit(.minutes(30))) struct ProgramTests {
  private let program = Tool.built("sysext-pack")

  private func serving(_ body: (RawServer, FilePath) async throws -> Void) async throws {
    let path = try await SampleImage.make(in: try TempFolder.current.path)
    let server = FileServer(bytes: [UInt8](try Data(contentsOf: URL(filePath: path.string))))
    try await RawServer.with({ server.part($0) }) { try await body($0, path) }
  }

  @Test func inspectSaysWhatMoved() async throws {
    try await serving { server, path in
      let url = server.url() + "?key=hidden"
      let remote = try await program.check("inspect", url)
      let local = try await program.check("inspect", path.string)
      #expect(remote.outputText.hasPrefix(server.url() + "?…: "))
      #expect(remote.outputText.contains("Partition table: GPT") && remote.outputText.contains("SYSEXT_ID=debug"))
      #expect(remote.outputText.contains("--full counts the files"))
      #expect(remote.errorText.contains(" requests, ") && remote.errorText.contains(" bytes moved of "))
      #expect(!local.errorText.contains("requests"))
      #expect(server.requests.allSatisfy { $0.header("User-Agent")?.hasPrefix("sysext-pack/") == true })
      #expect(server.requests.allSatisfy { $0.text.contains("?key=hidden") })
      let full = try await program.check("inspect", "--full", url)
      #expect(
        full.outputText.split(separator: "\n").dropFirst() == local.outputText.split(separator: "\n").dropFirst())
      let quiet = try await program.check("inspect", "--quiet", url)
      #expect(quiet.text.isEmpty)
    }
  }

  @Test func jsonHasTheTransfer() async throws {
    try await serving { server, path in
      func object(_ arguments: String...) async throws -> [String: Any] {
        let result = try await program.check(["inspect", "--json"] + arguments)
        return try #require(try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
      }
      let (remote, local) = (try await object(server.url()), try await object(path.string))
      let transfer = try #require(remote["transfer"] as? [String: Int])
      #expect(Set(transfer.keys) == ["requests", "movedByteCount", "byteCount"])
      #expect(transfer["requests"] == server.requests.count)
      #expect(transfer["byteCount"] == local["byteCount"] as? Int)
      #expect(Set(remote.keys) == Set(local.keys).union(["transfer"]))
      let system = try #require(remote["fileSystem"] as? [String: Any])
      #expect(system["counts"] is NSNull && system["minimumKernel"] is NSNull)
      let full = try #require(try await object("--full", server.url())["fileSystem"] as? [String: Any])
      #expect(full as NSDictionary == local["fileSystem"] as? NSDictionary)
    }
  }

  @Test func verbsReadURLs() async throws {
    let folder = try TempFolder.current
    try await serving { server, path in
      for words in [["ls", "-lR"], ["ls", "--json", "-R"], ["cat"], ["tar"]] {
        let rest = words == ["cat"] ? ["/usr/lib/text", "/usr/lib/noise"] : []
        let local = try await program.check(words + [path.string] + rest)
        let remote = try await program.check(words + [server.url()] + rest)
        #expect(remote.output == local.output && !remote.output.isEmpty)
        #expect(remote.errorText.contains(" bytes moved of ") && !local.errorText.contains("moved"))
        let quiet = try await program.check(words + ["--quiet", server.url()] + rest)
        #expect(quiet.errorText.isEmpty, "\(words)")
      }
      for (name, place) in [("local", path.string), ("remote", server.url())] {
        try await program.check("extract", place, folder[name].string)
      }
      try await Tool("diff").check("-r", folder["local"].string, folder["remote"].string)
      let missing = try await program.run("cat", server.url().replacing("://", with: "://me:s3cret@"), "/nothing")
      #expect(missing.status == 1 && !missing.text.contains("s3cret") && missing.errorText.contains("/nothing"))
    }
  }

  @Test func namesComeFromTheURL() async throws {
    try await serving { server, _ in
      let result = try await program.check("inspect", server.url("other%2Draw/x%2E1.raw"))
      #expect(result.errorText.contains("x.1.raw: ") && result.errorText.contains("debug.raw or"), "\(result)")
    }
  }

  @Test func failuresAreShownWithoutSecrets() async throws {
    try await RawServer.with({ _ in FileServer.status("403 Forbidden") }) { server in
      let url = server.url() + "?key=hidden"
      let result = try await program.run("inspect", url.replacing("://", with: "://me:s3cret@"))
      #expect(result.status == 2 && result.output.isEmpty, "\(result)")
      #expect(result.errorText == "sysext-pack: error: \(server.url())?…: the server refuses it (403 Forbidden)\n")
    }
    for url in ["ftp://me:s3cret@example.org/x", "https://me:s3cret@/"] {
      let result = try await program.run("inspect", url)
      #expect(result.status == 1 && !result.text.contains("s3cret"), "\(result)")
    }
    #expect(try await program.run("inspect", "http://127.0.0.1:1/x", "--timeout", "0").status == 64)
  }

  @Test func silenceHasALimit() async throws {
    try await RawServer.with({ _ in FileServer.status("503 Busy", [("Retry-After", "100")]) }) { server in
      let result = try await program.run("inspect", server.url())
      #expect(result.status == 2 && result.errorText.contains("asks to wait 100 seconds"), "\(result)")
    }
  }

  @Test(.needs("bash")) func signalsEndATransferAtOnce() async throws {
    try await RawServer.with({ _ in [.pause(.seconds(60))] }) { server in
      let folder = try TempFolder.current
      let script = """
        set -m
        "$0" inspect "$1" 2>stderr & pid=$!
        until [ -e go ]; do sleep 0.02; done
        start=${EPOCHREALTIME/./}; kill -INT $pid
        wait $pid; echo "$? $((${EPOCHREALTIME/./} - start))"
        """
      let words = ["-c", script, try #require(program.location).string, server.url()]
      async let ending = Tool("bash").check(words, in: folder.path)
      while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
      try "".write(toFile: folder["go"].string, atomically: false, encoding: .utf8)
      let result = try await ending
      let numbers = result.outputText.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
      #expect(numbers.count == 2 && numbers[0] == 130 && numbers[1] < 10_000_000, "\(result)")
      #expect(try String(contentsOfFile: folder["stderr"].string, encoding: .utf8) == "sysext-pack: cancelled\n")
    }
  }

  /// Whoever reads files only needs no libcurl, and does not wait for it.
  @Test(.needs("ldd")) func libcurlIsForURLsOnly() async throws {
    let linked = try await Tool("ldd").check(try #require(program.location).string)
    #expect(linked.outputText.contains("libc.so") && !linked.outputText.contains("libcurl"))
    let folder = try TempFolder.current
    for name in ["libcurl.so.4", "libcurl-gnutls.so.4"] {
      try "".write(toFile: folder[name].string, atomically: false, encoding: .utf8)
    }
    let environment = ["LD_LIBRARY_PATH": folder.path.string]
    let path = try await SampleImage.make(in: folder.path)
    try await program.check(["inspect", path.string], environment: environment)
    let result = try await program.run(["inspect", "https://me:s3cret@example.org/x.raw"], environment: environment)
    #expect(result.status == 1 && result.errorText.contains("install libcurl.so.4"), "\(result)")
    #expect(!result.text.contains("s3cret"))
  }

  @Test func proxiesAreUsed() async throws {
    try await serving { proxy, _ in
      let url = "http://images.invalid/debug-4.2.x86-64.raw"
      let environment = ["http_proxy": "http://127.0.0.1:\(proxy.port)", "no_proxy": ""]
      let result = try await program.check(["inspect", url], environment: environment)
      #expect(result.outputText.contains("SYSEXT_ID=debug"))
      #expect(proxy.requests.allSatisfy { $0.text.hasPrefix("GET \(url) ") })
      let direct = try await program.run(
        ["inspect", url], environment: environment.merging(["no_proxy": "images.invalid"]) { $1 })
      #expect(direct.status == 2 && direct.errorText.contains("images.invalid"), "\(direct)")
    }
  }

  @Test func netrcIsForThoseWhoAsk() async throws {
    let folder = try TempFolder.current
    try "machine 127.0.0.1 login me password s3cret\n".write(
      toFile: folder[".netrc"].string, atomically: false, encoding: .utf8)
    try await serving { server, _ in
      try await program.check(["inspect", server.url()], environment: ["HOME": folder.path.string])
      #expect(server.requests.allSatisfy { $0.header("Authorization") == nil })
      let count = server.requests.count
      try await program.check(["inspect", "--netrc", server.url()], environment: ["HOME": folder.path.string])
      #expect(server.requests.count > count)
      #expect(server.requests.dropFirst(count).allSatisfy { $0.header("Authorization") == "Basic bWU6czNjcmV0" })
    }
  }

  @Test(.needs("nginx", "openssl")) func certificatesComeFromTheEnvironment() async throws {
    try await Nginx.with(try TempFolder.current) { server in
      _ = try await SampleImage.make(in: server.files)
      let url = server.secureURL(SampleImage.name)
      let none = ["SSL_CERT_FILE": "", "SSL_CERT_DIR": "", "CURL_CA_BUNDLE": ""]
      let refused = try await program.run(["inspect", url], environment: none)
      #expect(refused.status == 2 && refused.errorText.contains("SSL_CERT_FILE"), "\(refused)")
      for name in ["SSL_CERT_FILE", "CURL_CA_BUNDLE"] {
        let environment = none.merging([name: server.certificate.string]) { $1 }
        try await program.check(["inspect", url], environment: environment)
      }
    }
  }
}
