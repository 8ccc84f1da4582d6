public import ImageCore
public import SysextImage
public import SystemPackage

extension SysextBuilder {
  /// Builds the image of an assembly, and beside it the configuration extension if there is one.
  ///
  /// All packages have been verified by the time that either appears. The configuration extension is called
  /// `<name>.confext.raw`.
  ///
  /// - Parameters:
  ///   - assembly: What goes in.
  ///   - output: The image file.
  ///   - companions: What else is written beside it.
  /// - Returns: What was built.
  /// - Throws: What is wrong with a package; what `build` throws.
  public func build(
    _ assembly: Assembly, to output: FilePath, companions: CompanionFiles = CompanionFiles()
  ) async throws(ImageError) -> AssemblyReport {
    let result = await withTaskCancellationHandler {
      () async -> Result<AssemblyReport, ImageError> in
      do throws(ImageError) {
        return .success(try await buildVerified(assembly, to: output, companions))
      } catch {
        assembly.cancel()
        return .failure(assembly.decoders?.failure ?? error)
      }
    } onCancel: {
      assembly.cancel()
    }
    return try result.get()
  }

  private func buildVerified(
    _ assembly: Assembly, to output: FilePath, _ companions: CompanionFiles
  ) async throws(ImageError) -> AssemblyReport {
    let files =
      assembly.packages.isEmpty ? nil : try companions.prepare(beside: output, replaces: options.replacesExisting)
    var confext: (path: FilePath, report: BuildReport)?
    var image = try await build(assembly.tree, to: output) { () async throws(ImageError) in
      try await assembly.verify()
      confext = try await buildConfext(assembly, beside: output)
    }
    image.findings = assembly.findings + image.findings
    var report = AssemblyReport(
      image: image, confext: confext, packages: assembly.packages, scriptlets: assembly.scriptlets)
    if let files { report.image.findings += try companions.write(files, report) }
    return report
  }

  private func buildConfext(
    _ assembly: Assembly, beside output: FilePath
  ) async throws(ImageError) -> (path: FilePath, report: BuildReport)? {
    guard let tree = assembly.confext else { return nil }
    let path = output.removingLastComponent().appending("\(name.full).confext.raw")
    var options = options
    options.kind = .confext
    options.partition = .root
    // Another image needs another identity.
    options.seed = nil
    return (path, try await SysextBuilder(name: name, options: options).build(tree, to: path))
  }
}
