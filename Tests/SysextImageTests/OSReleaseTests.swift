import ImageCore
import SysextImage
import TestSupport
import Testing

@Suite("os-release text")
struct OSReleaseTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    let fields: [String]
    let codes: [String]
    var testDescription: String { text.debugDescription }

    init(_ text: String, _ fields: [String], _ codes: [String] = []) {
      (self.text, self.fields, self.codes) = (text, fields, codes)
    }
  }

  static let cases = [
    Case("", []),
    Case("ID=debian\n", ["ID=debian"]),
    Case("ID=debian", ["ID=debian"]),
    Case("ID=\nA=1\n", ["ID=", "A=1"]),
    Case("\n\n  \t\nID=a\n", ["ID=a"]),
    Case("  ID=  a b \t\n", ["ID=a b"]),
    Case("ID=a\r\nB=c\r\n", ["ID=a", "B=c"]),
    Case("A=\"x y\"\nB='x y'\n", ["A=x y", "B=x y"]),
    Case("A=\" x \"\nB=' x '\n", ["A= x ", "B= x "]),
    Case(#"A="a\"b\\c\$d\`e""#, [#"A=a"b\c$d`e"#]),
    Case(#"A="a\nb""#, [#"A=a\nb"#]),
    Case(#"A='a\"b'"#, [#"A=a\"b"#]),
    Case(#"A=a\ b\"c\\"#, [#"A=a b"c\"#]),
    Case("A=a\\\nb\n", ["A=ab"]),
    Case("A=\"a\\\nb\"\n", ["A=ab"]),
    Case("A=a\\ \n", ["A=a "]),
    Case("A=a \\\n\nB=1\n", ["A=a ", "B=1"]),
    Case("A='a'\"b\"c\n", ["A=abc"], ["text-after-quotes"]),
    Case(#"A='x'\''y'"#, ["A=x''y'"], ["text-after-quotes"]),
    Case("A=\"a\nb\"\nC=d\n", ["A=a\nb", "C=d"], ["control-character"]),
    Case("# c\n;d\nA=1\n  # e=f\n", ["A=1"]),
    Case("#c\\\nA=1\nB=2\n", ["A=1", "B=2"], ["continued-comment"]),
    Case("#c\\\n\nA=1\n", ["A=1"]),
    Case("#c\\\n#d\nA=1\n", ["A=1"]),
    Case("#c\\d\nA=1\n", ["A=1"]),
    Case("A=1 # no comment\n", ["A=1 # no comment"], ["comment-in-value"]),
    Case("A=\"1\" # no comment\n", ["A=1# no comment"], ["text-after-quotes"]),
    Case("A=a#b\n", ["A=a#b"]),
    Case("A=a\"b\"\n", ["A=a\"b\""], ["unquoted", "unquoted"]),
    Case("A=$HOME\n", ["A=$HOME"]),
    Case("A=x$HOME\n", ["A=x$HOME"], ["unquoted"]),
    Case("A=1\nA=2\n", ["A=1", "A=2"], ["repeated-key"]),
    Case("A =1\n", ["A=1"], ["blank-before-equals"]),
    Case("export A=1\nB=2\n", ["B=2"], ["bad-key"]),
    Case("=1\nB=2\n", ["B=2"], ["no-assignment"]),
    Case("ä=1\nB=2\n", ["B=2"], ["bad-key"]),
    Case("nothing\nB=2\nlast", ["B=2"], ["no-assignment", "no-assignment"]),
    Case("A='open\nB=2\n", ["A=open\nB=2\n"], ["open-value", "control-character"]),
    Case("A=\"open", ["A=open"], ["open-value"]),
    Case("A=x\\", ["A=x"], ["open-value"]),
    Case("\u{FEFF}ID=a\nB=2\n", ["B=2"], ["byte-order-mark", "bad-key"]),
    Case("A=a\u{1}b\n", ["A=a\u{1}b"], ["control-character"]),
    Case("A=ä€🙂\n", ["A=ä€🙂"]),
  ]

  @Test("reads as systemd does", arguments: cases)
  func reads(_ sample: Case) {
    let text = OSRelease(sample.text)
    #expect(text.fields.map { "\($0.key)=\($0.value)" } == sample.fields)
    #expect(text.findings.map(\.code) == sample.codes)
    #expect(!text.isRefused)
  }

  @Test("the last assignment counts")
  func lastWins() {
    let text = OSRelease("A=1\nB=x\nA=2\n")
    #expect(text["A"] == "2")
    #expect(text["B"] == "x")
    #expect(text["C"] == nil)
  }

  @Test("findings carry the line where the assignment begins")
  func lines() {
    let text = OSRelease("A=1\n\n# c\nfoo\nB=\"x\ny\" z\nC\n")
    #expect(text.findings.map(\.place) == ["line 4", "line 5", "line 5", "line 7"])
  }

  @Test(
    "what systemd refuses as a whole", arguments: [[0x41, 0x3D, 0x00], [0x41, 0x3D, 0xFF, 0x0A], [0xFF, 0x3D, 0x31]])
  func refused(_ bytes: [UInt8]) {
    #expect(OSRelease(bytes).isRefused)
  }

  @Test("broken UTF-8 in a comment or in no assignment is nobody's business")
  func brokenComment() {
    #expect(!OSRelease([0x23, 0xFF, 0x0A, 0xFE, 0x0A]).isRefused)
  }

  @Test("a refusal is found after any number of warnings")
  func manyFindings() {
    let junk = Array(String(repeating: "junk\n", count: 10_000).utf8)
    let text = OSRelease(junk + [0x41, 0x3D, 0xFF])
    #expect(text.isRefused)
    #expect(text.findings.count < 100)
  }

  @Test("a megabyte of one-letter assignments takes no more than a moment", .timeLimit(.minutes(30)))
  func manyFields() {
    let bytes = (0..<150_000).flatMap { Array("A\($0)=\n".utf8) }
    #expect(OSRelease(bytes).fields.count == 150_000)
  }

  @Test(
    "quotes only where needed",
    arguments: [
      ("x86-64", "A=x86-64\n"), ("", "A=\n"), ("1.0+a:b/c@d%e,f^g=h_i", "A=1.0+a:b/c@d%e,f^g=h_i\n"),
      ("a b", "A=\"a b\"\n"), ("1~rc1", "A=\"1~rc1\"\n"), (#"a"$`\"#, #"A="a\"\$\`\\""# + "\n"),
      ("it's", "A=\"it's\"\n"), ("#x", "A=\"#x\"\n"), ("ä", "A=\"ä\"\n"),
    ] as [(String, String)])
  func writes(_ value: String, _ line: String) throws {
    var text = OSRelease()
    try text.set("A", to: value)
    #expect(String(decoding: text.bytes, as: UTF8.self) == line)
    #expect(OSRelease(text.bytes).fields == text.fields)
    #expect(OSRelease(text.bytes).findings.isEmpty)
  }

  @Test("set replaces in place and drops repetitions")
  func sets() throws {
    var text = OSRelease("A=1\nB=2\nA=3\nC=4\n")
    try text.set("A", to: "5")
    try text.set("D", to: "6")
    #expect(String(decoding: text.bytes, as: UTF8.self) == "B=2\nA=5\nC=4\nD=6\n")
  }

  @Test("keys and values that cannot be written", arguments: ["", "a", "A B", "A-B", "1A", "Ä", "A=B", "A\n"])
  func badKeys(_ key: String) {
    #expect(throws: ImageError(.invalidArgument, "")) { () throws(ImageError) in try OSRelease.Field(key, "x") }
  }

  @Test("values with control characters cannot be written", arguments: ["a\nb", "\0", "\u{7F}", "a\r"])
  func badValues(_ value: String) {
    #expect(throws: ImageError(.invalidArgument, "")) { () throws(ImageError) in try OSRelease.Field("A", value) }
  }

  @Test("assignments as a user types them")
  func typed() throws {
    let field = try OSRelease.Field(assignment: "EXTENSION_RELOAD_MANAGER=1=\"2\"")
    #expect(field.key == "EXTENSION_RELOAD_MANAGER")
    #expect(field.value == "1=\"2\"")
    #expect(throws: ImageError(.invalidArgument, "")) { () throws(ImageError) in
      try OSRelease.Field(assignment: "nothing")
    }
  }

  @Test("random bytes never trap, and what was read survives writing")
  func hostile() {
    var random = SplitMix64(seed: 1)
    let alphabet = Array("AB_1=\"'\\`$#; \t\n\r".utf8) + [0, 0x7F, 0xC3, 0xA4, 0xFF]
    for _ in 0..<20_000 {
      let count = Int.random(in: 0..<40, using: &random)
      let bytes = (0..<count).map { _ in alphabet.randomElement(using: &random) ?? 0 }
      let text = OSRelease(bytes)
      #expect(OSRelease(text.bytes).fields == text.fields, "\(bytes)")
    }
  }

  @Test("a mutated real file never traps")
  func mutations() {
    let file = Array(
      """
      NAME="openSUSE Tumbleweed"
      # VERSION="20250329"
      ID="opensuse-tumbleweed"
      ID_LIKE="opensuse suse"
      VERSION_ID="20250329"
      PRETTY_NAME="openSUSE Tumbleweed"
      ANSI_COLOR="0;32"
      CPE_NAME="cpe:2.3:o:opensuse:tumbleweed:20250329:*:*:*:*:*:*:*"

      """.utf8)
    #expect(OSRelease(file).fields.count == 7)
    #expect(OSRelease(file)["ID_LIKE"] == "opensuse suse")
    #expect(OSRelease(file).findings.isEmpty)
    var random = SplitMix64(seed: 2)
    for _ in 0..<5_000 {
      var bytes = file
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      let text = OSRelease(bytes)
      #expect(text.fields.count <= 12)
      #expect(OSRelease(text.bytes).fields == text.fields)
    }
  }
}
