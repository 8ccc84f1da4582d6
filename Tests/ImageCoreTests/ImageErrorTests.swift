import ImageCore
import SystemPackage
import Testing

@Suite struct ImageErrorTests {
  private func fail() throws(ImageError) {
    throw ImageError(.corrupt, "i_size is too large", offset: 100, context: ["inode 36"])
  }

  @Test func outerContextComesInFront() {
    let inner = ImageError(.truncated, "12 bytes needed, 3 there", offset: 4, errno: .ioError)
    let outer = inner.inContext("/usr/bin/gdb", base: 1000).inContext("partition 1", base: 1 << 20).inContext("a.raw")
    #expect(outer.context == ["a.raw", "partition 1", "/usr/bin/gdb"])
    #expect(outer.offset == 1 << 20 + 1004)
    #expect(outer.code == .truncated && outer.message == inner.message && outer.errno == .ioError)
  }

  @Test func theFileStaysInFront() {
    let error = ImageError(.truncated, "3 there", offset: 4, context: ["inode 36"]).inFile("a.raw").inContext("/usr/x")
    #expect(error.description == "a.raw: /usr/x: inode 36: 3 there (at byte 4)")
    #expect(error.context == ["a.raw", "/usr/x", "inode 36"])
    #expect(error.descriptionInFile == "/usr/x: inode 36: 3 there (at byte 4)")
    // Who is nearest knows best.
    #expect(error.inFile("b.raw").context == error.context && error.inFile(nil).context == error.context)
    #expect(ImageError(.io, "").inFile(nil).inFile("a.raw").context == ["a.raw"])
    let said = error.saying("gone")
    #expect(said.description == "a.raw: /usr/x: inode 36: gone (at byte 4)" && said == error)
    #expect(throws: ImageError(.corrupt, "")) { try inFile("a.raw") { () throws(ImageError) in try fail() } }
  }

  @Test func anErrorWithoutOffsetGetsNone() {
    #expect(ImageError(.notFound, "no partition").inContext("a.raw", base: 512).offset == nil)
  }

  @Test func offsetsDoNotOverflow() {
    // A hostile image may claim any offset: an error about it must not trap.
    #expect(ImageError(.corrupt, "", offset: .max).inContext("a.raw", base: 2).offset == 1)
  }

  @Test func theClosureFormAddsToWhatIsThrown() {
    let error = #expect(throws: ImageError.self) {
      try inContext("a.raw", base: 1 << 20) { () throws(ImageError) in
        try inContext("partition 1", base: 5) { () throws(ImageError) in try fail() }
      }
    }
    #expect(error?.context == ["a.raw", "partition 1", "inode 36"])
    #expect(error?.offset == 1 << 20 + 105)
  }

  @Test func theClosureFormHandsResultsOnAndMakesNoName() throws {
    func name() -> String {
      Issue.record("nobody asked for the name")
      return ""
    }
    #expect(try inContext(name()) { 7 } == 7)
  }

  @Test func description() {
    let error = ImageError(.corrupt, "i_size is too large", offset: 1_052_704, context: ["debug.raw", "partition 1"])
    #expect("\(error)" == "debug.raw: partition 1: i_size is too large (at byte 1052704)")
    #expect("\(ImageError(.limit, "too many"))" == "too many")
    let denied = ImageError.io(.permissionDenied, "open", "a.raw")
    #expect("\(denied)" == "a.raw: cannot open: \(Errno.permissionDenied)")
    #expect("\(ImageError.io(.noSpace, "write"))" == "cannot write: \(Errno.noSpace)")
  }

  @Test(
    arguments: [
      (.noSuchFileOrDirectory, .notFound), (.notDirectory, .notADirectory), (.fileExists, .exists), (.noSpace, .io),
      (.permissionDenied, .io), (.tooManySymbolicLinkLevels, .io),
    ] as [(Errno, ImageError.Code)])
  func systemErrorsKeepTheirReason(_ errno: Errno, _ code: ImageError.Code) {
    let error = ImageError.io(errno, "open", "a")
    #expect(error.code == code && error.errno == errno && error.context == ["a"] && error.offset == nil)
  }

  @Test func equalityIsByCode() {
    #expect(ImageError(.corrupt, "one", offset: 1, context: ["a"]) == ImageError(.corrupt, "two"))
    #expect(ImageError(.corrupt, "one") != ImageError(.truncated, "one"))
  }

  @Test func codesAreAnOpenSet() {
    let own = ImageError.Code(rawValue: "own")
    #expect(ImageError(own, "").code == own && own != .io)
    let known: [ImageError.Code] = [
      .truncated, .corrupt, .unsupported, .notFound, .notADirectory, .exists, .limit, .io, .invalidArgument,
      .cancelled, .mismatch, .changed,
    ]
    #expect(Set(known).count == 12)
    #expect(
      known.map(\.rawValue) == [
        "truncated", "corrupt", "unsupported", "not-found", "not-a-directory", "exists", "limit", "io",
        "invalid-argument", "cancelled", "mismatch", "changed",
      ])
  }

  @Test func anErrorIsOneWord() {
    #expect(MemoryLayout<ImageError>.size == MemoryLayout<Int>.size)
  }
}

@Suite struct FindingTests {
  @Test func description() {
    #expect("\(Finding(.warning, "left-out", place: "etc", "left out"))" == "warning: etc: left out")
    #expect("\(Finding(.error, "no-name", "has no name"))" == "error: has no name")
  }

  @Test func severitiesAreOrdered() {
    #expect([.error, .note, .warning].sorted() == [Finding.Severity.note, .warning, .error])
    #expect(!(Finding.Severity.note < .note))
  }
}
