public import ImageCore
public import RPM
public import SystemPackage

/// Verifies OpenPGP signatures of packages against keys that the user gives, by the program gpgv or else sqv.
///
/// The rules, for each package:
/// - A bad signature is an error, whatever the others are: `.mismatch`.
/// - One good signature is enough, if none is bad.
/// - A package without any signature, or without a good one (no keyring has a key; the key has expired or was revoked;
///   the program cannot verify it), is reported as a warning: `unsigned` or `unknown-signer`. With `requiresSignature`
///   that is an error: `.notFound`.
/// - A header's signature covers the payload by the digests in the header, which `RPMPackage.unpack` compares. For
///   headers without one, of packages older than rpm 4.14, a warning says so: `payload-not-signed`.
///
/// Which keys have expired or were revoked and which algorithms are too weak is what the program says. They differ: of a
/// signature from before its key expired, gpgv says that the key has expired, and sqv that it is good.
///
/// Keys are those of the keyrings and no others: the program's home is an empty directory.
public struct SignatureVerifier: Sendable {
  /// Whether each package must have a good signature.
  public var requiresSignature = false
  /// How many packages are verified at one time; `nil`: as many as there are processors.
  public var threadCount: Int?

  private let keys: Keyring
  private let program: SignatureProgram
  private let keyrings: [ScratchFile]
  private let home: EmptyFolder

  /// Reads keyrings and finds the program.
  ///
  /// - Parameters:
  ///   - keyrings: Files of public keys, binary or in ASCII armor, with any number of keys and blocks; 64 MiB at most
  ///     together.
  ///   - scratchFolder: Where small temporary files without names are made.
  /// - Throws: `.invalidArgument` for no keyring at all; `.unsupported` where there is no such program, with what to
  ///   install; what is wrong with a keyring.
  public init(keyrings: [FilePath], scratchFolder: FilePath = "/var/tmp") throws(ImageError) {
    try self.init(keyrings: keyrings, scratchFolder: scratchFolder, searchPath: POSIX.environment("PATH"))
  }

  init(keyrings: [FilePath], scratchFolder: FilePath, searchPath: String?) throws(ImageError) {
    guard !keyrings.isEmpty else { throw ImageError(.invalidArgument, "no keyring to verify signatures with") }
    var keys = Keyring()
    for path in keyrings { try keys.add(contentsOf: path) }
    self.keys = keys
    program = try SignatureProgram(searchPath: searchPath, folder: scratchFolder)
    var files: [ScratchFile] = []
    for part in keys.parts where !part.isEmpty {
      let file = try ScratchFile(in: scratchFolder)
      try file.write(part.rawSpan, at: 0)
      files.append(file)
    }
    self.keyrings = files
    home = try EmptyFolder(in: scratchFolder)
  }

  /// What the program says of each signature of a package, whatever that is.
  ///
  /// - Returns: One for each signature, in the order of `RPMPackage.signatures()`.
  /// - Throws: What is wrong with a signature's form or with the package's file; `.io` where the program cannot be run;
  ///   `.cancelled`.
  public func verdicts(_ package: RPMPackage) async throws(ImageError) -> [SignatureVerdict] {
    var verdicts: [SignatureVerdict] = []
    for signature in try package.signatures() {
      try checkCancellation()
      do throws(ImageError) {
        let answer = try await program.answer(signature, of: package, keyrings: keyrings, home: home.descriptor)
        verdicts.append(try program.verdict(answer, on: signature, hasKey: keys.hasIssuer(of: signature)))
      } catch {
        throw error.code == .cancelled ? error : error.inContext(package.fileName)
      }
    }
    return verdicts
  }

  /// Verifies a package by the rules above.
  ///
  /// - Returns: The verdicts and what the user should know.
  /// - Throws: `.mismatch` for a bad signature, `.notFound` where a good one is missing and required, and as `verdicts`.
  public func verify(_ package: RPMPackage) async throws(ImageError) -> PackageSignatures {
    try SignatureRules(package: package, isRequired: requiresSignature).judge(try await verdicts(package))
  }

  /// Verifies packages by the rules above, several at one time.
  ///
  /// - Returns: One for each package, in their order.
  /// - Throws: What `verify` throws for the first package that it does so for.
  public func verify(_ packages: [RPMPackage]) async throws(ImageError) -> [PackageSignatures] {
    let width = max(1, threadCount ?? POSIX.processorCount)
    let results = await withTaskGroup(of: (Int, Result<PackageSignatures, ImageError>).self) { group in
      var results: [Int: Result<PackageSignatures, ImageError>] = [:]
      var waiting = packages.enumerated().makeIterator()
      var hasFailed = false
      func startNext() {
        guard !hasFailed, let (index, package) = waiting.next() else { return }
        group.addTask {
          do throws(ImageError) { return (index, .success(try await verify(package))) } catch {
            return (index, .failure(error))
          }
        }
      }
      for _ in 0..<width { startNext() }
      // After a failure what has begun goes on: a package in front of it may have one, too, and comes first.
      while let (index, result) = await group.next() {
        results[index] = result
        if case .failure = result { hasFailed = true }
        startNext()
      }
      return results
    }
    var verified: [PackageSignatures] = []
    for index in packages.indices {
      // Those that were not begun are behind a failure.
      if let result = results[index] { verified.append(try result.get()) }
    }
    return verified
  }
}
