public import FileTree
import ImageCore
import SysextImage
import SystemPackage

/// Which files are written beside an image, to say what is in it.
public struct CompanionFiles: Sendable {
  /// Whether there is a manifest, `NAME.manifest` for `NAME.raw`, as mkosi writes it.
  public var hasManifest = true
  /// The forms of bills of materials, `NAME.spdx.json` and `NAME.cdx.json`.
  public var sboms: [SBOM.Format] = []
  /// When they are said to have been made; `nil`: when the newest package was built.
  public var created: Timestamp?
  /// The version of the program that makes them.
  public var toolVersion: String?

  /// A manifest.
  public init() {}

  /// The files, not visible yet.
  struct Prepared: Sendable {
    fileprivate let manifest: OutputFile?
    fileprivate let sboms: [(format: SBOM.Format, file: OutputFile)]

    /// Gives them their names.
    func publish() throws(ImageError) {
      for file in [manifest] + sboms.map(\.file) { try file?.publish() }
    }
  }

  /// Makes sure that they can be written.
  ///
  /// - Throws: `.exists`, `.io`.
  func prepare(beside image: FilePath, replaces: Bool) throws(ImageError) -> Prepared {
    let name = image.lastComponent?.string ?? ""
    let stem = name.hasSuffix(".raw") ? String(name.dropLast(4)) : name
    func file(_ ending: String) throws(ImageError) -> OutputFile {
      try OutputFile(image.removingLastComponent().appending("\(stem).\(ending)"), replace: replaces)
    }
    var files: [(SBOM.Format, OutputFile)] = []
    for format in sboms { files.append((format, try file(format == .spdx3 ? "spdx.json" : "cdx.json"))) }
    return Prepared(manifest: hasManifest ? try file("manifest") : nil, sboms: files)
  }

  /// Writes what is in them.
  ///
  /// - Returns: What is worth knowing of them.
  func write(_ prepared: Prepared, _ report: AssemblyReport) throws(ImageError) -> [Finding] {
    var findings: [Finding] = []
    if let file = prepared.manifest {
      var options = ImageManifest.Options()
      options.scriptlets = report.scriptlets.json
      let manifest = ImageManifest(report: report.image, packages: report.packages, options: options)
      findings += manifest.findings
      try file.finish(manifest.text)
    }
    for (format, file) in prepared.sboms {
      var options = SBOM.Options()
      options.created = created
      options.toolVersion = toolVersion
      try file.finish(
        try SBOM(format, report: report.image, packages: report.packages, options: options).json.text)
    }
    return findings
  }
}

extension OutputFile {
  fileprivate func finish(_ text: String) throws(ImageError) {
    let bytes = Array(text.utf8)
    try write(bytes.rawSpan, at: 0)
    try finish(byteCount: UInt64(bytes.count))
  }
}
