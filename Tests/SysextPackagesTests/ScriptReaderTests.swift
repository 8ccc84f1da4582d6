import Testing

@testable import SysextPackages

/// Scripts are read as the shell would, and what is not understood is never harmless.
@Suite struct ScriptReaderTests {
  static func read(
    _ script: String, argument: Int? = 1, files: [String] = [], presets: ScriptletOptions.Presets = .report
  ) -> [ScriptletCommand] {
    var rules = ScriptletRules()
    rules.files = Set(files.map { ShellText($0.utf8) })
    rules.options = ScriptletOptions(presets: presets)
    return ScriptReader.commands(Array(script.utf8), argument: argument, rules: rules)
  }

  static func verdict(_ script: String, argument: Int? = 1) -> ScriptletVerdict {
    read(script, argument: argument).map(\.verdict).max() ?? .harmless
  }

  @Test(arguments: [
    "", "# comment", ":", "exit 0", "true || wipe", "false && wipe", "echo wipe; # wipe",
    "echo 'wipe\nwipe' \"; wipe\"",
    "echo a\\\nb", "if [ $1 -gt 1 ]; then wipe; fi", "if [ \"$1\" = 1 ]; then :; else wipe; fi",
    "[ $1 -eq 1 ] || wipe", "test ${1:-0} -gt 1 && wipe", "if [ \"$1\" -eq 0 ]\nthen\n wipe\nfi",
    "case \"$1\" in\n  2) wipe ;;\n  1|install) ;;\n  *) wipe ;;\nesac", "A=no\nif [ \"$A\" = yes ]; then wipe; fi",
    "exit 0\nwipe", "if [ $1 = 1 ]; then exit 0; fi\nwipe", "! true && wipe", "for i in a b; do echo $i; done",
    "( exit 1 )", "{ echo a; } >/dev/null 2>&1", "cat <<EOF\nwipe\nEOF\n:", "cat <<-'EOF'\n\twipe $(wipe)\n\tEOF\n",
    "echo a >&2", "getent passwd x >/dev/null 2>&1 || :", "[ -x /bin/wipe ] && echo yes", "touch /run/a/b",
    "if [ $1 -gt 1 -o $1 -eq 0 ]; then wipe; fi", "PATH=/usr/bin:/bin; export PATH A=b; [ $A = b ] || wipe",
    "rpm -q a || rpm -q --qf b c", "set -e\necho \"$(uname -r)\"", "while test -e /a; do echo b; done",
  ])
  func harmless(_ script: String) { #expect(Self.verdict(script) == .harmless, "\(Self.read(script))") }

  @Test(arguments: [
    "wipe", "/usr/bin/wipe", "/opt/bin/echo a", "echo a; wipe", "echo a && wipe", "echo a\nwipe", "echo a | wipe",
    "echo a & wipe", "(wipe)", "{ wipe; }", "if wipe; then :; fi", "if [ -e /a ]; then wipe; fi",
    "echo $(wipe)", "echo \"`wipe`\"", "A=$(wipe)", "A=wipe; $A", "$WIPE", "\"wipe\"", "w\\ipe", "'wi'pe",
    "echo a > /etc/a", "echo a >> $A", "> /etc/a", "cat <<EOF\n$(wipe)\nEOF", "cat <<EOF\n`wipe`\nEOF",
    "if [ -e /a ]; then exit 0; fi\nwipe", "(exit 0)\nwipe", "exit 0 | cat\nwipe", "[ $1 -eq 1 ] && wipe",
    "for i in a b; do wipe $i; done", "for i in $A; do wipe; done", "while wipe; do :; done",
    "until false; do wipe; done",
    "case $A in a) wipe;; esac", "case $1 in [1-9]) wipe;; esac", "case a in b) ;; *) wipe ;; esac",
    "f() { wipe; }", "function f { wipe; }", "echo() { wipe; }\necho a", "eval \"echo a\"", ". /etc/a",
    "echo ${A:=$(wipe)}",
    "echo $((1+$(wipe)))", "A=1 wipe", "rm -rf /run/../usr", "rm -rf /usr", "touch /run", "a=$'\\'; wipe",
    "echo a |& wipe",
    "echo <(wipe)", "echo a; } ", "fi", "if", "echo 'a", "echo \"a", "echo `a", "echo $(a", "cat <<EOF\na",
    "echo a ;; b",
    "if [ $1 -eq 1 ]; then wipe", "set -- 2; [ $1 -eq 1 ] || wipe", "shift; [ \"$1\" = 1 ] || wipe",
    "A=no; [ -e /b ] && A=yes; [ $A = yes ] && wipe", "A=no; . /etc/b; [ $A = yes ] && wipe",
    "A=no; for i in $X; do A=yes; done; [ $A = yes ] && wipe", "while [ -e /a ]; do A=b; break; done; $A",
    "a\u{0}b", "[ $1 -eq 1", "echo a && ", "! wipe", "time wipe", "export A=`wipe`", "wip*", "{echo,wipe}",
    "mv /etc/a /etc/b", "command wipe", "rpm -e a", "printf -v A wipe", "exec wipe", "trap wipe EXIT",
    "a() a() a() wipe", "P=*; case a in $P) wipe;; esac", "IFS=,; echo a", "PATH=/opt/bin; echo a",
    "export PATH=$HOME; echo", "rpm -q --pipe wipe a", "rpm --eval a", "LD_PRELOAD=a echo", "fi\r", "export $A",
    "echo ${A@P}",
  ])
  func unhandled(_ script: String) { #expect(Self.verdict(script) == .unhandled, "\(Self.read(script))") }

  @Test func unknownArgument() {
    #expect(Self.verdict("if [ $1 -gt 1 ]; then wipe; fi", argument: nil) == .unhandled)
    #expect(Self.read("if [ $1 -gt 1 ]; then wipe; fi", argument: nil).last?.isConditional == true)
  }

  @Test func placesAndTexts() {
    let commands = Self.read("#!\necho 'a\nb' && \\\n  wipe x  y # z\n[ -f /a ] || wipe\n[ $1 = 2 ] && wipe")
    #expect(commands.map(\.line) == [2, 4, 5, 5, 6, 6])
    #expect(commands.map(\.text)[1...3] == ["wipe x  y", "[ -f /a ]", "wipe"])
    #expect(commands.map(\.verdict) == [.harmless, .unhandled, .harmless, .unhandled, .harmless, .harmless])
    #expect(commands.map(\.isConditional) == [false, true, false, true, false, false])
  }

  /// Words that nobody knows, in all places of a command.
  @Test func nothingUnknownIsHarmless() {
    var state: UInt64 = 42
    func random(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
    let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789-_./".utf8)
    let frames: [(String, String)] = [
      ("", ""), ("echo a; ", ""), ("if [ -e /a ]; then ", "; fi"), ("[ $1 -eq 1 ] && ", " || :"), ("( ", " )"),
      ("for i in a b; do ", "; done"), ("case a in a) ", " ;; esac"), ("A=\"$(", ")\""),
      ("echo a | ", " >/dev/null 2>&1"),
      ("case $1 in 2) ;; *) ", " ;; esac"), ("B=c ", ""), ("{ ", "; } || true"),
    ]
    for _ in 0..<2000 {
      let word =
        "zq" + String(decoding: (0..<1 + random(12)).map { _ in letters[random(letters.count)] }, as: UTF8.self)
      let frame = frames[random(frames.count)]
      let arguments = ["", " -r a", " /usr/bin/a", " --install /usr/bin/a a /usr/bin/b 1", " $1"][random(5)]
      let script = frame.0 + word + arguments + frame.1
      #expect(Self.verdict(script) == .unhandled, "\(script)")
    }
  }

  /// Any bytes: an answer, soon.
  @Test func hostile() {
    func times(_ text: String, _ count: Int = 1 << 17) -> String {
      String(repeating: text, count: count / text.utf8.count)
    }
    for text in [
      "$(", "`", "'", "\"", "((", "{ ", "if ", "case a in a) ", "a() ", "<<a ", "<<a\n", "\\", "a ", "a;", "a=b;a;",
      "${",
      "\"$(",
      "!", "! ", "|", "a|", "a&&", "((( ", "for i in a b c d; do ", "echo $( ", "a\u{0}", "echo a\n",
      "[ -e /a ] && a=b\n", ">a ",
    ] {
      #expect(Self.verdict(times(text)) == .unhandled, "\(text)")
    }
    #expect(Self.verdict(times("$(", 1 << 20)) == .unhandled)
    #expect(Self.verdict("#" + times(" ", 1 << 20)) == .unhandled)
    #expect(Self.verdict("#" + times(" ", 1 << 19)) == .harmless)
    #expect(Self.verdict(String(repeating: "$(", count: 1000) + String(repeating: ")", count: 1000)) == .unhandled)
    #expect(
      Self.verdict(String(repeating: "echo $(", count: 7) + "echo" + String(repeating: ")", count: 7)) == .harmless)
    let doubling = "A=aaaaaaaaaaaaaaaa\n" + String(repeating: "A=$A$A\necho $A\n", count: 100)
    #expect(Self.verdict(doubling) == .harmless)
    for body in [":", "A=b", "", "{ :; }"] {
      let loops = String(repeating: "for i in a b c d e f g h i j; do ", count: 12) + body
      #expect(Self.verdict(loops + String(repeating: "\ndone", count: 12)) == .unhandled)
    }
    let loops = String(repeating: "for i in a b c d e f g h i j; do ", count: 10) + "echo"
    #expect(Self.verdict(loops + String(repeating: "; done", count: 10)) == .unhandled)
  }
}
