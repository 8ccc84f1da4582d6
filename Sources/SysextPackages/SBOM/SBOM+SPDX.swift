import FileTree
import ImageCore
import RPM
import SysextImage

extension SBOM {
  /// SPDX 3.0.1 in its JSON-LD form: a flat list of elements that name each other.
  var spdx: JSON {
    var graph = SPDXGraph(namespace: "urn:uuid:\(uuid(of: "spdx"))#")
    graph.addCreation(created, tool: [Self.toolName, options.toolVersion].compactMap { $0 }.joined(separator: " "))
    let image = graph.add("software_Package", "image", imageMembers)
    for package in packages { graph.add(package) }
    let parts = packages.map { graph.id("package-\($0.key)") }
    if !parts.isEmpty { graph.relate("contents", image, "contains", parts) }
    for package in packages { graph.license(package) }
    return graph.document(named: report.name.full, root: image)
  }

  private var imageMembers: [JSON.Member] {
    var members: [JSON.Member] = [.init("name", .string(report.name.full))]
    if let digest = options.imageSHA256 { members.append(.hashes([.sha256(digest, "of the image file")])) }
    members += [
      .init("builtTime", .string(created)),
      .init("software_primaryPurpose", .string(report.partitionTable == nil ? "filesystemImage" : "diskImage")),
    ]
    if let version = report.name.version { members.append(.init("software_packageVersion", .string(version))) }
    return members
  }
}

extension SPDXGraph {
  fileprivate mutating func add(_ package: ListedPackage) {
    var members: [JSON.Member] = [.init("name", .string(package.name))]
    if let summary = package.summary { members.append(.init("summary", .string(summary))) }
    if let description = package.description { members.append(.init("description", .string(description))) }
    let digests = package.payloadDigests.compactMap { digest in
      JSON.hash(digest, digest.scope == .payload ? "of the RPM's payload" : "of the RPM's payload, decompressed")
    }
    members.append(.hashes([.sha256(package.headerSHA256, "of the RPM's main header")] + digests))
    if let vendor = package.vendor { members.append(.init("suppliedBy", .string(organization(vendor)))) }
    if let time = package.buildTime {
      members.append(.init("builtTime", .string(Timestamp(seconds: time).dateAndTime)))
    }
    members += [
      .init("software_packageVersion", .string(package.version)), .init("software_packageUrl", .string(package.url)),
    ]
    if let page = package.homePage { members.append(.init("software_homePage", .string(page))) }
    if let source = package.sourceRPM {
      members.append(.init("software_sourceInfo", .string("built from \(source)")))
    }
    add("software_Package", "package-\(package.key)", members)
  }

  /// What the package says of its licence.
  fileprivate mutating func license(_ package: ListedPackage) {
    guard let license = package.license else { return }
    let id = shared("license", license) { graph, name in
      LicenseExpression(license) == nil
        ? graph.add(
          "simplelicensing_SimpleLicensingText", name, [.init("simplelicensing_licenseText", .string(license))])
        : graph.add(
          "simplelicensing_LicenseExpression", name, [.init("simplelicensing_licenseExpression", .string(license))])
    }
    relate("declared-license-\(package.key)", self.id("package-\(package.key)"), "hasDeclaredLicense", [id])
  }

  private mutating func organization(_ vendor: String) -> String {
    shared("organization", vendor) { $0.add("Organization", $1, [.init("name", .string(vendor))]) }
  }
}

extension JSON.Member {
  fileprivate static func hashes(_ values: [JSON]) -> JSON.Member { .init("verifiedUsing", .array(values)) }
}

extension JSON {
  fileprivate static func sha256(_ digest: [UInt8], _ comment: String) -> JSON { hash("sha256", digest, comment) }

  /// A digest that a header claims; `nil` for an algorithm that SPDX has no name for.
  fileprivate static func hash(_ digest: RPMDigest, _ comment: String) -> JSON? {
    let names: [RPMDigestAlgorithm: String] = [
      .md5: "md5", .sha1: "sha1", .sha224: "sha224", .sha256: "sha256", .sha384: "sha384", .sha512: "sha512",
      .sha3_256: "sha3_256", .sha3_512: "sha3_512",
    ]
    return names[digest.algorithm].map { hash($0, digest.value, comment) }
  }

  private static func hash(_ algorithm: String, _ digest: [UInt8], _ comment: String) -> JSON {
    .object([
      .init("type", .string("Hash")), .init("comment", .string(comment)), .init("algorithm", .string(algorithm)),
      .init("hashValue", .string(digest.hex)),
    ])
  }
}
