import GPT

/// Which of the two sorts of extension an image is.
public enum ExtensionKind: String, Sendable, CaseIterable {
  /// A system extension: brings `/usr` and `/opt`.
  case sysext
  /// A configuration extension: brings `/etc`.
  case confext

  /// Where the release files lie, relative to the image's root.
  public var releaseDirectory: String {
    switch self {
    case .sysext: "usr/lib/extension-release.d"
    case .confext: "etc/extension-release.d"
    }
  }

  /// The path of one release file, relative to the image's root.
  ///
  /// - Parameter suffix: The extension's name, such as `debug-4.2.x86-64`.
  /// - Returns: Such as `usr/lib/extension-release.d/extension-release.debug-4.2.x86-64`.
  public func releasePath(_ suffix: String) -> String {
    "\(releaseDirectory)/\(Self.releaseFilePrefix)\(suffix)"
  }

  /// Where the release files lie in a partition whose tree belongs at `/` or at `/usr`.
  func releaseDirectory(in designator: PartitionType.Designator) -> String {
    designator == .usr ? String(releaseDirectory.trimmingPrefix("usr/")) : releaseDirectory
  }

  /// The xattr of a release file that may be for any name.
  static let strictAttribute = "user.extension-release.strict"
  /// The greatest length of a release file that is read.
  static let releaseByteLimit = 1 << 20

  /// What the name of each release file begins with.
  public static let releaseFilePrefix = "extension-release."

  /// `SYSEXT_LEVEL` or `CONFEXT_LEVEL`: the programming interface that the extension needs.
  public var levelKey: String { key("LEVEL") }
  /// `SYSEXT_SCOPE` or `CONFEXT_SCOPE`: where the extension may be merged.
  public var scopeKey: String { key("SCOPE") }
  /// `SYSEXT_ID` or `CONFEXT_ID`: the extension's own name.
  public var idKey: String { key("ID") }
  /// `SYSEXT_VERSION_ID` or `CONFEXT_VERSION_ID`: the extension's own version.
  public var versionKey: String { key("VERSION_ID") }

  private func key(_ name: String) -> String {
    switch self {
    case .sysext: "SYSEXT_\(name)"
    case .confext: "CONFEXT_\(name)"
    }
  }
}
