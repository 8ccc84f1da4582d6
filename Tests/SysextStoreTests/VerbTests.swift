import Foundation
import SystemPackage
import TestSupport
import Testing

/// Every verb that reads an image, on a real server and on one that misbehaves.
@Suite(.tempFolder, .timeLimit(.minutes(30))) struct VerbTests {
  private let program = Tool.built("sysext-pack")

  private static let verbs = [
    ["inspect", "--full", "--json"], ["verify"], ["verify", "--quick", "--json"], ["ls", "-lR"], ["cat"], ["tar"],
  ]

  /// What a verb prints, without what only a remote image has.
  private func text(_ result: ToolResult, _ place: String) -> String {
    let text = result.outputText.replacing(place, with: "IMAGE")
    return text.replacing(/,?\s*"transfer": \{[^}]*\}/, with: "")
  }

  @Test(.needs("nginx", "openssl", "diff")) func readURLs() async throws {
    let folder = try TempFolder.current
    try await Nginx.with(folder) { server in
      let path = try await SampleImage.make(in: server.files)
      let encrypted = ["SSL_CERT_FILE": server.certificate.string, "CURL_CA_BUNDLE": ""]
      for url in [server.url(SampleImage.name), server.secureURL(SampleImage.name)] {
        for words in Self.verbs {
          let rest = words == ["cat"] ? ["/usr/lib/text"] : []
          let local = try await program.check(words + [path.string] + rest)
          let remote = try await program.check(words + [url] + rest, environment: encrypted)
          #expect(text(remote, url) == text(local, path.string) && !remote.output.isEmpty, "\(words) \(url)")
          #expect(remote.errorText.contains(" bytes moved of "), "\(remote)")
        }
        try await program.check(["extract", url, folder["remote"].string], environment: encrypted)
        try await program.check("extract", path.string, folder["local"].string)
        try await Tool("diff").check("-r", folder["local"].string, folder["remote"].string)
        try await Tool("rm").check("-r", folder["local"].string, folder["remote"].string)
        for pair in [[url, path.string], [path.string, url], [url, url]] {
          let same = try await program.check(["diff"] + pair, environment: encrypted)
          #expect(same.outputText.hasPrefix("0 added, 0 removed, 0 changed, "), "\(same)")
        }
      }
    }
  }

  @Test(.needs("nginx", "openssl")) func damageAndDifferencesAreSeen() async throws {
    try await Nginx.with(try TempFolder.current) { server in
      let path = try await SampleImage.make(in: server.files)
      let good = try Data(contentsOf: URL(filePath: path.string))
      var bad = good
      bad[520] ^= 0xFF
      for place in good.count / 2..<good.count / 2 + 64 { bad[place] ^= 0xFF }
      try bad.write(to: URL(filePath: server.files.appending("bad.raw").string))
      let verify = try await program.run("verify", server.url("bad.raw"))
      #expect(verify.status == 1 && verify.outputText.contains("damaged, "), "\(verify)")
      #expect(verify.outputText.contains("error: primary partition table"), "\(verify)")
      let diff = try await program.run("diff", path.string, server.url("bad.raw"))
      let place = "error: \(server.url("bad.raw")): new image: /usr/lib/text: the LZ4 block"
      #expect(diff.status == 2 && diff.errorText.contains(place), "\(diff)")
      for words in [["diff", server.url("none.raw"), path.string], ["diff", path.string, server.url("none.raw")]] {
        let missing = try await program.run(words)
        #expect(missing.status == 2, "\(missing)")
        #expect(missing.errorText.contains("none.raw: the server has no such file (404"), "\(missing)")
      }
      // A manifest beside a URL is not looked for.
      try Data("{}".utf8).write(to: URL(filePath: server.files.appending("debug-4.2.x86-64.manifest").string))
      let same = try await program.check("diff", server.url(SampleImage.name), path.string)
      #expect(!same.errorText.contains("warning"), "\(same)")
      let quick = try await program.check("verify", "--quick", server.url(SampleImage.name))
      #expect(quick.outputText.contains("metadata alone"))
    }
  }

  /// What the machine between is to blame for is no verdict on the image: 2, and soon.
  @Test(arguments: ["verify", "diff", "extract", "tar"]) func misbehavingServersEndIt(_ verb: String) async throws {
    let folder = try TempFolder.current
    let path = try await SampleImage.make(in: folder.path)
    let good = FileServer(bytes: [UInt8](try Data(contentsOf: URL(filePath: path.string))))
    var other = good
    other.etag = "\"second\""
    let changed = other
    let answers: [(status: Int, words: String, answer: RawServer.Answer)] = [
      (2, "403", { $0.number > 2 ? FileServer.status("403 Forbidden") : good.part($0) }),
      (
        2, "the server sent",
        { request in
          good.part(request) { headers, _ in
            if request.number > 2 { headers["Content-Range"] = "bytes 16-32783/\(good.bytes.count)" }
          }
        }
      ),
      (verb == "diff" ? 2 : 1, "changed", { $0.number > 2 ? changed.part($0) : good.part($0) }),
      (2, "asks to wait", { $0.number > 2 ? FileServer.status("503 Busy", [("Retry-After", "100")]) : good.part($0) }),
      (
        2, "too slow",
        { $0.number > 2 ? [.text(FileServer.head("206 Partial Content", [("Content-Length", "9")]))] : good.part($0) }
      ),
    ]
    for test in answers {
      try await RawServer.with(test.answer) { server in
        let rest = verb == "diff" ? [path.string] : verb == "verify" ? [] : [folder["result"].string]
        let result = try await program.run([verb, server.url()] + rest + ["--timeout", "2"], timeout: .seconds(60))
        #expect(result.status == test.status && result.errorText.contains(test.words), "\(test.words): \(result)")
        #expect(result.errorText.contains(server.url()) && result.output.isEmpty, "\(result)")
        #expect(!FileManager.default.fileExists(atPath: folder["result"].string))
      }
    }
  }
}
