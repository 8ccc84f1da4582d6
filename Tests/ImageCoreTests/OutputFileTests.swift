import Foundation
import ImageCore
import SystemPackage
import TestSupport
import Testing

extension OutputFile.Staging: CustomTestStringConvertible {
  /// For the names of test cases.
  public var testDescription: String {
    switch self {
    case .unnamed: "a file without a name"
    case .hidden: "a hidden file"
    }
  }
}

@Suite(.tempFolder) struct OutputFileTests {
  private static let stagings: [OutputFile.Staging] = [.unnamed, .hidden]
  private let content = Content.text(100_000, seed: 1).bytes

  /// All names in a folder, hidden ones too.
  private func names(in folder: FilePath) throws -> [RawName] { try TreeListing.order(in: folder).sorted() }

  private func error(_ path: FilePath, replace: Bool = false) -> ImageError? {
    #expect(throws: ImageError.self) { _ = try OutputFile(path, replace: replace) }
  }

  @Test(arguments: stagings) func appearsWholeAtCommit(_ staging: OutputFile.Staging) throws {
    let folder = try TempFolder.current
    let output = try OutputFile(folder["image"], replace: false, staging: staging)
    try output.write(content.rawSpan, at: 0)
    let before = try names(in: folder.path)
    #expect(staging == .unnamed ? before == [] : before.count == 1 && before[0].bytes.first == 46)
    #expect(try output.read(at: 10, count: 90) == Array(content[10..<100]))
    try output.commit(byteCount: UInt64(content.count))
    #expect(try names(in: folder.path) == ["image"])
    #expect(try Disk.read(folder["image"]) == content)
  }

  @Test(arguments: stagings) func leavesNothingWithoutCommit(_ staging: OutputFile.Staging) throws {
    let folder = try TempFolder.current
    try Disk.write("old", to: folder["image"])
    try withExtendedLifetime(OutputFile(folder["image"], replace: true, staging: staging)) {
      try $0.write(content.rawSpan, at: 0)
    }
    #expect(try names(in: folder.path) == ["image"])
    #expect(try Disk.read(folder["image"]) == Array("old".utf8))
  }

  /// The file without a name is what makes this true: a killed process can clean nothing up.
  @Test func leavesNothingWhenKilled() async throws {
    let folder = try TempFolder.current
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = folder["image"].string as String] in
      let output = try OutputFile(FilePath(path), replace: false)
      let bytes = [UInt8](repeating: 1, count: 1 << 20)
      try output.write(bytes.rawSpan, at: 0)
      kill(getpid(), SIGKILL)
    }
    #expect(try names(in: folder.path) == [])
  }

  @Test(arguments: stagings) func replacesWhenAsked(_ staging: OutputFile.Staging) throws {
    let folder = try TempFolder.current
    try Disk.write("old", to: folder["image"])
    try Disk.makeHardLink(folder["other-name"], to: folder["image"])
    let output = try OutputFile(folder["image"], replace: true, staging: staging)
    try output.write(content.rawSpan, at: 0)
    #expect(try Disk.read(folder["image"]) == Array("old".utf8))
    try output.commit(byteCount: UInt64(content.count))
    #expect(try Disk.read(folder["image"]) == content)
    // The old file keeps its bytes for those who have it.
    #expect(try Disk.read(folder["other-name"]) == Array("old".utf8))
    #expect(try names(in: folder.path) == ["image", "other-name"])
  }

  @Test(arguments: stagings) func replacesWhatIsNotThere(_ staging: OutputFile.Staging) throws {
    let folder = try TempFolder.current
    try OutputFile(folder["image"], replace: true, staging: staging).commit(byteCount: 3)
    #expect(try names(in: folder.path) == ["image"])
    #expect(try Disk.read(folder["image"]) == [0, 0, 0])
  }

  @Test func aTakenNameIsRefusedAtOnce() throws {
    let folder = try TempFolder.current
    try Disk.write("old", to: folder["image"])
    let error = error(folder["image"])
    #expect(error?.code == .exists && error?.context == [folder["image"].string])
  }

  @Test(arguments: stagings) func aNameTakenMeanwhileIsRefusedAtCommit(_ staging: OutputFile.Staging) throws {
    let folder = try TempFolder.current
    for take in [
      { try Disk.write("theirs", to: $0) }, { try Disk.makeLink($0, to: "nowhere") }, { try Disk.makeFolder($0) },
    ] as [(FilePath) throws -> Void] {
      do {
        let output = try OutputFile(folder["image"], replace: false, staging: staging)
        try output.write(content.rawSpan, at: 0)
        try take(folder["image"])
        let error = #expect(throws: ImageError.self) { try output.commit(byteCount: UInt64(content.count)) }
        #expect(error?.code == .exists && error?.context == [folder["image"].string])
      }
      #expect(try names(in: folder.path) == ["image"])
      #expect((try? Disk.read(folder["image"])) ?? [] != content)
      try Disk.remove(folder["image"])
    }
  }

  @Test(arguments: stagings) func aFolderInThePlaceIsNotReplaced(_ staging: OutputFile.Staging) throws {
    let folder = try TempFolder.current
    do {
      let output = try OutputFile(folder["image"], replace: true, staging: staging)
      try Disk.makeFolder(folder["image"])
      let error = #expect(throws: ImageError.self) { try output.commit(byteCount: 1) }
      #expect(error?.code == .io && error?.errno == .isDirectory)
    }
    #expect(try names(in: folder.path) == ["image"])
  }

  /// What file systems without links use.
  @Test func renamingToAFreeNameTakesNobodysPlace() throws {
    let folder = try TempFolder.current
    try Disk.write("ours", to: folder["ours"])
    try Disk.write("theirs", to: folder["theirs"])
    let directory = try FileDescriptor.open(folder.path, .readOnly, options: .directory)
    defer { try? directory.close() }
    let (ours, theirs) = (Array("ours".utf8), Array("theirs".utf8))
    #expect(throws: Errno.fileExists) { try POSIX.rename(ours, toFree: theirs, in: directory) }
    #expect(try Disk.read(folder["theirs"]) == theirs)
    try POSIX.rename(ours, toFree: Array("free".utf8), in: directory)
    #expect(try names(in: folder.path) == ["free", "theirs"])
  }

  // MARK: where no file can be

  @Test(arguments: [false, true]) func targetsThatAreNoFiles(_ replace: Bool) throws {
    let folder = try TempFolder.current
    try Disk.makeFolder(folder["folder"])
    try Disk.makeLink(folder["link"], to: "elsewhere")
    try Disk.makeFIFO(folder["fifo"])
    for name in ["folder", "link", "fifo"] {
      let error = error(folder[name], replace: replace)
      #expect(error?.code == .invalidArgument && error?.context == [folder[name].string], "\(name)")
    }
    for path in ["", ".", "..", "/", folder.path.appending("..")] as [FilePath] {
      #expect(error(path, replace: replace)?.code == .invalidArgument, "\(path)")
    }
    #expect(try names(in: folder.path) == ["fifo", "folder", "link"])
  }

  @Test func missingFolders() throws {
    let folder = try TempFolder.current
    let path = folder["missing"].appending("image")
    let missing = error(path)
    #expect(missing?.code == .notFound && missing?.context == [path.string])
    #expect(missing?.message == "cannot open the folder \(folder["missing"])")
    try Disk.write("", to: folder["file"])
    #expect(error(folder["file"].appending("image"))?.code == .notADirectory)
  }

  /// Before the work, not after it.
  @Test func namesThatAreTooLongAreRefusedAtOnce() throws {
    let error = error(try TempFolder.current[String(repeating: "n", count: 256)])
    #expect(error?.code == .io && error?.errno == .fileNameTooLong)
  }

  @Test(arguments: stagings) func longestNames(_ staging: OutputFile.Staging) throws {
    let folder = try TempFolder.current
    let name = String(repeating: "n", count: 255)
    for replace in [false, true] {
      try OutputFile(folder[name], replace: replace, staging: staging).commit(byteCount: 0)
      #expect(try names(in: folder.path) == [RawName(name)])
    }
  }

  @Test func namesAreBytes() throws {
    let folder = try TempFolder.current
    let name: [UInt8] = [0x61, 0xFF, 0xC3]
    let bytes = Array(folder.path.string.utf8) + [47] + name + [0]
    let path = unsafe bytes.map(CChar.init(bitPattern:)).withUnsafeBufferPointer { buffer in
      unsafe FilePath(platformString: buffer.baseAddress.unsafelyUnwrapped)
    }
    try OutputFile(path, replace: false).commit(byteCount: 1)
    #expect(try names(in: folder.path) == [RawName(name)])
  }

  @Test func relativePaths() async throws {
    let folder = try TempFolder.current
    // The working folder belongs to the process: another one, so as not to disturb other tests.
    await #expect(processExitsWith: .success) { [path = folder.path.string as String] in
      try #require(FileManager.default.changeCurrentDirectoryPath(path))
      try OutputFile("image", replace: false).commit(byteCount: 1)
      try OutputFile("./image", replace: true).commit(byteCount: 2)
    }
    #expect(try names(in: folder.path) == ["image"])
    #expect(try Disk.read(folder["image"]).count == 2)
  }

  // MARK: bytes and attributes

  @Test(arguments: stagings) func whatIsNotWrittenReadsAsZeros(_ staging: OutputFile.Staging) throws {
    let folder = try TempFolder.current
    let output = try OutputFile(folder["image"], replace: false, staging: staging)
    let (head, tail) = (Array("head".utf8), Array("tail".utf8))
    try output.write(tail.rawSpan, at: 1 << 20)
    try output.write(head.rawSpan, at: 4096)
    try output.commit(byteCount: 8 << 20)
    var expected = [UInt8](repeating: 0, count: 8 << 20)
    expected.replaceSubrange(4096..<4100, with: head)
    expected.replaceSubrange(1 << 20..<1 << 20 + 4, with: tail)
    #expect(try Disk.read(folder["image"]) == expected)
    #expect(try Disk.status(of: folder["image"]).storedByteCount < 1 << 20)
  }

  @Test func theLengthCutsWhatIsBehind() throws {
    let folder = try TempFolder.current
    let output = try OutputFile(folder["image"], replace: false)
    try output.write(content.rawSpan, at: 0)
    let nothing: [UInt8] = []
    try output.write(nothing.rawSpan, at: 1 << 40)
    try output.commit(byteCount: 1000)
    #expect(try Disk.read(folder["image"]) == Array(content[..<1000]))
  }

  @Test(arguments: [0o022, 0o077, 0o000], stagings)
  func permissionsFollowTheMask(_ mask: Int, _ staging: OutputFile.Staging) async throws {
    let path = try TempFolder.current["image"]
    await #expect(processExitsWith: .success) {
      [path = path.string as String, mask = mask as Int, isHidden = (staging == .hidden) as Bool] in
      _ = umask(mode_t(mask))
      for replace in [false, true] {
        try OutputFile(FilePath(path), replace: replace, staging: isHidden ? .hidden : .unnamed).commit(byteCount: 1)
        let status = try Disk.status(of: FilePath(path))
        #expect(status.mode == 0o666 & ~mask && status.linkCount == 1)
      }
    }
  }

  // MARK: no space

  /// Whether there is room for eight times the content.
  private func isWritten(_ path: FilePath, _ staging: OutputFile.Staging) -> Bool {
    do {
      let output = try OutputFile(path, replace: false, staging: staging)
      for index in 0..<8 { try output.write(content.rawSpan, at: UInt64(index * content.count)) }
      try output.commit(byteCount: UInt64(8 * content.count))
      return true
    } catch { return false }
  }

  @Test(.needsRoot, arguments: stagings) func aFullDiskIsSaidAndLeftEmpty(_ staging: OutputFile.Staging) async throws {
    try await TempFolder.withSmallDisk(byteCount: 1 << 20) { folder in
      do {
        let output = try OutputFile(folder["image"], replace: false, staging: staging)
        let error = #expect(throws: ImageError.self) {
          for index in 0..<64 { try output.write(content.rawSpan, at: UInt64(index * content.count)) }
        }
        #expect(error?.code == .io && error?.errno == .noSpace && error?.context == [folder["image"].string])
      }
      #expect(try names(in: folder.path) == [])
      // And the space is there again, once no other test's new process holds the file open that it inherited.
      var attempts = 1
      while !isWritten(folder["image"], staging), attempts < 500 {
        attempts += 1
        usleep(10_000)
      }
      #expect(try names(in: folder.path) == ["image"])
    }
  }
}
