import FileTree
public import ImageCore
import RPM
import SysextImage
import SystemPackage

/// Makes one tree of packages and directories.
public struct Assembler: Sendable {
  let options: AssemblyOptions

  /// Makes an assembler.
  public init(_ options: AssemblyOptions = AssemblyOptions()) { self.options = options }

  /// Reads the headers of all packages, begins to unpack them, and makes the tree.
  ///
  /// - Parameter inputs: Packages and directories, in the order that decides conflicts.
  /// - Returns: The tree, and what is known of the packages.
  /// - Throws: `.mismatch` for a conflict, `.invalidArgument` for a source package; what is wrong with an input.
  public func assemble(_ inputs: [AssemblyInput]) async throws(ImageError) -> Assembly {
    var findings: [Finding] = []
    let inputs = try withoutBase(try Self.distinct(inputs, &findings), &findings)
    let packages = inputs.compactMap { if case .package(let package) = $0 { package } else { nil } }
    let main = try mainPackage(of: packages)
    // Before anything of them is unpacked.
    for result in try await options.signatureVerifier?.verify(packages) ?? [] { findings += result.findings }
    let scriptlets = try ScriptletReport(packages, options.scriptlets)
    findings += try self.findings(scriptlets)
    let decoders = try PayloadDecoders(
      packages, folder: options.scratchFolder, threadCount: threadCount,
      limits: options.limits, verifiesDigests: options.verifiesDigests)
    return try await decoders.running { () async throws(ImageError) in
      var merged = try await merge(inputs, main, decoders)
      let confext = try lay(&merged, name: main?.identity.name ?? "extension")
      try await fit(&merged, scriptlets.actions)
      return Assembly(
        tree: merged.tree, confext: confext, packages: packages, mainPackage: main, scriptlets: scriptlets,
        needsManagerReload: ScriptletActions.needsManagerReload(merged.tree), findings: findings + merged.findings,
        decoders: decoders)
    }
  }

  var threadCount: Int { max(1, options.threadCount ?? POSIX.processorCount) }

  /// All inputs in one tree.
  private func merge(
    _ inputs: [AssemblyInput], _ main: RPMPackage?, _ decoders: PayloadDecoders
  ) async throws(ImageError) -> MergedTree {
    var root = FileAttributes.directory
    if let time = main?.buildTime { root.modified = Timestamp(seconds: Int64(clamping: time)) }
    var merged = MergedTree(
      rule: options.conflictRule, paths: PathMap(base: options.base?.tree), rootAttributes: root)
    var number = 0
    for input in inputs {
      switch input {
      case .package(let package):
        try merged.add(package: package.identity.description, decoders.files[number]) { file in
          decoders.content(of: file, package: number)
        }
        number += 1
      case .directory(let path):
        try merged.add(
          directory: path.string, try await DirectorySource(path).tree(threadCount: options.threadCount))
      }
    }
    return merged
  }
}
