import Foundation
import SystemPackage
import TestSupport
import Testing

/// `rpm info`, `ls` and `cat`, beside what rpm says.
@Suite(.tempFolder) struct RPMCommandTests {
  private static let folder = FilePath(#filePath).removingLastComponent().removingLastComponent()
    .removingLastComponent().appending("Fixtures/rpm")
  private static let names = ["bookworm-everything-v4", "sid-everything-v6", "trixie-plain-zstd-v4"]

  private func path(_ name: String) -> String { Self.folder.appending(name + ".rpm").string }

  private func output(_ arguments: String...) async throws -> String {
    let result = try await Program.run(arguments)
    #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
    return result.outputText
  }

  private func query(_ arguments: String...) async throws -> String {
    let folder = try #require(Peer.sid.folder)
    let database = try TempFolder.current["database"]
    return try await Tool("rpm", in: .sid).check(
      ["--dbpath", database.string, "-qp", "--nosignature", "--nodigest"] + arguments,
      environment: ["RPM_CONFIGDIR": folder.appending("usr/lib/rpm").string]
    ).outputText
  }

  @Test(.needs("rpm", in: .sid)) func listsWhatRpmLists() async throws {
    let paths = Self.names.map(path)
    let result = try await Program.run(["rpm", "ls"] + paths)
    var theirs = ""
    for path in paths { theirs += try await query("-l", path) }
    // Ours shows characters as they are, and so does rpm.
    #expect(result.outputText == theirs && theirs.contains("größe"))
  }

  @Test(.needs("rpm", in: .sid), arguments: names) func longLists(_ name: String) async throws {
    let theirs = try await query(
      "--qf", "[%{FILEMODES:perms} %{FILENLINKS} %{FILEUSERNAME} %{FILEGROUPNAME} %{FILENAMES}\n]", path(name))
    let ours = try await output("rpm", "ls", "-l", path(name)).split(separator: "\n").map { line in
      let words = line.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
      let name = words[6...].joined(separator: " ").split(separator: " -> ", maxSplits: 1)[0]
      return words[..<4].joined(separator: " ") + " " + String(name)
    }
    #expect(ours == theirs.split(separator: "\n").map(String.init))
  }

  @Test func listsAsJSON() async throws {
    let text = try await output("rpm", "ls", "--json", path("bookworm-everything-v4"), path("trixie-plain-zstd-v4"))
    let files = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
    #expect(files.count == 37)
    let raw = try #require(files.first { $0["path"] as? String == "/usr/bin/everything-raw" })
    #expect(raw["capabilities"] as? String == "cap_net_admin,cap_net_raw=ep" && raw["mode"] as? String == "0755")
    let ghost = try #require(files.first { $0["path"] as? String == "/etc/everything.d/state.conf" })
    #expect(ghost["flags"] as? [String] == ["ghost"] && ghost["user"] as? String == "daemon" && ghost["digest"] == nil)
    let device = try #require(files.first { $0["path"] as? String == "/dev/everything-loop" })
    #expect(device["major"] as? Int == 7 && device["minor"] as? Int == 200)
    #expect(files.last?["package"] as? String == "plain-zstd-1-1.noarch")
  }

  @Test(arguments: names) func info(_ name: String) async throws {
    let text = try await output("rpm", "info", path(name))
    let json = try await output("rpm", "info", "--json", path(name))
    let all = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
    let package = try #require(all.first)
    #expect(all.count == 1)
    for key in ["name", "version", "release", "license", "summary"] {
      let value = try #require(package[key] as? String)
      #expect(text.contains(" \(value)\n"))
    }
    let payload = try #require(package["payload"] as? [String: Any])
    #expect(payload["compressor"] as? String == "zstd" || name.hasPrefix("bookworm"))
    let scriptlets = try #require(package["scriptlets"] as? [[String: Any]])
    #expect(scriptlets.isEmpty == name.contains("plain"))
    let verbose = try await output("rpm", "info", "--verbose", path(name))
    #expect(verbose.hasPrefix(text) && verbose.contains("\nrequires:\n"))
    #expect(verbose.contains("echo verify") == !name.contains("plain"))
  }

  @Test func contents() async throws {
    let numbers = (1...2000).map { "\($0)\n" }.joined()
    let package = path("trixie-plain-zstd-v4")
    #expect(try await output("rpm", "cat", package, "/usr/share/plain/numbers") == numbers)
    // Hard links have one content, wherever the payload has it.
    #expect(
      try await output(
        "rpm", "cat", package, "usr/share/plain/hello", "usr/share/plain/again", "usr/share/plain/nothing")
        == "hello\nhello\n")
  }

  @Test(arguments: [
    ("/usr/nope", "no such file"), ("/usr/bin/everything-link", "not a regular file"),
    ("/usr/lib/everything", "not a regular file"), ("/etc/everything.d/state.conf", "%ghost"),
  ])
  func whatCannotBeWritten(_ file: String, _ message: String) async throws {
    let result = try await Program.run("rpm", "cat", path("bookworm-everything-v4"), file)
    #expect(result.status == 1 && result.output.isEmpty && result.errorText.contains(message), "\(result)")
  }

  /// A package that is damaged anywhere gives nothing at all.
  @Test func damage() async throws {
    var bytes = try Disk.read(Self.folder.appending("trixie-plain-none-v4.rpm"))
    bytes[bytes.count - 200] ^= 1
    let damaged = try TempFolder.current["damaged.rpm"]
    try Disk.write(bytes, to: damaged)
    let result = try await Program.run("rpm", "cat", damaged.string, "/usr/share/plain/hello")
    #expect(result.status == 1 && result.output.isEmpty && result.errorText.contains("damaged.rpm"), "\(result)")
    let none = try await Program.run("rpm", "ls", Program.tool.location?.string ?? "")
    #expect(none.status == 1 && none.errorText.contains("not an RPM package"), "\(none)")
  }
}
