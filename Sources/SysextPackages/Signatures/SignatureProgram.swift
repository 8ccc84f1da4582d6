import ImageCore
import RPM
import SystemPackage

/// A program that verifies OpenPGP signatures.
struct SignatureProgram: Sendable {
  /// Which one, since they speak differently.
  enum Kind: String, Sendable, CaseIterable {
    case gpgv, sqv
  }

  /// What a program said and how it ended.
  struct Answer: Sendable {
    let ending: POSIX.Ending
    let output: [UInt8]
    let errors: [UInt8]
  }

  /// The most that is read of what a program says.
  private static let answerByteCount = 64 << 10
  private static let pieceByteCount = 256 << 10

  let kind: Kind
  let path: FilePath
  private let folder: FilePath

  /// Finds a program, gpgv first.
  ///
  /// - Parameters:
  ///   - searchPath: The folders to look in, separated by colons.
  ///   - folder: Where there is room for small temporary files.
  /// - Throws: `.unsupported`, which says what to install.
  init(searchPath: String?, folder: FilePath) throws(ImageError) {
    for kind in Kind.allCases {
      guard let path = ChildProcess.find(kind.rawValue, searchPath: searchPath) else { continue }
      self.kind = kind
      self.path = path
      self.folder = folder
      return
    }
    throw ImageError(
      .unsupported,
      "signatures are verified by the program gpgv, which is not in PATH: install the package gpgv (or sqv, or gnupg2)")
  }

  /// Lets the program verify one signature.
  ///
  /// - Parameters:
  ///   - signature: The signature.
  ///   - package: What has it.
  ///   - keyrings: Files of binary keys.
  ///   - home: A directory that is empty.
  /// - Returns: What the program said.
  /// - Throws: `.io`, `.cancelled`; the error of the package's file.
  func answer(
    _ signature: RPMSignature, of package: RPMPackage, keyrings: [ScratchFile], home: FileDescriptor
  ) async throws(ImageError) -> Answer {
    let (output, errors, packet) = (
      try ScratchFile(in: folder), try ScratchFile(in: folder), try ScratchFile(in: folder)
    )
    try packet.write(signature.bytes.rawSpan, at: 0)
    // Numbers as in `files` below, which begins with 1; opened by these names, each file is read from its beginning.
    let (packetName, homeName) = ("/dev/fd/3", "/dev/fd/4")
    let rings = keyrings.indices.flatMap { ["--keyring", "/dev/fd/\($0 + 5)"] }
    let arguments =
      switch kind {
      case .gpgv: ["--homedir", homeName, "--status-fd", "1"] + rings + ["--", packetName, "-"]
      case .sqv: rings + ["--", packetName, "/dev/fd/0"]
      }
    let child = ChildProcess(
      path, arguments, environment: ["LC_ALL=C", "GNUPGHOME=\(homeName)", "HOME=\(homeName)"],
      files: [output.descriptor, errors.descriptor, packet.descriptor, home] + keyrings.map(\.descriptor))
    let ending = try await child.run { (input) throws(ImageError) in
      let header = package.headerBytes
      guard try input.write(header, 0..<header.count), signature.kind == .headerAndPayload else { return }
      try Self.feed(try package.payload(), input)
    }
    return Answer(
      ending: ending, output: try output.bytes(upTo: Self.answerByteCount),
      errors: try errors.bytes(upTo: Self.answerByteCount))
  }

  private static func feed(_ store: ByteStore, _ input: ChildProcess.Input) throws(ImageError) {
    var buffer = [UInt8].unfilled(Int(min(store.byteCount, UInt64(pieceByteCount))))
    var offset: UInt64 = 0
    while offset < store.byteCount {
      let count = Int(min(UInt64(buffer.count), store.byteCount - offset))
      try store.read(at: offset, into: &buffer, 0..<count)
      guard try input.write(buffer, 0..<count) else { return }
      offset += UInt64(count)
    }
  }
}
