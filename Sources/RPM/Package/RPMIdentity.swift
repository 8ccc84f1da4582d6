import ImageCore

/// What tells packages apart: NEVRA.
public struct RPMIdentity: Sendable, Hashable {
  /// The name.
  public let name: String
  /// What comes before the version when versions are compared; `nil`, which counts as 0, for most.
  public let epoch: UInt32?
  /// The version.
  public let version: String
  /// The release.
  public let release: String
  /// The architecture, of a source package the one it was made on.
  public let architecture: String
  /// Whether this is a source package.
  public let isSource: Bool

  /// Reads it from a main header.
  init(_ header: RPMHeaderBlob) throws(ImageError) {
    name = try Self.word(header, .name)
    version = try Self.word(header, .version)
    release = try Self.word(header, .release)
    epoch = try header.integer(.epoch).map { UInt32(truncatingIfNeeded: $0) }
    // As rpm decides: one that does not say which source it comes from is a source.
    isSource = header[.sourcePackage] != nil || header[.sourceRPM] == nil
    // Packages of public keys have none.
    architecture = header[.arch] == nil ? "" : try Self.word(header, .arch)
  }

  /// A string that becomes part of file names: printable ASCII without a slash, as rpmbuild has it.
  private static func word(_ header: RPMHeaderBlob, _ tag: RPMTag) throws(ImageError) -> String {
    guard let bytes = try header.stringBytes(tag) else {
      throw ImageError(.corrupt, "there is none", offset: header.offset, context: [tag.name(in: header.kind)])
    }
    let isWord = bytes.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "/") }
    guard !bytes.isEmpty, isWord else { throw header.error("not a word of ASCII", tag) }
    return text(bytes)
  }

  /// `epoch:version-release`, without an epoch that is not there.
  public var evr: String { (epoch.map { "\($0):" } ?? "") + "\(version)-\(release)" }
}

extension RPMIdentity: CustomStringConvertible {
  /// `name-epoch:version-release.architecture`, as rpm's NEVRA.
  public var description: String { "\(name)-\(evr)" + (architecture.isEmpty ? "" : ".\(architecture)") }
}
