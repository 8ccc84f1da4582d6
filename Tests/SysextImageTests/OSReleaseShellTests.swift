import Foundation
import SysextImage
import Testing

/// Where a shell and systemd agree, we agree with the shell.
@Suite("os-release text and a real shell")
struct OSReleaseShellTests {
  /// Sources `text` in /bin/sh and returns the value of A.
  private func shellValue(_ text: [UInt8]) throws -> [UInt8] {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("os-release-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data(text).write(to: folder.appendingPathComponent("file"))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", ". ./file; printf %s \"$A\""]
    process.currentDirectoryURL = folder
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    return Array(data)
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
  func reads(_ text: String) throws {
    #expect(OSRelease(text)["A"].map { Array($0.utf8) } == (try shellValue(Array(text.utf8))))
  }

  @Test("the shell reads what we write")
  func writes() throws {
    var random = SplitMix(seed: 3)
    let alphabet = Array("aZ09 \"'\\`$#;&|<>(){}[]*?!~^%@=:,./+-_ä")
    for _ in 0..<60 {
      let value = String(
        (0..<Int.random(in: 0..<12, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) })
      var text = OSRelease()
      try text.set("A", to: value)
      #expect(try shellValue(text.bytes) == Array(value.utf8), "\(value)")
    }
  }
}
