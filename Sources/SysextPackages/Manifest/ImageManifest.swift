import FileTree
public import ImageCore
public import RPM
public import SysextImage

/// The manifest of an image out of packages, as mkosi writes it beside its images (version 1).
///
/// sysextmgr reads it from servers, and puts the image's file name together from the name, the version and the
/// architecture. What mkosi does not know is in the object `sysext_pack`, which other readers pass over.
public struct ImageManifest: Sendable {
  /// What a manifest tells beside the packages.
  public struct Options: Sendable {
    /// mkosi's word for the system that the extension is for, such as `opensuse`; `nil`: by the extension's `ID`.
    public var distribution: String?
    /// That system's release, such as `tumbleweed`; `nil`: by the extension's `ID` and `VERSION_ID`.
    public var release: String?
    /// What is known of the packages' scriptlets.
    public var scriptlets: JSON?
    /// The root hash of the image's verity data.
    public var rootHash: [UInt8]?
    /// Findings beside those of the build.
    public var findings: [Finding] = []

    /// Nothing.
    public init() {}
  }

  /// What keeps programs from finding the image by its manifest.
  public let findings: [Finding]

  private let report: BuildReport
  private let packages: [RPMPackage]
  private let options: Options

  /// Makes the manifest of an image.
  ///
  /// - Parameters:
  ///   - report: What was built.
  ///   - packages: The packages in it, in any order.
  ///   - options: What else is told.
  public init(report: BuildReport, packages: [RPMPackage], options: Options = Options()) {
    self.report = report
    self.packages = packages.inManifestOrder
    self.options = options
    findings = Self.check(report)
  }

  private static func check(_ report: BuildReport) -> [Finding] {
    let name = report.name
    let composed = "\(name.name)-\(name.version ?? "").\(report.architecture.rawValue)"
    if name.version != nil, composed.utf8.elementsEqual(name.full.utf8) { return [] }
    let reason = name.version == nil ? "the image has no version" : "its manifest says \(composed).raw"
    return [
      Finding(
        .warning, "manifest-name", place: name.fileName,
        "sysextmgr will not find the image by its manifest, since \(reason): use NAME-VERSION.ARCHITECTURE.raw")
    ]
  }

  /// The manifest, members in mkosi's order.
  public var json: JSON {
    .object([
      .init("manifest_version", .integer(1)),
      .init("config", .object(config)),
      .init("packages", .array(packages.map(\.manifestEntry))),
      .init("extension", .object(release)),
      .init("sysext_pack", .object(ours)),
    ])
  }

  /// The manifest as a file has it: two spaces for each level, and no newline at the end.
  public var text: String { String(json.text.dropLast()) }

  private var config: [JSON.Member] {
    var members: [JSON.Member] = [
      .init("name", .string(report.name.name)), .init("distribution", .string(distribution)),
      .init("architecture", .string(report.architecture.rawValue)),
      .init("output_format", .string(report.release.kind.rawValue)),
    ]
    if let version = report.name.version { members.append(.init("version", .string(version))) }
    if let release = distributionRelease { members.append(.init("release", .string(release))) }
    return members
  }

  private var distribution: String {
    if let distribution = options.distribution { return distribution }
    guard let id = report.release["ID"], !id.isEmpty, id != ExtensionRelease.anyID else { return "custom" }
    return id.utf8.starts(with: "opensuse".utf8) ? "opensuse" : id
  }

  private var distributionRelease: String? {
    if let release = options.release { return release }
    guard let id = report.release["ID"], id != ExtensionRelease.anyID else { return nil }
    if ["opensuse-tumbleweed", "opensuse-microos"].contains(id) { return "tumbleweed" }
    return report.release["VERSION_ID"].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The release file's assignments; of several for one key, the last one in the place of the first, as mkosi has it.
  private var release: [JSON.Member] {
    var keys: Set<String> = []
    return report.release.text.fields.compactMap { field in
      guard keys.insert(field.key).inserted else { return nil }
      return .init(field.key, .string(report.release[field.key] ?? field.value))
    }
  }

  private var ours: [JSON.Member] {
    var image: [JSON.Member] = [
      .init("size", .count(report.byteCount)), .init("seed", .string(report.seed.value.description)),
    ]
    if let hash = options.rootHash { image.append(.init("roothash", .string(hash.hex))) }
    var members: [JSON.Member] = [
      .init("image", .object(image)),
      .init(
        "inputs",
        .array(
          packages.map {
            .object([.init("file", .string($0.lastName)), .init("header_sha256", .string($0.headerSHA256.hex))])
          })),
      .init("findings", .array((report.findings + options.findings + findings).map(\.json))),
    ]
    if let scriptlets = options.scriptlets { members.append(.init("scriptlets", scriptlets)) }
    return members
  }
}

extension [RPMPackage] {
  /// By NEVRA, byte for byte, then by the files' names.
  var inManifestOrder: [RPMPackage] {
    let keys = enumerated().map { (Array<UInt8>($1.identity.description.utf8) + [0] + $1.lastName.utf8, $0) }
    return keys.sorted { $0.0.lexicographicallyPrecedes($1.0) }.map { self[$0.1] }
  }
}

extension RPMPackage {
  fileprivate var manifestEntry: JSON {
    .object([
      .init("type", .string("rpm")), .init("name", .string(identity.name)), .init("version", .string(identity.evr)),
      .init("architecture", .string(identity.architecture)), .init("size", .count(installedByteCount ?? 0)),
    ])
  }
}
