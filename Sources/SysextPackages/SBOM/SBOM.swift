public import FileTree
public import ImageCore
public import RPM
public import SysextImage

/// A bill of materials: what packages an image is made of, for programs that look for licences and known faults.
///
/// All of it comes from the build's report and the packages' headers, and the same image and packages give the same
/// bytes: there is no clock in it, and identifiers come from the image's seed.
public struct SBOM: Sendable {
  /// The formats that can be written.
  public enum Format: String, Sendable, CaseIterable {
    /// SPDX 3.0.1 as JSON-LD.
    case spdx3
    /// CycloneDX 1.6 as JSON.
    case cycloneDX = "cyclonedx"
  }

  /// What else is told.
  public struct Options: Sendable {
    /// When the list was made, such as `SOURCE_DATE_EPOCH`; `nil`: when the newest package was built.
    public var created: Timestamp?
    /// The SHA-256 of the whole image file.
    public var imageSHA256: [UInt8]?
    /// The version of the program that made the image.
    public var toolVersion: String?

    /// Nothing.
    public init() {}
  }

  /// The last second of the year 9999, after which the formats have no times.
  static let latestTime: UInt64 = 253_402_300_799
  static let toolName = "sysext-pack"

  let format: Format
  let report: BuildReport
  let packages: [ListedPackage]
  let options: Options

  /// Makes the list.
  ///
  /// - Parameters:
  ///   - format: How it is written.
  ///   - report: What was built.
  ///   - packages: The packages in it, in any order.
  ///   - options: What else is told.
  /// - Throws: `.corrupt` for a digest that is none.
  public init(
    _ format: Format, report: BuildReport, packages: [RPMPackage], options: Options = Options()
  ) throws(ImageError) {
    self.format = format
    self.report = report
    self.packages = try ListedPackage.list(packages)
    self.options = options
  }

  /// The whole document.
  public var json: JSON {
    switch format {
    case .spdx3: spdx
    case .cycloneDX: cycloneDX
    }
  }

  /// ISO 8601, to the second.
  var created: String {
    let seconds = options.created?.seconds ?? packages.compactMap(\.buildTime).max() ?? 0
    return Timestamp(seconds: min(max(seconds, 0), Int64(Self.latestTime))).dateAndTime
  }

  /// A UUID that tells this list from any other one.
  func uuid(of purpose: String) -> GUID {
    let content = Array(report.name.full.utf8) + [0] + packages.flatMap(\.headerSHA256)
    return report.seed.uuid(of: purpose, content)
  }
}
