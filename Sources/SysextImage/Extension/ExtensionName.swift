public import GPT
public import ImageCore

/// What an image is called: `debug-4.2.x86-64.raw` is the extension `debug`, version 4.2, for x86-64.
///
/// systemd takes the whole file name without `.raw` for the extension's name and wants a release file of just that
/// name; sysextmgr and systemd-sysupdate take the name apart, from the right: the architecture behind the last dot, the
/// version behind the last hyphen.
///
/// A file name has an architecture only where a known one stands in that place, and a version only where the last piece
/// begins with a digit, or with `v` and a digit. So `git-lfs.raw` is the extension `git-lfs`, and `debug-4.2.raw` is
/// version 4.2 of `debug` for no stated architecture.
public struct ExtensionName: Sendable, Hashable {
  /// The whole name, such as `debug-4.2.x86-64`: the image file's name without `.raw`.
  public let full: String
  /// The short name, such as `debug`.
  public let name: String
  /// The extension's version, such as `4.2`.
  public let version: String?
  /// The architecture.
  public let architecture: Architecture?
  /// What `.sysext.raw` or `.confext.raw` says the image is.
  public let kind: ExtensionKind?
  /// What breaks some consumers of the image; the place is the file name.
  public let findings: [Finding]

  /// The image file's name in the form that every consumer reads: `debug-4.2.x86-64.raw`.
  public var fileName: String { "\(full).raw" }

  /// The names under which the image should carry a release file: the whole one, then the short one if it differs.
  public var releaseSuffixes: [String] {
    Text.same(full, name) ? [full] : [full, name]
  }

  /// Takes an image file's name apart.
  ///
  /// - Parameter fileName: The last component of the path, such as `debug-4.2.x86-64.raw`.
  /// - Throws: `ImageError.Code.invalidArgument` for a name that systemd refuses or does not look at.
  public init(fileName: String) throws(ImageError) {
    let stem = ImageFileStem(fileName)
    try Self.validate(stem.name)
    let parts = NameParts(splitting: stem.name)
    self.init(
      full: stem.name, parts: parts, kind: stem.kind,
      findings: stem.findings(fileName) + parts.findings(place: fileName))
  }

  init(full: String, parts: NameParts, kind: ExtensionKind?, findings: [Finding]) {
    self.full = full
    name = parts.name
    version = parts.version
    architecture = parts.architecture
    self.kind = kind
    self.findings = findings
  }

  /// The longest whole name: `extension-release.` in front of it must fit in 255 bytes.
  public static let byteLimit = 255 - ExtensionKind.releaseFilePrefix.utf8.count

  /// Refuses what systemd does not accept, or does not look at, as the name of an extension.
  static func validate(_ name: String) throws(ImageError) {
    let reason: String? =
      if name.isEmpty {
        "it is empty"
      } else if name.utf8.count > byteLimit {
        "it has \(name.utf8.count) bytes, and \(ExtensionKind.releaseFilePrefix)NAME leaves room for \(byteLimit)"
      } else if name.utf8.first == UInt8(ascii: ".") {
        "systemd does not look at names that begin with a dot"
      } else if name.utf8.contains(UInt8(ascii: "/")) {
        "it contains a slash"
      } else if name.utf8.contains(where: Text.isControl) {
        "it contains a control character"
      } else if name.unicodeScalars.contains("\u{FFFD}") {
        "it is not UTF-8"
      } else {
        nil
      }
    guard let reason else { return }
    throw ImageError(
      .invalidArgument,
      "\(Text.quoted(name)) cannot be the name of an extension: \(reason); a good one is debug-4.2.x86-64.raw")
  }
}

extension ExtensionName: CustomStringConvertible {
  /// The whole name.
  public var description: String { full }
}
