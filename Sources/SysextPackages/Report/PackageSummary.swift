import Compression
public import ImageCore
public import RPM
public import SysextImage

/// What a package says of itself, for people and for programs.
public struct PackageSummary: Sendable {
  private let package: RPMPackage
  private let scriptlets: [RPMScriptlet]
  private let triggers: [RPMTrigger]
  private let digests: [RPMDigest]
  private let signatures: [RPMSignature]
  private let dependencies: [(kind: RPMDependency.Kind, values: [RPMDependency])]
  private let fileCount: Int
  private let compressor: String

  /// Reads it from the headers, and compares the main header with its digests.
  ///
  /// - Throws: `.corrupt` for what contradicts itself, `.mismatch` for a wrong digest.
  public init(_ package: RPMPackage) throws(ImageError) {
    self.package = package
    try package.verifyHeader()
    scriptlets = try package.scriptlets()
    triggers = try package.triggers()
    digests = try package.digests()
    signatures = try package.signatures()
    var dependencies: [(RPMDependency.Kind, [RPMDependency])] = []
    for kind in RPMDependency.Kind.allCases { dependencies.append((kind, try package.dependencies(kind))) }
    self.dependencies = dependencies
    fileCount = try package.files().count
    compressor = try package.compressor().rawValue
  }

  private var buildTime: String? {
    package.buildTime.map { Timestamp(seconds: Int64(clamping: $0)).dateAndTime }
  }

  private var payload: String {
    let length = package.payloadRange.upperBound - package.payloadRange.lowerBound
    return "\(package.payloadFormat), \(compressor)" + (package.payloadFlags.map { " \($0)" } ?? "")
      + ", \(length) bytes"
  }

  /// Lines as `rpm -qi` has them, and what the package would run; with `isVerbose` the dependencies and scripts, too.
  public func text(isVerbose: Bool) -> String {
    let identity = package.identity
    let fields: [(String, String?)] = [
      ("Name", identity.name), ("Epoch", identity.epoch.map { "\($0)" }), ("Version", identity.version),
      ("Release", identity.release), ("Architecture", identity.isSource ? "src" : identity.architecture),
      ("Summary", package.summary), ("License", package.license),
      ("Size", package.installedByteCount.map { "\($0) bytes in \(fileCount) files" }),
      ("Source", package.sourceRPM), ("Vendor", package.vendor), ("Distribution", package.distribution),
      ("URL", package.url), ("Built", buildTime), ("Build host", package.buildHost),
      ("Format", "\(package.format)" + (package.rpmVersion.map { ", by rpm \($0)" } ?? "")), ("Payload", payload),
      ("Digests", digests.map { "\($0.scope.rawValue) \($0.algorithm)" }.joined(separator: ", ")),
      ("Signatures", list(signatures.map(\.description))),
      ("Scriptlets", list(scriptlets.map { "\($0.kind.rawValue) (\($0.interpreter.joined(separator: " ")))" })),
      ("Triggers", list(triggers.map { "\($0.kind.rawValue)\($0.event?.rawValue ?? "") (\($0.interpreter))" })),
    ]
    var text = ""
    for (name, value) in fields {
      guard let value else { continue }
      text += name + String(repeating: " ", count: 13 - name.count) + printable(value.utf8) + "\n"
    }
    if let description = package.description {
      text += "\n" + Self.lines(description, indent: "")
    }
    return isVerbose ? text + details : text
  }

  private func list(_ words: [String]) -> String? { words.isEmpty ? nil : words.joined(separator: ", ") }

  private var details: String {
    var text = ""
    for (kind, values) in dependencies where !values.isEmpty {
      text += "\n\(kind.rawValue):\n"
      for value in values { text += Self.lines(value.description, indent: "  ") }
    }
    for scriptlet in scriptlets {
      text += "\n\(scriptlet.kind.rawValue) (\(printable(scriptlet.interpreter.joined(separator: " ").utf8)))"
      text += scriptlet.script.map { ":\n" + Self.lines($0, indent: "  ") } ?? "\n"
    }
    for trigger in triggers {
      let conditions = trigger.conditions.map(\.description).joined(separator: ", ")
      text += "\n\(trigger.kind.rawValue)\(trigger.event?.rawValue ?? "") on \(printable(conditions.utf8)):\n"
      text += Self.lines(trigger.script, indent: "  ")
    }
    return text
  }

  /// Lines that are safe to print, each behind `indent`.
  private static func lines(_ text: String, indent: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { line in
        // Tabs are no danger, and scripts have them.
        indent
          + line.split(separator: "\t", omittingEmptySubsequences: false).map { printable($0.utf8) }.joined(
            separator: "\t")
          + "\n"
      }
      .joined()
  }

  /// All of it; docs/command-line.md describes it.
  public func json() -> JSON {
    let identity = package.identity
    return .object([
      .init("file", .string(package.fileName)), .init("format", .count(package.format)),
      .init("name", .string(identity.name)), .init("epoch", identity.epoch.map(JSON.count) ?? .null),
      .init("version", .string(identity.version)), .init("release", .string(identity.release)),
      .init("architecture", .string(identity.architecture)), .init("isSource", .bool(identity.isSource)),
      .init("summary", .optional(package.summary)), .init("description", .optional(package.description)),
      .init("license", .optional(package.license)), .init("vendor", .optional(package.vendor)),
      .init("distribution", .optional(package.distribution)), .init("url", .optional(package.url)),
      .init("sourceRPM", .optional(package.sourceRPM)), .init("buildTime", package.buildTime.map(JSON.count) ?? .null),
      .init("buildHost", .optional(package.buildHost)), .init("rpmVersion", .optional(package.rpmVersion)),
      .init("installedSize", package.installedByteCount.map(JSON.count) ?? .null), .init("files", .count(fileCount)),
      .init(
        "payload",
        .object([
          .init("format", .string(package.payloadFormat)), .init("compressor", .string(compressor)),
          .init("flags", .optional(package.payloadFlags)),
          .init("offset", .count(package.payloadRange.lowerBound)),
          .init("size", .count(package.payloadRange.upperBound - package.payloadRange.lowerBound)),
        ])),
      .init("digests", .array(digests.map(\.json))), .init("signatures", .array(signatures.map(\.json))),
      .init("dependencies", .object(dependencies.map { .init($0.kind.rawValue, .array($0.values.map(\.json))) })),
      .init("scriptlets", .array(scriptlets.map(\.json))), .init("triggers", .array(triggers.map(\.json))),
    ])
  }
}

extension RPMDigest {
  fileprivate var json: JSON {
    .object([
      .init("of", .string(scope.rawValue)), .init("algorithm", .string(algorithm.description)),
      .init("value", .string(value.hex)),
    ])
  }
}

extension RPMDependency {
  fileprivate var json: JSON {
    .object(
      [.init("name", .string(name))]
        + (comparison.map { [.init("comparison", .string($0)), .init("version", .string(version))] } ?? []))
  }
}

extension RPMScriptlet {
  fileprivate var json: JSON {
    .object([
      .init("kind", .string(kind.rawValue)), .init("interpreter", .array(interpreter.map(JSON.string))),
      .init("script", .optional(script)),
    ])
  }
}

extension RPMTrigger {
  fileprivate var json: JSON {
    .object([
      .init("kind", .string(kind.rawValue)), .init("event", .optional(event?.rawValue)),
      .init("conditions", .array(conditions.map(\.json))), .init("interpreter", .string(interpreter)),
      .init("script", .string(script)),
    ])
  }
}
