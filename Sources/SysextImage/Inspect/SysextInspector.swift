import EROFS
import FileTree
import GPT
public import ImageCore
public import SystemPackage

/// Looks into an extension image: no root, no mounting.
///
/// Damage that systemd would live with is reported in `findings`; the initialiser throws only where there is nothing to
/// look into.
public struct SysextInspector: Sendable {
  /// The image.
  public let image: DiskImage
  /// The release files, in byte order of their names.
  public let releaseFiles: [ReleaseFile]
  /// What is wrong or worth knowing.
  public let findings: [Finding]

  /// One extension-release file of an image.
  public struct ReleaseFile: Sendable, Hashable {
    /// Where it is in the file system.
    public let path: String
    /// What follows `extension-release.` in its name.
    public let suffix: String
    /// What it says.
    public let release: ExtensionRelease
    /// Whether `user.extension-release.strict` lets it fit any name.
    public let isLoose: Bool
  }

  /// Reads the release files of an image.
  ///
  /// - Throws: `.corrupt`, `.truncated`, `.unsupported` with the path of the file that cannot be read.
  public init(_ image: DiskImage) throws(ImageError) {
    self.image = image
    releaseFiles = try inFile(image.store.name) { () throws(ImageError) in
      try SysextInspector.readReleaseFiles(image.fileSystem, image.partition)
    }
    findings = image.findings + SysextInspector.checkName(image.fileName, releaseFiles)
  }

  /// Opens an image file.
  ///
  /// - Throws: `.notFound`, `.io`; `.unsupported` or `.corrupt` for what holds no EROFS file system.
  public init(contentsOf path: FilePath) throws(ImageError) {
    try self.init(try DiskImage(contentsOf: path))
  }

  /// The release that systemd reads: the one under the longest name, which all others are to equal.
  public var extensionRelease: ExtensionRelease? {
    releaseFiles.max { $0.suffix.utf8.count < $1.suffix.utf8.count }?.release
  }
}

extension SysextInspector {
  private static func readReleaseFiles(
    _ image: ErofsFileSystem, _ partition: Partition?
  ) throws(ImageError) -> [ReleaseFile] {
    let places: [(ExtensionKind, String)] =
      partition?.type?.designator == .usr
      ? [(.sysext, ExtensionKind.sysext.releaseDirectory(in: .usr))]
      : ExtensionKind.allCases.map { ($0, $0.releaseDirectory) }
    var files: [ReleaseFile] = []
    for (kind, place) in places {
      guard let directory = try image.lookup(FilePath(place)), directory.isDirectory else { continue }
      for entry in try image.readDirectory(directory) {
        let name = String(decoding: entry.name.bytes, as: UTF8.self)
        guard name.hasPrefix(ExtensionKind.releaseFilePrefix) else { continue }
        let path = "/\(place)/\(name)"
        let file = try inContext(path) { () throws(ImageError) in
          try readReleaseFile(
            image, entry.nid, path: path, suffix: String(name.dropFirst(ExtensionKind.releaseFilePrefix.count)),
            kind: kind)
        }
        if let file { files.append(file) }
      }
    }
    return files
  }

  private static func readReleaseFile(
    _ image: ErofsFileSystem, _ nid: UInt64, path: String, suffix: String, kind: ExtensionKind
  ) throws(ImageError) -> ReleaseFile? {
    let inode = try image.inode(nid)
    guard inode.kind == .regular else { return nil }
    let bytes = try image.content(of: inode).bytes(limit: ExtensionKind.releaseByteLimit)
    let strict = try image.attributes(of: inode).extendedAttribute(ExtensionKind.strictAttribute)
    let isStrict = ReleasePlan.Existing(suffix: suffix, bytes: [], strictAttribute: strict).isStrict
    return ReleaseFile(
      path: path, suffix: suffix, release: ExtensionRelease(bytes, kind: kind), isLoose: isStrict == false)
  }

  /// Whether systemd would take the image under its present name.
  private static func checkName(_ fileName: String?, _ files: [ReleaseFile]) -> [Finding] {
    guard !files.isEmpty else {
      return [
        Finding(
          .error, "no-extension-release",
          "no extension-release file: systemd refuses the image, and all other extensions with it")
      ]
    }
    guard let fileName, let name = try? ExtensionName(fileName: fileName) else { return [] }
    var findings = name.findings
    let fits = files.contains {
      $0.suffix == name.full || $0.isLoose || $0.suffix == ReleasePlan.cutAtVersion(name.full)
    }
    if !fits {
      let names = files.map { "\($0.suffix).raw" }.joined(separator: " or ")
      findings.append(
        Finding(
          .error, "name-mismatch", place: fileName,
          "systemd refuses the image under this name: rename it, or link to it as, \(names)"))
    }
    for file in files where file.suffix == name.full {
      findings += file.release.check(for: name, place: file.path)
    }
    return findings
  }
}
