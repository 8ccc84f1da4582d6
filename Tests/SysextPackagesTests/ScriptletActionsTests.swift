import FileTree
import ImageCore
import SystemPackage
import Testing

@testable import SysextPackages

/// What scriptlets would have done is done to a tree.
@Suite struct ScriptletActionsTests {
  private static let time = Timestamp(seconds: 1_700_000_000)

  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  private func tree(_ files: [String: String], links: [String: String] = [:]) throws -> FileTree {
    var tree = FileTree()
    for (path, text) in files.sorted(by: { $0.key < $1.key }) {
      try tree.insert(
        FileTree.Node(.regular(MemoryContent(bytes(text))), FileAttributes(permissions: 0o755)), at: FilePath(path))
    }
    for (path, target) in links.sorted(by: { $0.key < $1.key }) {
      try tree.insert(FileTree.Node(.symlink(target: bytes(target)), .file), at: FilePath(path))
    }
    return tree
  }

  private func apply(
    _ actions: [[ScriptletAction]], to tree: inout FileTree, resolve: @escaping ([UInt8]) -> [UInt8] = { $0 }
  ) throws -> [String] {
    let packages = actions.enumerated().map { ScriptletActions.Package(name: "p\($0)", actions: $1) }
    var context = ScriptletActions.Context(time: Self.time, resolve: resolve)
    context.identify = { name, isGroup in name == Array("a".utf8) ? (isGroup ? 20 : 10) : nil }
    context.baseHas = { $0 == Array("/usr/bin/base".utf8) }
    return try ScriptletActions(packages).apply(to: &tree, context).map { "\($0.severity) \($0.place ?? "")" }
  }

  private func target(_ path: String, in tree: FileTree) -> String? {
    guard let node = tree.lookup(FilePath(path)), case .symlink(let target) = tree.kind(of: node) else { return nil }
    return String(decoding: target, as: UTF8.self)
  }

  private func text(_ path: String, in tree: FileTree) throws -> String? {
    try tree.content(at: bytes(path)).map { String(decoding: $0, as: UTF8.self) }
  }

  private func alternative(_ link: String, _ path: String, _ priority: Int, slaves: [(String, String)] = [])
    -> ScriptletAction
  {
    .alternative(
      link: bytes(link), name: bytes("n" + link), path: bytes(path), priority: priority,
      slaves: slaves.map { AlternativeLink(link: bytes($0.0), name: bytes("s"), path: bytes($0.1)) })
  }

  @Test func alternatives() throws {
    var tree = try tree(
      ["/usr/bin/a1": "", "/usr/bin/a2": "", "/usr/bin/a3": "", "/usr/bin/file": "", "/usr/share/man/a2.1": ""],
      links: ["/usr/bin/a": "/etc/alternatives/a", "/usr/bin/other": "elsewhere"])
    let findings = try apply(
      [
        [alternative("/usr/bin/a", "/usr/bin/a1", 10), alternative("/usr/bin/b", "/usr/bin/base", 1)],
        [
          alternative(
            "/usr/bin/a", "/usr/bin/a2", 20,
            slaves: [("/usr/share/doc/a.1", "/usr/share/man/a2.1"), ("/usr/bin/none", "/usr/bin/nowhere")]),
          alternative("/usr/bin/file", "/usr/bin/a2", 1), alternative("/usr/bin/other", "/usr/bin/a2", 1),
        ],
        [
          alternative("/usr/bin/a", "/usr/bin/a3", 20), alternative("/etc/a", "/usr/bin/a3", 1),
          alternative("/usr/bin/c", "/usr/bin/nowhere", 1), alternative("/usr/../etc/c", "/usr/bin/a3", 1),
          alternative("/usr/bin/file/x", "/usr/bin/a3", 1),
        ],
      ], to: &tree)
    #expect(target("/usr/bin/a", in: tree) == "a2")
    #expect(target("/usr/bin/b", in: tree) == "base")
    #expect(target("/usr/share/doc/a.1", in: tree) == "../man/a2.1")
    #expect(target("/usr/bin/other", in: tree) == "elsewhere")
    #expect(tree.lookup("/usr/bin/none") == nil && tree.lookup("/etc") == nil)
    #expect(try text("/usr/bin/file", in: tree) == "")
    #expect(
      findings == [
        "note /usr/bin/none", "warning /usr/bin/file", "warning /usr/bin/other", "warning /etc/a", "warning /usr/bin/c",
        "warning /usr/../etc/c", "warning /usr/bin/file/x",
      ])
    let made = try #require(tree.lookup("/usr/share/doc/a.1"))
    #expect(tree.attributes(of: made).modified == Self.time)
  }

  @Test func attributes() throws {
    var tree = try tree(["/usr/bin/a": "", "/usr/bin/b": "", "/usr/bin/c": ""], links: ["/usr/bin/l": "a"])
    let findings = try apply(
      [
        [
          .mode(path: bytes("/bin/a"), mode: 0o4750), .capabilities(path: bytes("/bin/b"), text: "cap_net_raw=ep"),
          .owner(path: bytes("/bin/b"), user: bytes("a"), group: bytes("a")),
          .capabilities(path: bytes("/bin/c"), text: "cap_chown=p"),
          .owner(path: bytes("/bin/a"), user: nil, group: bytes("7")), .mode(path: bytes("/bin/l"), mode: 0o600),
          .mode(path: bytes("/bin/none"), mode: 0o600), .owner(path: bytes("/bin/c"), user: bytes("who"), group: nil),
          .capabilities(path: bytes("/bin"), text: "cap_chown=p"),
        ]
      ], to: &tree, resolve: { $0.starts(with: "/bin".utf8) ? Array("/usr".utf8) + $0 : $0 })
    #expect(findings == ["warning /bin/l", "warning /bin/none", "warning /bin/c", "warning /bin"])
    func attributes(_ path: FilePath) throws -> FileAttributes { tree.attributes(of: try #require(tree.lookup(path))) }
    let (a, b, c) = (try attributes("/usr/bin/a"), try attributes("/usr/bin/b"), try attributes("/usr/bin/c"))
    #expect(a.permissions == 0o750 && a.uid == 0 && a.gid == 7)
    #expect(b.uid == 10 && b.gid == 20 && b.extendedAttributes.isEmpty)
    #expect(c.extendedAttribute("security.capability") == [0, 0, 0, 2, 1] + [UInt8](repeating: 0, count: 15))
  }

  @Test func users() throws {
    var tree = try tree([
      "/usr/lib/sysusers.d/own.conf": "# own\nu known - \"K\"\n", "/usr/lib/sysusers.d/p1.conf": "g other -\n",
    ])
    let known = bytes("u known 5")
    let actions: [ScriptletAction] = [
      .group(name: bytes("known"), line: bytes("g known -")), .user(name: bytes("known"), line: known),
      .group(name: bytes("new"), line: bytes("g new -")), .user(name: bytes("new"), line: bytes("u new -")),
      .member(user: bytes("new"), group: bytes("video"), line: bytes("m new video")),
    ]
    let more = ScriptletAction.user(name: bytes("more"), line: bytes("u more -"))
    #expect(try apply([actions, actions + [more]], to: &tree).isEmpty)
    #expect(try text("/usr/lib/sysusers.d/p0.conf", in: tree) == "g new -\nu new -\nm new video\n")
    #expect(try text("/usr/lib/sysusers.d/p1.conf", in: tree) == "g other -\n")
    #expect(try text("/usr/lib/sysusers.d/p1-scriptlets.conf", in: tree) == "u more -\n")
  }

  @Test func units() throws {
    let system = "/usr/lib/systemd/system/"
    var tree = try tree([
      system + "a.service":
        "[Service]\nWantedBy=no.target\n[Install]\n# WantedBy=c.target\nWantedBy=x.target \\\n  y.target\nAlso=b.socket\n",
      system + "b.socket": "[Install]\nWantedBy=z.target\nWantedBy=\nRequiredBy = sockets.target\n",
      system + "c@.service": "[Install]\nDefaultInstance=1\n", system + "d.service": "[Service]\n",
      system + "e.service": "[Install]\nWantedBy=%i.target ../x\n",
    ])
    let before = ScriptletActions.needsManagerReload(tree)
    #expect(before)
    #expect(!ScriptletActions.needsManagerReload(FileTree()))
    let units = ["a.service", "c@1.service", "c@.service", "d.service", "e.service", "f.service", "a.service"]
    let findings = try apply([units.map { .enable(unit: bytes($0)) }], to: &tree)
    #expect(try text(system + "x.target.d/10-a.service.conf", in: tree) == "[Unit]\nUpholds=a.service\n")
    #expect(try text(system + "y.target.d/10-a.service.conf", in: tree) != nil)
    #expect(try text(system + "sockets.target.d/10-b.socket.conf", in: tree) == "[Unit]\nUpholds=b.socket\n")
    #expect(try text(system + "multi-user.target.d/10-c@1.service.conf", in: tree) != nil)
    #expect(tree.lookup(FilePath(system + "z.target.d")) == nil && tree.lookup(FilePath(system + "no.target.d")) == nil)
    #expect(
      findings.sorted() == [
        "warning c@.service", "warning d.service", "warning e.service", "warning e.service", "warning f.service",
      ])
    #expect(try apply([[.enable(unit: bytes("a.service"))]], to: &tree).isEmpty)
  }
}
