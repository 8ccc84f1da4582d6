import Foundation
import ImageCore
import SysextPackages
import SystemPackage
import TestSupport
import Testing

/// The same files, read by systemd-sysusers 252, 257 and the newest.
@Suite(
  .tempFolder, .needs("systemd-sysusers", in: .bookworm), .needs("systemd-sysusers", in: .trixie),
  .needs("systemd-sysusers", in: .sid))
struct SysusersAgreementTests {
  /// Numbers that are fixed are in here; those that systemd-sysusers finds itself are not.
  private static let fixed: ClosedRange<UInt32> = 300...312

  @Test(arguments: Peer.trees) func lines(_ peer: Peer) async throws {
    let basic = """
      # a comment
      g wheel 10
      u chrony 301:302 "Chrony, \\"quoted\\"" /var/lib/chrony /sbin/nologin
      g clock 302
      u plain 303
      u named 304:clock
      u grouped -:clock
      u ofgroup -
      g ofgroup 305
      u free
      u path /usr/bin/none
      g pathgroup /usr/bin/none
      m member wheel
      m chrony made
      r - 900-950
      u twice 306
      u twice 307
      u stolen 303
      g plain2 303
      u late 310
      g other 310
      u base 311
      u onlygroup 312
      u bad 0312
      u bad2 312 "a:b"
      g bad3 312 text
      g strict 320
      g holder 321
      u strict 321

      """
    let result = try await compare(
      peer, sysusers: basic, passwd: "base:x:308:309::/:/bin/false\n",
      group: "base:x:309:\nonlygroup:x:307:\nstrict:x:320:\n")
    let users = [
      "base 308", "chrony 301", "named 304", "ofgroup 305", "twice 306", "onlygroup 312", "strict 320",
    ]
    let groups = [
      "base 309", "onlygroup 307", "strict 320", "wheel 10", "clock 302", "ofgroup 305", "plain2 303", "other 310",
      "holder 321", "twice 306",
    ]
    #expect(result == users.map { "user \($0)" } + groups.map { "group \($0)" })
  }

  /// Lines made of few names and numbers, so that they get in each other's way.
  @Test(arguments: [Peer.trixie, .sid], 0..<24) func anyLines(_ peer: Peer, _ seed: UInt64) async throws {
    var random = SplitMix64(seed: seed)
    let names = ["aa", "bb", "cc", "dd", "ee", "ff", "gg"]
    func name() -> String { names.randomElement(using: &random) ?? "" }
    func number() -> String { "\(UInt32.random(in: Self.fixed, using: &random))" }
    let marks = peer == .bookworm ? ["u"] : ["u", "u!"]
    var sysusers = ""
    for _ in 0..<14 {
      let user = marks.randomElement(using: &random) ?? "u"
      sysusers +=
        [
          "\(user) \(name()) \(number())", "\(user) \(name()) \(number())", "u \(name()) \(number()):\(number())",
          "u \(name()) \(number()):\(name())", "u \(name()) -:\(name())", "u \(name()) -:\(number())", "u \(name()) -",
          "g \(name()) \(number())", "g \(name()) \(number())", "g \(name())", "m \(name()) \(name())",
          "g \(name()) /usr/none", "u \(name()) 0\(number())", "g \(name()) \(number()) \"x",
        ].randomElement(using: &random) ?? ""
      sysusers += "\n"
    }
    var passwd = ""
    var group = ""
    for (index, name) in names.shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random)).enumerated() {
      passwd += "\(name):x:\(300 + index * 2):\(301 + index)::/:/bin/false\n"
    }
    for (index, name) in names.shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random)).enumerated() {
      group += "\(name):x:\(301 + index):\n"
    }
    _ = try await compare(peer, sysusers: sysusers, passwd: passwd, group: group)
  }

  /// Runs systemd-sysusers on a root of its own, and compares all that it writes.
  private func compare(_ peer: Peer, sysusers: String, passwd: String, group: String) async throws -> [String] {
    let root = try TempFolder.current["root"]
    for (name, text) in [("etc/passwd", passwd), ("etc/group", group), ("usr/lib/sysusers.d/a.conf", sysusers)] {
      let path = root.appending(name)
      try FileManager.default.createDirectory(
        atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: URL(filePath: path.string))
    }
    // Lines that it refuses are an error at its end.
    let run = try await Tool("systemd-sysusers", in: peer).run("--root", root.string)
    var accounts = Accounts()
    accounts.add(sysusers: sysusers, from: "a.conf")
    accounts.add(group: group, from: "group")
    accounts.add(passwd: passwd, from: "passwd")

    var agreed: [String] = []
    for (file, what) in [("passwd", "user"), ("group", "group")] {
      let text = try String(contentsOfFile: root.appending("etc/\(file)").string, encoding: .utf8)
      for line in text.split(separator: "\n") {
        let fields = line.split(separator: ":", omittingEmptySubsequences: false)
        let name = String(fields[0])
        let theirs = try #require(UInt32(fields[2]))
        let ours = what == "user" ? accounts.uid(of: name) : accounts.gid(of: name)
        if ours == nil, !Self.fixed.contains(theirs), theirs != 10 { continue }
        // Nobody owns that path here, which is nothing to count on.
        if ours == nil, what == "user", sysusers.contains("\(name) /usr/none\n") { continue }
        #expect(ours == theirs, "\(what) \(name)\n\(sysusers)\n\(passwd)\n\(group)\n\(run.text)")
        if ours == theirs { agreed.append("\(what) \(name) \(theirs)") }
      }
    }
    return agreed
  }
}
