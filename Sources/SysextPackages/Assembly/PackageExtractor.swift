public import FileTree
public import ImageCore
public import RPM
public import SystemPackage

/// Unpacks packages into a directory, with the paths that they have.
public struct PackageExtractor: Sendable {
  private let options: AssemblyOptions

  /// Makes an extractor; of the options it uses those of conflicts, limits, digests, threads and scratch space.
  public init(_ options: AssemblyOptions = AssemblyOptions()) { self.options = options }

  /// Unpacks and verifies packages, then writes their files.
  ///
  /// Owners have the numbers that `accounts` has for them, else root's. `%ghost` files are not in a package.
  ///
  /// - Parameters:
  ///   - packages: The packages.
  ///   - destination: The directory.
  ///   - accounts: Whose numbers are known.
  ///   - writing: How files are written.
  /// - Returns: What was written; findings of the packages come first.
  /// - Throws: `.mismatch` for conflicts, what is wrong with a package; what `DirectoryWriter` throws; `.cancelled`.
  public func extract(
    _ packages: [RPMPackage], to destination: FilePath, accounts: Accounts, writing: DirectoryWriter.Options
  ) async throws(ImageError) -> (report: DirectoryWriter.Report, findings: [Finding]) {
    let signatures = try await options.signatureVerifier?.verify(packages) ?? []
    let decoders = try PayloadDecoders(
      packages, folder: options.scratchFolder, threadCount: max(1, options.threadCount ?? POSIX.processorCount),
      limits: options.limits, verifiesDigests: options.verifiesDigests)
    return try await decoders.running { () async throws(ImageError) in
      var merged = MergedTree(rule: options.conflictRule, paths: PathMap(base: nil))
      for (number, package) in packages.enumerated() {
        try merged.add(package: package.identity.description, decoders.files[number], isMerged: false) { file in
          decoders.content(of: file, package: number)
        }
      }
      for finding in try OwnerResolution(accounts: accounts).apply(to: &merged) { merged.report(finding) }
      // Nothing is written that is found to be damaged afterwards.
      try await decoders.finish()
      return (
        try await DirectoryWriter(writing).write(merged.tree, to: destination),
        signatures.flatMap(\.findings) + merged.findings
      )
    }
  }
}
