import FileTree
import ImageCore
import RPM
import SysextImage

/// What both kinds of lists say of a package.
struct ListedPackage: Sendable {
  let name: String
  /// Version and release, with the epoch where there is one.
  let version: String
  let nevra: String
  let url: String
  let license: String?
  let vendor: String?
  let summary: String?
  let description: String?
  let homePage: String?
  let sourceRPM: String?
  let fileName: String
  let installedByteCount: UInt64?
  /// In seconds since 1970, as far as it has a year of four digits.
  let buildTime: Int64?
  let headerSHA256: [UInt8]
  /// Those that the header claims of the payload.
  let payloadDigests: [RPMDigest]

  /// Half of the header's digest: enough to tell packages apart.
  var key: String { headerSHA256.prefix(16).hex }

  init(_ package: RPMPackage) throws(ImageError) {
    name = package.identity.name
    version = package.identity.evr
    nevra = package.identity.description
    url = PackageURL(package.identity, vendor: package.vendor).text
    license = Self.text(package.license)
    vendor = Self.text(package.vendor)
    summary = Self.text(package.summary)
    description = Self.text(package.description)
    homePage = Self.text(package.url).flatMap { Self.isAddress($0) ? $0 : nil }
    sourceRPM = Self.text(package.sourceRPM)
    fileName = package.lastName
    installedByteCount = package.installedByteCount
    buildTime = package.buildTime.flatMap { $0 <= SBOM.latestTime ? Int64($0) : nil }
    headerSHA256 = package.headerSHA256
    payloadDigests = try package.digests().filter { $0.scope == .payload || $0.scope == .archive }
  }

  /// By NEVRA, and each only once.
  static func list(_ packages: [RPMPackage]) throws(ImageError) -> [ListedPackage] {
    var seen: Set<[UInt8]> = []
    var listed: [ListedPackage] = []
    for package in packages.inManifestOrder {
      let item = try ListedPackage(package)
      if seen.insert(item.headerSHA256).inserted { listed.append(item) }
    }
    return listed
  }

  /// `(none)` is what old packages have where there is nothing.
  private static func text(_ value: String?) -> String? {
    guard let value, !value.isEmpty, value != "(none)" else { return nil }
    return value
  }

  private static func isAddress(_ text: String) -> Bool {
    let begins = ["https://", "http://", "ftp://"].contains { text.utf8.starts(with: $0.utf8) }
    return begins && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"\"<>\\^`{|}".utf8.contains($0) }
  }
}
