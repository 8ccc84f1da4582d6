import Foundation
import SystemPackage
import TestSupport
import Testing

/// `ls` and `cat`, against the tree that was packed.
@Suite(.tempFolder, .needsRoot)
struct ListTests {
  /// Packs a tree with a file of each kind and odd names.
  private func packed() async throws -> TempFolder {
    let folder = try TempFolder.current
    try folder.makeTree()
    try TreeBuilder.build(folder["tree/usr/share/odd"]) { tree in
      try tree.file("suid", .utf8("s"), .mode(0o4755).time(951_782_400, 5))
      try tree.file(
        "xattr", .utf8("x"), .owner(1000, 70_000).xattr("user.a", Array("text".utf8)).xattr("user.b", [0, 1]))
      try tree.file("old", .utf8(""), .file.time(-1))
      try tree.file("new\nline", .utf8("n"))
      try tree.file("latin-" + RawName([0xE9]), .utf8("l"))
      try tree.file("caf\u{E9} \\", .utf8("c"))
      try tree.symlink("link", to: "../hello/text")
      try tree.symlink("absolute", to: "/usr/bin/../bin/hello")
      try tree.symlink("loop", to: "loop")
      try tree.symlink("folder-link", to: "../hello")
      try tree.characterDevice("null", 1, 3)
      try tree.blockDevice("disk", 8, 256)
      try tree.fifo("fifo")
      try tree.socket("socket")
      try tree.link("second", to: "suid")
      try tree.directory("sticky", .mode(0o1777))
    }
    let result = try await Program.run("tree", Program.image)
    #expect(result.status == 0, "\(result)")
    return folder
  }

  private func lines(_ arguments: String...) async throws -> [String] {
    let result = try await Program.run(["ls", Program.image] + arguments, in: try TempFolder.current.path)
    #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
    return result.outputText.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  }

  @Test func names() async throws {
    _ = try await packed()
    #expect(try await lines() == ["opt", "usr"])
    #expect(try await lines("/") == ["opt", "usr"])
    #expect(try await lines("usr/bin") == ["hello"])
    #expect(try await lines("/usr/bin/hello") == ["/usr/bin/hello"])
    #expect(try await lines("-d", "/usr") == ["/usr"])
    #expect(try await lines("/usr/share/odd/folder-link") == ["text"])
    #expect(
      try await lines("/usr/bin", "/opt/hello/data", "/opt/hello") == [
        "/opt/hello/data", "", "/usr/bin:", "hello", "", "/opt/hello:", "data",
      ])
    let odd = try await lines("/usr/share/odd")
    #expect(odd.count == 16)
    #expect(odd.contains("new\\x0aline") && odd.contains("latin-\\xe9") && odd.contains("caf\u{E9} \\x5c"), "\(odd)")
    #expect(try await lines("/usr/share/odd/new\\x0aline") == ["/usr/share/odd/new\\x0aline"])
  }

  @Test func recursionIsThatOfCoreutils() async throws {
    let folder = try await packed()
    for index in 0..<300 { try folder.makeFile("tree/usr/many/\(index % 7)/\(index)", "") }
    try FileManager.default.removeItem(atPath: folder["tree/usr/share/odd"].string)
    #expect(try await Program.run("tree", Program.image, "--force", "--release-files", "single").status == 0)
    try await LoopMount.with(folder[Program.image], offset: 1 << 20) { mounted in
      let wanted = try await Tool("ls").check(["-R", mounted.string]).outputText
      let root = wanted.replacingOccurrences(of: mounted.string + "/", with: "/")
        .replacingOccurrences(of: mounted.string + ":", with: "/:")
      #expect(try await Program.run("ls", "-R", Program.image).outputText == root)
    }
  }

  @Test func longLines() async throws {
    _ = try await packed()
    let odd = try await lines("-l", "/usr/share/odd")
    func line(_ name: String) -> String { odd.first { $0.hasSuffix(" " + name) || $0.contains(" \(name) -> ") } ?? "" }
    #expect(line("suid") == "-rwsr-xr-x 2    0     0     1 2000-02-29T00:00:00Z suid")
    #expect(line("xattr") == "-rw-r--r-- 1 1000 70000     1 2020-09-13T12:26:40Z xattr")
    #expect(line("old").contains("1969-12-31T23:59:59Z"))
    #expect(line("null") == "crw------- 1    0     0   1,3 2020-09-13T12:26:40Z null")
    #expect(line("disk").contains(" 8,256 ") && line("disk").hasPrefix("b"))
    #expect(line("fifo").hasPrefix("p") && line("socket").hasPrefix("s"))
    #expect(line("sticky").hasPrefix("drwxrwxrwt"))
    #expect(line("link").hasPrefix("lrwxrwxrwx") && line("link").hasSuffix(" link -> ../hello/text"))
    #expect(try await lines("-l", "/usr/share/odd/folder-link").first?.hasSuffix("folder-link -> ../hello") == true)
    #expect(try await lines("-lh", "/usr/share/hello/text").first?.contains(" 39K ") == true)
  }

  @Test func json() async throws {
    let folder = try await packed()
    let result = try await Program.run("ls", "-R", "--json", Program.image)
    let entries = try #require(try JSONSerialization.jsonObject(with: Data(result.output)) as? [[String: Any]])
    func entry(_ path: String) -> [String: Any]? { entries.first { $0["path"] as? String == path } }
    let listing = try TreeListing(of: folder["tree"])
    // Beside what was packed, the image has two release files in a folder of their own.
    #expect(entries.count == listing.entries.count - 1 + 4, "\(entries.count)")
    let text = try #require(entry("/usr/share/odd/xattr"))
    #expect(text["type"] as? String == "file" && text["mode"] as? String == "0644" && text["gid"] as? Int == 70_000)
    #expect(text["mtime"] as? String == "2020-09-13T12:26:40Z" && text["mtimeSeconds"] as? Int == 1_600_000_000)
    let xattrs = text["xattrs"] as? [[String: String]]
    #expect(xattrs == [["name": "user.a", "text": "text"], ["name": "user.b", "base64": "AAE="]])
    #expect(entry("/usr/share/odd/suid")?["mtimeNanoseconds"] as? Int == 5)
    #expect(entry("/usr/share/odd/second")?["nlink"] as? Int == 2)
    #expect(entry("/usr/share/odd/second")?["inode"] as? Int == entry("/usr/share/odd/suid")?["inode"] as? Int)
    #expect(entry("/usr/share/odd/link")?["target"] as? String == "../hello/text")
    #expect(
      entry("/usr/share/odd/disk")?["major"] as? Int == 8 && entry("/usr/share/odd/disk")?["minor"] as? Int == 256)
    let latin = try #require(entry("/usr/share/odd/latin-\\xe9")?["pathBase64"] as? String)
    #expect(Data(base64Encoded: latin) == Data(Array("/usr/share/odd/latin-".utf8) + [0xE9]))
    #expect(entry("/usr/share/hello/text")?["storage"] as? String == "compressed")
    let empty = try await Program.run("ls", "--json", Program.image, "/usr/share/odd/sticky")
    #expect(empty.outputText == "[]\n", "\(empty)")
  }

  @Test func filesAreExact() async throws {
    let folder = try await packed()
    for (path, source) in [
      ("/usr/share/hello/text", "usr/share/hello/text"), ("usr/share/odd/link", "usr/share/hello/text"),
      ("/usr/share/odd/absolute", "usr/bin/hello"), ("/usr/share/../../../usr/bin/hello", "usr/bin/hello"),
      ("/usr/share/odd/folder-link/text", "usr/share/hello/text"),
    ] {
      let result = try await Program.run("cat", Program.image, path)
      let wanted = try folder.bytes("tree/\(source)")
      #expect(result.status == 0 && Data(result.output) == wanted, "\(path)")
    }
    let both = try await Program.run("cat", Program.image, "/usr/bin/hello", "/opt/hello/data")
    #expect(Data(both.output) == (try folder.bytes("tree/usr/bin/hello") + folder.bytes("tree/opt/hello/data")))
  }

  /// Longer than all that is read ahead, with holes.
  @Test func largeFiles() async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    try TreeBuilder.build(folder["tree/usr/large"]) { tree in
      try tree.sparseFile(
        "file", 40 << 20,
        [(0, .text(9_000_000, seed: 1)), (20 << 20, .random(3_000_000, seed: 2)), ((40 << 20) - 1, .utf8("!"))])
    }
    for options in [["--compression", "lz4", "--pcluster-size", "64K"], ["--compression", "none"]] {
      #expect(try await Program.run(["tree", Program.image, "--force"] + options, in: folder.path).status == 0)
      let result = try await Program.run("cat", Program.image, "/usr/large/file")
      let wanted = try folder.bytes("tree/usr/large/file")
      #expect(result.status == 0 && Data(result.output) == wanted)
    }
  }

  @Test func whatIsMissingIsNamed() async throws {
    _ = try await packed()
    for arguments in [
      ["ls", Program.image, "/usr/bin", "/usr/nothing"], ["cat", Program.image, "/usr/bin/hello", "/usr/nothing"],
      ["extract", Program.image, "out/new", "--path", "/usr/bin", "--path", "/usr/nothing"],
      ["tar", Program.image, "out/new.tar", "--path", "usr/nothing"],
    ] {
      let result = try await Program.run(arguments, in: try TempFolder.current.path)
      #expect(result.status == 1 && result.output.isEmpty, "\(result)")
      #expect(result.errorText.contains("/usr/nothing: no such file in the image"), "\(result)")
    }
    #expect(try TempFolder.current.names() == ["hello-1.2.x86-64.raw"])
    for (path, text) in [
      ("/usr", "a directory, not a regular file"), ("/usr/share/odd/loop", "too many symbolic links"),
      ("/usr/bin/hello/below", "not a directory"), ("/usr/share/odd/fifo", "a fifo, not a regular file"),
    ] {
      let result = try await Program.run("cat", Program.image, path)
      #expect(result.status == 1 && result.errorText.contains(text) && result.errorText.contains(path), "\(result)")
    }
  }

  @Test(.needs("bash"), arguments: ["ls -R --json", "cat -- usr/noise", "tar --"])
  func deadPipesEndQuietly(_ verb: String) async throws {
    let folder = try TempFolder.current
    try folder.makeTree()
    try TreeBuilder.build(folder["noise"]) { tree in try tree.file("noise", .random(5 << 20, seed: 1)) }
    try FileManager.default.moveItem(atPath: folder["noise/noise"].string, toPath: folder["tree/usr/noise"].string)
    for index in 0..<900 { try folder.makeFile("tree/usr/many/\(index)", "") }
    #expect(try await Program.run("tree", Program.image).status == 0)
    let words = verb.split(separator: " ")
    let arguments = [String(words[0]), Program.image] + words.dropFirst().filter { $0 != "--" }.map(String.init)
    let script = "\"$@\" | head -c 1 | wc -c; exit ${PIPESTATUS[0]}"
    let program = try #require(Program.tool.location).string
    let result = try await Tool("bash").run(["-c", script, "bash", program] + arguments, in: folder.path)
    #expect(result.status == 0 && result.text == "1\n", "\(result)")
  }

  @Test(arguments: [["ls"], ["cat", "usr/bin/hello"], ["tar"]])
  func fullDisksAreAnError(_ arguments: [String]) async throws {
    _ = try await packed()
    let program = try #require(Program.tool.location).string
    let words = [arguments[0], Program.image] + arguments.dropFirst()
    let result = try await Tool("sh").run(
      ["-c", "exec \"$@\" >/dev/full", "sh", program] + words, in: try TempFolder.current.path)
    #expect(result.status == 2 && result.errorText.contains("standard output"), "\(result)")
  }
}
