import ImageCore
public import RPM
public import SysextImage
public import SystemPackage

/// What was built out of packages.
public struct AssemblyReport: Sendable {
  /// The image, with the findings of the assembly in front of its own.
  public var image: BuildReport
  /// The configuration extension beside it, and where it is.
  public var confext: (path: FilePath, report: BuildReport)?
  /// The packages whose files are in it.
  public var packages: [RPMPackage]
  /// What the packages' scriptlets would have done.
  public var scriptlets: ScriptletReport

  /// What `sysext-pack --json` prints: the image's members and further ones; docs/command-line.md describes them.
  public var json: JSON {
    guard case .object(let members) = image.json else { return image.json }
    return .object(
      members + [
        .init("packages", .array(packages.map(\.identityJSON))),
        .init("scriptlets", scriptlets.json),
        .init(
          "confext",
          confext.map { confext in
            .object([.init("path", .string(confext.path.string)), .init("image", confext.report.json)])
          } ?? .null),
      ])
  }
}

extension RPMPackage {
  fileprivate var identityJSON: JSON {
    .object([
      .init("file", .string(lastName)), .init("name", .string(identity.name)),
      .init("version", .string(identity.evr)), .init("architecture", .string(identity.architecture)),
    ])
  }
}
