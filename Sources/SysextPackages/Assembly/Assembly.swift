public import FileTree
public import ImageCore
public import RPM

/// A tree made of packages, whose contents are still being unpacked while they are read.
///
/// Whoever writes the tree asks `verify` before the result is shown to anybody.
public struct Assembly: Sendable {
  /// What goes into the image.
  public let tree: FileTree
  /// What goes into a configuration extension beside it; `nil` for none.
  public let confext: FileTree?
  /// The packages whose files are in it, in the order in which they were named.
  public let packages: [RPMPackage]
  /// The one that gives the extension its version and architecture; none where there are only directories.
  public let mainPackage: RPMPackage?
  /// What the packages' scriptlets would have done.
  public let scriptlets: ScriptletReport
  /// Whether systemd has to read its units again when the image is merged.
  public let needsManagerReload: Bool
  /// What was left out, decided or guessed.
  public let findings: [Finding]
  let decoders: PayloadDecoders

  /// Waits until all packages are unpacked, and says whether they are what they claim to be.
  ///
  /// - Throws: What is wrong with the first that is not.
  public func verify() async throws(ImageError) { try await decoders.finish() }

  /// Ends the unpacking; who reads a content gets an error.
  public func cancel() { decoders.cancel() }
}
