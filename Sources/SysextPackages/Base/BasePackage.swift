public import RPM

/// A package that a base has.
public struct BasePackage: Sendable, Hashable {
  /// The name.
  public let name: String
  /// What comes before the version when versions are compared; `nil` counts as 0.
  public let epoch: UInt32?
  /// The version.
  public let version: String
  /// The release.
  public let release: String
  /// The architecture: `noarch` is one of its own.
  public let architecture: String

  /// Takes what a package's header says.
  public init(_ identity: RPMIdentity) {
    name = identity.name
    epoch = identity.epoch
    version = identity.version
    release = identity.release
    architecture = identity.architecture
  }

  /// Takes words as `word` gives them.
  init(name: String, epoch: UInt32?, version: String, release: String, architecture: String) {
    self.name = name
    self.epoch = epoch
    self.version = version
    self.release = release
    self.architecture = architecture
  }

  /// `epoch:version-release`, without an epoch that is not there.
  public var evr: String { (epoch.map { "\($0):" } ?? "") + "\(version)-\(release)" }

  /// Whether a package is this one: no epoch is the same as 0.
  public func isSame(as identity: RPMIdentity) -> Bool {
    name == identity.name && architecture == identity.architecture && (epoch ?? 0) == (identity.epoch ?? 0)
      && version == identity.version && release == identity.release
  }

  /// Whether it is a package with files in a system, and neither a public key nor sources.
  var isInstallable: Bool { name != "gpg-pubkey" && architecture != "src" && architecture != "nosrc" }

  /// A part of a package's name: printable ASCII without a slash, as in headers; `nil` for anything else.
  static func word(_ bytes: some Collection<UInt8>) -> String? {
    let isWord = bytes.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "/") }
    guard isWord, (1...255).contains(bytes.count) else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// An epoch; `nil` for what is none.
  static func epoch(_ bytes: some Collection<UInt8>) -> UInt32? {
    guard !bytes.isEmpty, bytes.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return UInt32(String(decoding: bytes, as: UTF8.self))
  }
}

extension BasePackage: Comparable {
  /// By name, then architecture, then epoch; versions as text, for an order and no more.
  public static func < (left: BasePackage, right: BasePackage) -> Bool {
    // All are ASCII: as strings they compare like bytes.
    (left.name, left.architecture, left.epoch ?? 0, left.version, left.release)
      < (right.name, right.architecture, right.epoch ?? 0, right.version, right.release)
  }
}

extension BasePackage: CustomStringConvertible {
  /// `name-epoch:version-release.architecture`, as rpm's NEVRA.
  public var description: String { "\(name)-\(evr)" + (architecture.isEmpty ? "" : ".\(architecture)") }
}
