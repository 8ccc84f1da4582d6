import Foundation
import ImageCore
import RPM
import SysextImage
import SysextPackages
import TestPackages
import TestSupport
import Testing

/// Lists of materials, by the rules of their schemas as far as we use them.
@Suite(.tempFolder) struct SBOMTests {
  /// Packages with all and with nothing, twice the same, and with texts that have to be escaped.
  static func packages() throws -> [RPMPackage] {
    let rich = try BuiltImage.package("rich") {
      $0.version = "1~rc1+git^2"
      $0.tags = [
        (1003, .int32([7])), (1004, .i18n("A \"summary\"\t\u{1}")), (1005, .i18n("One\nTwo")), (1009, .int32([4096])),
        (1011, .string("openSUSE")), (1014, .string("GPL-2.0-or-later AND (MIT OR Zlib)")),
        (1020, .string("https://example.org/rich?a=b")), (5092, .strings([String(repeating: "0a", count: 32)])),
        (5093, .int32([8])), (5097, .strings([String(repeating: "0b", count: 32)])),
      ]
    }
    let poor = try BuiltImage.package("poor") {
      $0.architecture = "noarch"
      $0.tags = [(1014, .string("GPLv2+ and MIT")), (1020, .string("not a URL")), (1011, .string("Me & You <a@b>"))]
    }
    let single = try BuiltImage.package("single") { $0.tags = [(1014, .string("mit")), (1011, .string("openSUSE"))] }
    return try [rich, poor, single, rich] + BuiltImage.fixtures()
  }

  static func list(_ format: SBOM.Format, _ packages: [RPMPackage], _ change: (inout SBOM.Options) -> Void = { _ in })
    async throws -> (text: String, object: [String: Any], report: BuildReport)
  {
    let image = try await BuiltImage(packages: packages)
    var options = SBOM.Options()
    change(&options)
    let text = try SBOM(format, report: image.report, packages: packages, options: options).json.text
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    return (text, object, image.report)
  }

  @Test(arguments: SBOM.Format.allCases) func isReproducible(_ format: SBOM.Format) async throws {
    let packages = try Self.packages()
    let one = try await Self.list(format, packages)
    let two = try await Self.list(format, packages.reversed())
    #expect(one.text == two.text)
    let less = try await Self.list(format, Array(packages.dropLast()))
    func identifier(_ text: String) -> Substring? {
      text.firstRange(of: "urn:uuid:").map { text[$0.upperBound...].prefix(36) }
    }
    #expect(identifier(one.text) != nil)
    #expect(identifier(one.text) != identifier(less.text))
  }

  @Test(arguments: SBOM.Format.allCases) func time(_ format: SBOM.Format) async throws {
    let package = try BuiltImage.package("a") { $0.time = 1_700_000_000 }
    func created(_ packages: [RPMPackage], _ time: Int64? = nil) async throws -> String? {
      let object = try await Self.list(format, packages) { $0.created = time.map { Timestamp(seconds: $0) } }.object
      if format == .cycloneDX { return (object["metadata"] as? [String: Any])?["timestamp"] as? String }
      return (object["@graph"] as? [[String: Any]])?.first?["created"] as? String
    }
    #expect(try await created([package]) == "2023-11-14T22:13:20Z")
    #expect(try await created([package], 1) == "1970-01-01T00:00:01Z")
    #expect(try await created([]) == "1970-01-01T00:00:00Z")
    #expect(try await created([], .max) == "9999-12-31T23:59:59Z")
    #expect(try await created([], .min) == "1970-01-01T00:00:00Z")
  }

  // MARK: CycloneDX

  @Test func cycloneDX() async throws {
    let packages = try Self.packages()
    let (_, object, report) = try await Self.list(.cycloneDX, packages) {
      $0.imageSHA256 = [UInt8](repeating: 0xAB, count: 32)
      $0.toolVersion = "1.0"
    }
    #expect(
      Set(object.keys) == [
        "$schema", "bomFormat", "specVersion", "serialNumber", "version", "metadata", "components", "dependencies",
      ])
    #expect(object["bomFormat"] as? String == "CycloneDX")
    #expect(object["specVersion"] as? String == "1.6")
    let serial = try #require(object["serialNumber"] as? String)
    #expect(serial.wholeMatch(of: /urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/) != nil)
    let metadata = try #require(object["metadata"] as? [String: Any])
    let image = try #require(metadata["component"] as? [String: Any])
    #expect(image["name"] as? String == "debug")
    #expect(image["version"] as? String == "4.2")
    #expect(image["bom-ref"] as? String == report.name.fileName)
    #expect(
      (image["hashes"] as? [[String: String]])?.first == [
        "alg": "SHA-256", "content": String(repeating: "ab", count: 32),
      ])

    let components = try #require(object["components"] as? [[String: Any]])
    #expect(components.count == packages.count - 1)
    let allowed: Set<String> = [
      "type", "bom-ref", "supplier", "name", "version", "description", "licenses", "purl", "externalReferences",
      "properties",
    ]
    var references: Set<String> = [report.name.fileName]
    for component in components {
      #expect(allowed.isSuperset(of: component.keys))
      #expect(component["type"] as? String == "library")
      #expect(component["name"] is String && component["version"] is String && component["purl"] is String)
      #expect(references.insert(try #require(component["bom-ref"] as? String)).inserted)
    }
    let dependencies = try #require(object["dependencies"] as? [[String: Any]])
    #expect(Set(dependencies.compactMap { $0["ref"] as? String }) == references)
    #expect(Set(try #require(dependencies.first?["dependsOn"] as? [String])).count == components.count)

    func named(_ name: String) throws -> [String: Any] {
      try #require(components.first { $0["name"] as? String == name })
    }
    let rich = try named("rich")
    #expect(rich["purl"] as? String == "pkg:rpm/opensuse/rich@1~rc1%2Bgit%5E2-2?arch=x86_64&epoch=7")
    #expect(rich["version"] as? String == "7:1~rc1+git^2-2")
    #expect(rich["description"] as? String == "A \"summary\"\t\u{1}")
    #expect((rich["licenses"] as? [[String: String]])?.first?["expression"] == "GPL-2.0-or-later AND (MIT OR Zlib)")
    #expect((rich["supplier"] as? [String: String]) == ["name": "openSUSE"])
    #expect((rich["externalReferences"] as? [[String: String]])?.first?["url"] == "https://example.org/rich?a=b")
    let properties = try #require(rich["properties"] as? [[String: String]])
    let header = try #require(packages.first).headerSHA256.hex
    for (name, value) in [
      ("file", "rich-1~rc1+git^2-2.x86_64.rpm"), ("header-sha256", header), ("installed-size", "4096"),
      ("payload-sha-256", String(repeating: "0a", count: 32)), ("archive-sha-256", String(repeating: "0b", count: 32)),
      ("source-rpm", "rich-1~rc1+git^2-2.src.rpm"),
    ] {
      #expect(properties.contains(["name": "sysext-pack:\(name)", "value": value]), "\(name)")
    }
    let poor = try named("poor")
    #expect(poor["purl"] as? String == "pkg:rpm/me-you-a-b/poor@1-2?arch=noarch")
    #expect((poor["licenses"] as? [[String: [String: String]]])?.first?["license"]?["name"] == "GPLv2+ and MIT")
    #expect(poor["externalReferences"] == nil)
    #expect((try named("single")["licenses"] as? [[String: [String: String]]])?.first?["license"]?["id"] == "MIT")
  }

  // MARK: SPDX

  /// What an element has to have, and may have beside it.
  private static let elements: [String: (required: Set<String>, optional: Set<String>)] = [
    "SoftwareAgent": (["name"], []), "Tool": (["name"], []), "Organization": (["name"], []),
    "SpdxDocument": (["name", "rootElement", "element", "profileConformance"], []),
    "software_Sbom": (["name", "rootElement", "element", "software_sbomType"], []),
    "software_Package": (
      ["name", "software_packageVersion"],
      [
        "summary", "description", "verifiedUsing", "suppliedBy", "builtTime", "software_packageUrl",
        "software_homePage", "software_sourceInfo", "software_primaryPurpose",
      ]
    ),
    "Relationship": (["from", "relationshipType", "to"], []),
    "simplelicensing_LicenseExpression": (["simplelicensing_licenseExpression"], []),
    "simplelicensing_SimpleLicensingText": (["simplelicensing_licenseText"], []),
  ]

  @Test func spdx() async throws {
    let packages = try Self.packages()
    let (_, object, _) = try await Self.list(.spdx3, packages) {
      $0.imageSHA256 = [UInt8](repeating: 0xAB, count: 32)
      $0.toolVersion = "1.0"
    }
    #expect(Set(object.keys) == ["@context", "@graph"])
    #expect(object["@context"] as? String == "https://spdx.org/rdf/3.0.1/spdx-context.jsonld")
    let graph = try #require(object["@graph"] as? [[String: Any]])
    let creation = try #require(graph.first)
    #expect(creation["type"] as? String == "CreationInfo")
    #expect(creation["specVersion"] as? String == "3.0.1")
    var byID: [String: [String: Any]] = [:]
    for element in graph.dropFirst() {
      let type = try #require(element["type"] as? String)
      let rule = try #require(Self.elements[type], "\(type)")
      let common: Set<String> = ["type", "spdxId", "creationInfo"]
      #expect(rule.required.union(common).isSubset(of: element.keys))
      #expect(rule.required.union(common).union(rule.optional).isSuperset(of: element.keys))
      #expect(element["creationInfo"] as? String == creation["@id"] as? String)
      let id = try #require(element["spdxId"] as? String)
      #expect(id.wholeMatch(of: /urn:uuid:[0-9a-f-]{36}#[a-z0-9-]+/) != nil)
      #expect(byID.updateValue(element, forKey: id) == nil)
    }
    // Whatever is named is there.
    for element in graph {
      for key in ["rootElement", "element", "to", "createdBy", "createdUsing"] {
        for id in element[key] as? [String] ?? [] { #expect(byID[id] != nil) }
      }
      for key in ["from", "suppliedBy"] {
        if let id = element[key] as? String { #expect(byID[id] != nil) }
      }
    }
    func all(_ type: String) -> [[String: Any]] { graph.filter { $0["type"] as? String == type } }
    let document = try #require(all("SpdxDocument").first)
    #expect(Set(try #require(document["element"] as? [String])).count == byID.count - 1)
    #expect(all("software_Package").count == packages.count)
    // The same texts are said once.
    #expect(Set(all("Organization").compactMap { $0["name"] as? String }).count == all("Organization").count)
    #expect(
      all("simplelicensing_LicenseExpression").contains {
        $0["simplelicensing_licenseExpression"] as? String == "GPL-2.0-or-later AND (MIT OR Zlib)"
      })
    #expect(
      all("simplelicensing_SimpleLicensingText").contains {
        $0["simplelicensing_licenseText"] as? String == "GPLv2+ and MIT"
      })

    let relations = all("Relationship")
    let contains = try #require(relations.first { $0["relationshipType"] as? String == "contains" })
    #expect((contains["to"] as? [String])?.count == packages.count - 1)
    #expect(byID[try #require(contains["from"] as? String)]?["software_primaryPurpose"] as? String == "diskImage")
    let rich = try #require(byID.values.first { $0["name"] as? String == "rich" })
    let hashes = try #require(rich["verifiedUsing"] as? [[String: String]])
    #expect(
      hashes.map { $0["hashValue"] } == [try #require(packages.first).headerSHA256.hex]
        + ["0a", "0b"].map { String(repeating: $0, count: 32) })
    #expect(hashes.allSatisfy { $0["type"] == "Hash" && $0["algorithm"] == "sha256" })
    #expect(rich["software_packageUrl"] as? String == "pkg:rpm/opensuse/rich@1~rc1%2Bgit%5E2-2?arch=x86_64&epoch=7")
    #expect(rich["software_sourceInfo"] as? String == "built from rich-1~rc1+git^2-2.src.rpm")
    let licenses = relations.filter { $0["relationshipType"] as? String == "hasDeclaredLicense" }
    #expect(licenses.contains { $0["from"] as? String == rich["spdxId"] as? String })
  }

  @Test(arguments: SBOM.Format.allCases) func withoutPackages(_ format: SBOM.Format) async throws {
    let (text, _, _) = try await Self.list(format, [])
    #expect(!text.contains("contains"))
  }

  /// Digests that are none are not passed on.
  @Test func hostileDigest() async throws {
    let package = try BuiltImage.package("bad") { $0.tags = [(5092, .strings(["no hex"]))] }
    await #expect(throws: ImageError(.corrupt, "")) { try await Self.list(.cycloneDX, [package]) }
  }
}
