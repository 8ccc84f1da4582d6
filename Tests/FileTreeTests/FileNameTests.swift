import FileTree
import SystemPackage
import TestSupport
import Testing

@Suite struct FileNameTests {
  @Test func orderIsThatOfBytes() {
    let ordered: [FileName] = [
      "", "\u{1}", " ", "!", "-", ".", "/", "0", "A", "A.b", "B", "a", "a ", "a.b", "aa", "b", "e\u{301}", "z", "é",
      FileName([0xE9]), FileName([0xFF]), FileName([0xFF, 0x00]),
    ]
    for left in ordered.indices {
      for right in ordered.indices {
        #expect((ordered[left] < ordered[right]) == (left < right), "\(ordered[left]) \(ordered[right])")
        #expect((ordered[left] == ordered[right]) == (left == right))
      }
    }
  }

  @Test func composedAndDecomposedAreTwoNames() {
    let (composed, decomposed) = ("\u{e9}", "e\u{301}")
    #expect(composed == decomposed, "which is why names are no strings")
    #expect(FileName(composed) != FileName(decomposed))
    #expect(Set([FileName(composed), FileName(decomposed)]).count == 2)
  }

  @Test(
    arguments: [
      ("", []), ("/", []), (".", []), ("a", ["a"]), ("/a/b", ["a", "b"]), ("./a/./b/.", ["a", "b"]),
      ("a//b/", ["a", "b"]), ("a/../b", ["a", "..", "b"]), ("..", [".."]), ("...", ["..."]), (".a", [".a"]),
    ] as [(String, [FileName])])
  func componentsOfAPath(_ path: String, _ names: [FileName]) {
    #expect(FileName.components(of: FilePath(path)) == names)
  }

  @Test func componentsAreBytes() throws {
    var tree = FileTree()
    let path = unsafe ([0x61, 0x2F, 0xFF, 0xC3, 0] as [UInt8]).map(CChar.init(bitPattern:))
      .withUnsafeBufferPointer { unsafe FilePath(platformString: $0.baseAddress.unsafelyUnwrapped) }
    #expect(FileName.components(of: path) == ["a", FileName([0xFF, 0xC3])])
    let node = try tree.insert(FileTree.Node(.fifo, .file), at: path)
    #expect(tree.lookup(path) == node && tree.lookup("a/\u{FFFD}\u{FFFD}") == nil)
  }

  @Test(
    arguments: [
      (Array("plain name.txt".utf8), "plain name.txt"), (Array("größe 日本 😀".utf8), "größe 日本 😀"),
      (Array("e\u{301}".utf8), "e\u{301}"), ([], ""),
      // What steers a terminal: C0, DEL, C1.
      (Array("a\nb\tc\u{1B}[31m\u{7F}".utf8), #"a\x0ab\x09c\x1b[31m\x7f"#), ([0xC2, 0x9B], #"\xc2\x9b"#),
      ([0], #"\x00"#),
      // What turns the direction of text around, or does not show at all.
      (Array("a\u{202E}b".utf8), #"a\xe2\x80\xaeb"#), (Array("\u{2066}x\u{2069}".utf8), #"\xe2\x81\xa6x\xe2\x81\xa9"#),
      (Array("\u{200B}\u{FEFF}".utf8), #"\xe2\x80\x8b\xef\xbb\xbf"#), (Array("\u{AD}".utf8), #"\xc2\xad"#),
      // What is no UTF-8: single bytes, a cut one, an overlong one, a surrogate.
      ([0xFF, 0x61, 0x80], #"\xffa\x80"#), ([0x61, 0xE2, 0x82], #"a\xe2\x82"#), ([0xC0, 0xAF], #"\xc0\xaf"#),
      ([0xED, 0xA0, 0x80], #"\xed\xa0\x80"#), ([0xF4, 0x90, 0x80, 0x80], #"\xf4\x90\x80\x80"#),
      ([0xE2, 0x28, 0xA1], #"\xe2(\xa1"#),
      // The backslash itself, so that nobody can pretend.
      (Array(#"\x0a"#.utf8), #"\x5cx0a"#),
    ] as [([UInt8], String)])
  func printed(_ bytes: [UInt8], _ text: String) {
    // Compared as scalars: strings that only look alike are equal.
    #expect(Array(printable(bytes).unicodeScalars) == Array(text.unicodeScalars))
    #expect(Array(FileName(bytes).description.unicodeScalars) == Array(text.unicodeScalars))
  }

  @Test func printedNamesAreDifferentNames() {
    var generator = SplitMix64(seed: 1)
    let pieces: [[UInt8]] = [[0x5C], [0x78], [0xFF], [0xC3], [0xA9], [0x0A], [0x30, 0x61], [0xE2, 0x80, 0xAE]]
    var names: [String: [UInt8]] = [:]
    for _ in 0..<5000 {
      let bytes = (0..<Int(generator.next() % 6)).flatMap { _ in pieces[Int(generator.next() % 8)] }
      let text = printable(bytes)
      #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .control })
      #expect((names.updateValue(bytes, forKey: text) ?? bytes) == bytes, "\(text)")
    }
  }
}
