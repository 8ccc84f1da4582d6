import SysextImage
import SystemPackage
import TestSupport
import Testing

/// Where a shell and systemd agree, we agree with the shell.
@Suite("os-release text and a real shell", .tempFolder)
struct OSReleaseShellTests {
  /// Sources `text` in a shell and returns the value of A.
  private func shellValue(_ text: [UInt8]) async throws -> [UInt8] {
    let folder = try TempFolder.current
    try Disk.write(text, to: folder["file"])
    return try await Tool("sh").check(["-c", ". ./file; printf %s \"$A\""], in: folder.path).output
  }

  @Test(
    "reads what the shell reads",
    arguments: [
      "A=plain\n", "A=\n", "A=\"two words\"\n", "A='two words'\n", #"A="q\"q b\\b d\$d t\`t""# + "\n",
      #"A="keep \n and \x""# + "\n", #"A='raw \" \\ $x `y`'"# + "\n", "A='joined'\" together\"\n",
      #"A=un\"quoted\ with\\escapes\$"# + "\n", "A=con\\\ntinued\n", "A=\"con\\\ntinued\"\n", "A=\"two\nlines\"\n",
      "A=first\nA=second\n", "#A=comment\nA=value\n", "#comment\\\nA=value\n", "A=a#b\n", "A=\"#\"\n", "A=ä\n",
      "A=\"\"\n", "A=1", "  A=indented\n",
    ])
  func reads(_ text: String) async throws {
    let expected = try await shellValue(Array(text.utf8))
    #expect(OSRelease(text)["A"].map { Array($0.utf8) } == expected)
  }

  @Test("the shell reads what we write")
  func writes() async throws {
    var random = SplitMix64(seed: 3)
    let alphabet = Array("aZ09 \"'\\`$#;&|<>(){}[]*?!~^%@=:,./+-_ä")
    for _ in 0..<60 {
      let value = String(
        (0..<Int.random(in: 0..<12, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) })
      var text = OSRelease()
      try text.set("A", to: value)
      #expect(try await shellValue(text.bytes) == Array(value.utf8), "\(value)")
    }
  }
}
