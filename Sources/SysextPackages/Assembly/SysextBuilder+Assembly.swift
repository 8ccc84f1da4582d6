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
    try await assembly.decoders.running { () async throws(ImageError) in
      try await buildVerified(assembly, to: output, companions)
    }
  }

  private func buildVerified(
    _ assembly: Assembly, to output: FilePath, _ companions: CompanionFiles
  ) async throws(ImageError) -> AssemblyReport {
    let files =
      assembly.packages.isEmpty ? nil : try companions.prepare(beside: output, replaces: options.replacesExisting)
    let image = try await reloading(assembly).write(assembly.tree, to: output)
    let confext = try await writeConfext(assembly, beside: output)
    try await assembly.verify()
    var report = AssemblyReport(
      image: image.report, confext: confext.map { ($0.path, $0.image.report) }, packages: assembly.packages,
      scriptlets: assembly.scriptlets)
    report.image.findings = assembly.findings + report.image.findings
    if let files { report.image.findings += try companions.write(files, report) }
    // All of it is on the disk: what can fail from here on is to give it names. Who waits for the image has the rest, too.
    try checkCancellation()
    try confext?.image.publish()
    try files?.publish()
    try image.publish()
    return report
  }

  /// As it is, or for an image with which systemd has to read its units again.
  private func reloading(_ assembly: Assembly) throws(ImageError) -> SysextBuilder {
    var builder = self
    let key = "EXTENSION_RELOAD_MANAGER"
    if assembly.needsManagerReload, !options.release.additional.contains(where: { $0.key == key }) {
      builder.options.release.additional.append(try OSRelease.Field(key, "1"))
    }
    return builder
  }

  private func writeConfext(
    _ assembly: Assembly, beside output: FilePath
  ) async throws(ImageError) -> (path: FilePath, image: UnpublishedImage)? {
    guard let tree = assembly.confext else { return nil }
    let path = output.removingLastComponent().appending("\(name.full).confext.raw")
    var options = options
    options.kind = .confext
    options.partition = .root
    // Another image needs another identity.
    options.seed = nil
    return (path, try await SysextBuilder(name: name, options: options).write(tree, to: path))
  }
}
