import ImageCore
import SysextPackages
import Testing

/// Names to numbers.
@Suite struct AccountsTests {
  @Test func rootIsAlwaysThere() {
    var accounts = Accounts()
    #expect(accounts.uid(of: "root") == 0)
    #expect(accounts.gid(of: "root") == 0)
    accounts.add(passwd: "root:x:5:5::/root:/bin/sh\n", from: "passwd")
    accounts.add(group: "root:x:6:\n", from: "group")
    accounts.add(sysusers: "u root 7\n", from: "a.conf")
    #expect(accounts.uid(of: "root") == 0)
    #expect(accounts.gid(of: "root") == 0)
    #expect(accounts.places == ["passwd:1", "group:1", "a.conf:1"])
  }

  @Test func baseWinsInAnyOrder() {
    for isFirst in [true, false] {
      var accounts = Accounts()
      let sysusers = "u chrony 500\ng chrony 501\nu new 502\n"
      if !isFirst { accounts.add(sysusers: sysusers, from: "a.conf") }
      accounts.add(passwd: "chrony:x:480:479::/:/bin/false\n", from: "passwd")
      accounts.add(group: "chrony:x:479:\n", from: "group")
      accounts.add(passwd: "chrony:x:481:479::/:/bin/false\nlate:x:7:7::/:/bin/false\n", from: "passwd2")
      if isFirst { accounts.add(sysusers: sysusers, from: "a.conf") }
      #expect(accounts.uid(of: "chrony") == 480)
      #expect(accounts.gid(of: "chrony") == 479)
      #expect(accounts.uid(of: "late") == 7)
      #expect(accounts.gid(of: "late") == nil)
      #expect(accounts.uid(of: "new") == 502)
      #expect(accounts.gid(of: "new") == 502)
      #expect(accounts.places == ["passwd2:1", "a.conf:2", "a.conf:1"])
    }
  }

  /// What a line says of the user and the group `a`, alone.
  @Test(
    arguments: [
      ("u a 300", 300, 300), ("u! a 300", 300, 300), ("g a 300", nil, 300),
      ("  u\ta  300 \"A, \\\"b\\\" c\" /x /y ", 300, 300),
      ("u a 300 'it is' - -", 300, 300), ("u 'a' \"300\"", 300, 300), ("u a -", nil, nil), ("u a", nil, nil),
      ("u a /usr/bin/a", nil, nil), ("g a /usr/bin/a", nil, nil), ("u a %m", nil, nil), ("u a 300:%m", nil, nil),
      ("u a 300:0", 300, nil), ("u a 300:root", 300, nil), ("u a -:0", nil, nil), ("u a -:root", nil, nil),
      ("m a b", nil, nil), ("r - 300-400", nil, nil), ("r - 300", nil, nil), ("# u a 300", nil, nil),
      ("u a 0", nil, nil),
      ("u a 300\u{0}u b 301", 300, 300), ("u a 300\r", 300, 300), ("u a 4294967293", 4_294_967_293, 4_294_967_293),
    ] as [(String, UInt32?, UInt32?)]) func line(_ line: String, _ uid: UInt32?, _ gid: UInt32?)
  {
    var accounts = Accounts()
    accounts.add(sysusers: line, from: "a.conf")
    #expect(accounts.uid(of: "a") == uid)
    #expect(accounts.gid(of: "a") == gid)
    #expect(!accounts.findings.contains { $0.code == "account-line" })
  }

  @Test(arguments: [
    "u", "x a 300", "u+ a 300", "u!! a 300", "g! a 300", "u a 0300", "u a 65535", "u a 4294967295", "u a 4294967296",
    "u a +300", "u a x", "u a 300:", "u a :300", "u a 300:1:2", "u a 300 \"open", "u a 300 back\\",
    "u a 300 - - - more",
    "u a 300 g:h", "u a 300 - home", "u - 300", "u a.b 300", "u 1a 300", "u a%m 300", "g a 300 gecos", "m a", "m - a",
    "m a b c", "r a 300", "r -", "r - 400-300", "r - x", "u a 300 - /x sh", "u aaaaaaaabbbbbbbbccccccccdddddddd 300",
    "u a\u{301} 300", "u a 300 \u{1}",
  ]) func notALine(_ line: String) {
    var accounts = Accounts()
    accounts.add(sysusers: "# first\n\n\(line)\nu b 301\n", from: "x.conf")
    #expect(accounts.findings.map(\.code) == ["account-line"])
    #expect(accounts.places == ["x.conf:3"])
    #expect(accounts.uid(of: "a") == nil)
    #expect(accounts.uid(of: "b") == 301)
  }

  @Test(arguments: [
    "a:x:300", "a:x::300::/:/bin/sh", "a:x:-1:300::/:/bin/sh", "a:x:4294967295:1::/:/bin/sh", ":x:300:300::/:/bin/sh",
    "a:x:99999999999999999999:1::/:/bin/sh", "a",
  ]) func notAUser(_ line: String) {
    var accounts = Accounts()
    accounts.add(passwd: line, from: "passwd")
    #expect(accounts.places == ["passwd:1"])
    #expect(accounts.uid(of: "a") == nil)
  }

  @Test func lastsForAnyBytes() {
    var accounts = Accounts()
    var random = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let bytes = (0..<400).map { _ in
        Array("ugmr! ab:-0123456789\"'\\%/\n\n\u{0}\r\t#".utf8).randomElement(using: &random) ?? 0
      }
      accounts.add(sysusers: bytes, from: "x")
      accounts.add(passwd: bytes, from: "x")
      accounts.add(group: (0..<400).map { _ in .random(in: 0...255, using: &random) }, from: "x")
    }
    #expect(accounts.findings.count <= FindingList.usualLimit)
  }

  /// More lines than anybody has, in files and in one file, cost no more than their length.
  @Test(.timeLimit(.minutes(30))) func isBounded() {
    var accounts = Accounts()
    let many = (0..<140_000).map { "u a\($0) \($0 + 1_000_000)\n" }.joined()
    accounts.add(sysusers: many, from: "many")
    #expect(accounts.uid(of: "a7") == 1_000_007)
    #expect(accounts.uid(of: "a139999") == nil)
    #expect(accounts.findings.map(\.code) == ["account-limit"])
    accounts.add(sysusers: [UInt8](repeating: 0x0A, count: 17 << 20), from: "long")
    #expect(accounts.findings.map(\.code) == ["account-limit", "account-limit"])
    for file in 0..<20_000 { accounts.add(sysusers: "u b\(file) \(file)\n", from: "x") }
    #expect(accounts.uid(of: "b1") == nil)
  }

  @Test func namesAreBytes() {
    var accounts = Accounts()
    accounts.add(passwd: Array("caf".utf8) + [0xE9] + Array(":x:300:300::/:/\n".utf8), from: "passwd")
    accounts.add(passwd: "e\u{301}:x:301:301::/:/\n", from: "passwd")
    #expect(accounts.uid(of: Array("caf".utf8) + [0xE9]) == 300)
    #expect(accounts.uid(of: "e\u{301}") == 301)
    #expect(accounts.uid(of: "\u{E9}") == nil)
  }
}

extension Accounts {
  mutating func add(passwd text: String, from file: String) { add(passwd: Array(text.utf8), from: file) }
  mutating func add(group text: String, from file: String) { add(group: Array(text.utf8), from: file) }
  mutating func add(sysusers text: String, from file: String) { add(sysusers: Array(text.utf8), from: file) }
  var places: [String] { findings.map { $0.place ?? "" } }
}
