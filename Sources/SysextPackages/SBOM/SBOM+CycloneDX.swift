import ImageCore
import RPM
import SysextImage

extension SBOM {
  /// CycloneDX 1.6 (ECMA-424), members in the order of its reference.
  var cycloneDX: JSON {
    let image = report.name.fileName
    return .object([
      .init("$schema", .string("http://cyclonedx.org/schema/bom-1.6.schema.json")),
      .init("bomFormat", .string("CycloneDX")),
      .init("specVersion", .string("1.6")),
      .init("serialNumber", .string("urn:uuid:\(uuid(of: "cyclonedx"))")),
      .init("version", .integer(1)),
      .init(
        "metadata",
        .object([
          .init("timestamp", .string(created)),
          .init("lifecycles", .array([.object([.init("phase", .string("build"))])])),
          .init("tools", .object([.init("components", .array([tool]))])),
          .init("component", imageComponent(image)),
        ])),
      .init("components", .array(packages.map(\.component))),
      .init("dependencies", .array(dependencies(image))),
    ])
  }

  private var tool: JSON {
    var members: [JSON.Member] = [.init("type", .string("application")), .init("name", .string(Self.toolName))]
    if let version = options.toolVersion { members.append(.init("version", .string(version))) }
    return .object(members)
  }

  private func imageComponent(_ image: String) -> JSON {
    var members: [JSON.Member] = [
      .init("type", .string("file")), .init("bom-ref", .string(image)), .init("name", .string(report.name.name)),
    ]
    if let version = report.name.version { members.append(.init("version", .string(version))) }
    if let digest = options.imageSHA256 {
      let hash = JSON.object([.init("alg", .string("SHA-256")), .init("content", .string(digest.hex))])
      members.append(.init("hashes", .array([hash])))
    }
    members.append(
      .init(
        "properties",
        .array([
          property("file", image), property("architecture", report.architecture.rawValue),
          property("size", "\(report.byteCount)"), property("seed", report.seed.value.description),
        ])))
    return .object(members)
  }

  private func dependencies(_ image: String) -> [JSON] {
    let references = packages.map { JSON.string($0.reference) }
    let parts = references.map { JSON.object([.init("ref", $0)]) }
    return [.object([.init("ref", .string(image)), .init("dependsOn", .array(references))])] + parts
  }
}

/// A property in our own part of the names.
private func property(_ name: String, _ value: String) -> JSON {
  .object([.init("name", .string("\(SBOM.toolName):\(name)")), .init("value", .string(value))])
}

extension ListedPackage {
  /// What the list calls it: unlike its package URL, this is never that of another build.
  fileprivate var reference: String { "\(nevra)#\(key)" }

  fileprivate var component: JSON {
    var members: [JSON.Member] = [.init("type", .string("library")), .init("bom-ref", .string(reference))]
    if let vendor { members.append(.init("supplier", .object([.init("name", .string(vendor))]))) }
    members += [.init("name", .string(name)), .init("version", .string(version))]
    if let summary { members.append(.init("description", .string(summary))) }
    if let license { members.append(.init("licenses", .array([Self.choice(license)]))) }
    members.append(.init("purl", .string(url)))
    if let homePage {
      let reference = JSON.object([.init("url", .string(homePage)), .init("type", .string("website"))])
      members.append(.init("externalReferences", .array([reference])))
    }
    // `hashes` would be those of the whole file, which headers do not have.
    var properties = [property("file", fileName), property("header-sha256", headerSHA256.hex)]
    for digest in payloadDigests {
      properties.append(property("\(digest.scope.rawValue)-\(digest.algorithm)".lowercased(), digest.value.hex))
    }
    if let sourceRPM { properties.append(property("source-rpm", sourceRPM)) }
    if let installedByteCount { properties.append(property("installed-size", "\(installedByteCount)")) }
    members.append(.init("properties", .array(properties)))
    return .object(members)
  }

  private static func choice(_ license: String) -> JSON {
    let declared = JSON.Member("acknowledgement", .string("declared"))
    guard let expression = LicenseExpression(license) else {
      return .object([.init("license", .object([.init("name", .string(license)), declared]))])
    }
    guard let identifier = expression.identifier else {
      return .object([.init("expression", .string(license)), declared])
    }
    return .object([.init("license", .object([.init("id", .string(identifier)), declared]))])
  }
}
