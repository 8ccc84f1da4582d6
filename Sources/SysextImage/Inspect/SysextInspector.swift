public import EROFS
import FileTree
public import GPT
public import ImageCore
public import SystemPackage

/// Looks into an extension image: no root, no mounting.
///
/// Damage that systemd would live with is reported in `findings`; the initialiser throws only where there is nothing to
/// look into.
public struct SysextInspector: Sendable {
  /// The partition table's copies; none for a file system alone.
  public let gpt: GPTReading?
  /// The partition with the file system: the first that systemd would take for root or usr.
  public let partition: Partition?
  /// The file system.
  public let fileSystem: ErofsImage
  /// The release files, in byte order of their names.
  public let releaseFiles: [ReleaseFile]
  /// The image file's length.
  public let byteCount: UInt64
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

  /// Opens an image file.
  ///
  /// - Throws: `.notFound`, `.io`; `.unsupported` or `.corrupt` for what holds no EROFS file system.
  public init(contentsOf path: FilePath) throws(ImageError) {
    let store = try ByteStore(contentsOf: path)
    do throws(ImageError) {
      try self.init(store, fileName: path.lastComponent?.string)
    } catch { throw error.context.first == path.string ? error : error.inContext(path.string) }
  }

  /// Opens an image.
  ///
  /// - Parameters:
  ///   - store: The image's bytes.
  ///   - fileName: The name to check the release files against.
  /// - Throws: `.unsupported` or `.corrupt` for what holds no EROFS file system.
  public init(_ store: ByteStore, fileName: String? = nil) throws(ImageError) {
    byteCount = store.byteCount
    var findings: [Finding] = []
    let found = try SysextInspector.findFileSystem(store, &findings)
    gpt = found.gpt
    partition = found.partition
    fileSystem = found.fileSystem
    releaseFiles = try SysextInspector.readReleaseFiles(found.fileSystem, found.partition)
    findings += SysextInspector.checkName(fileName, releaseFiles)
    self.findings = findings
  }

  /// The release that systemd reads: the one under the longest name, which all others are to equal.
  public var extensionRelease: ExtensionRelease? {
    releaseFiles.max { $0.suffix.utf8.count < $1.suffix.utf8.count }?.release
  }
}

extension SysextInspector {
  private static func findFileSystem(
    _ store: ByteStore, _ findings: inout [Finding]
  ) throws(ImageError) -> (gpt: GPTReading?, partition: Partition?, fileSystem: ErofsImage) {
    let reading: GPTReading
    do throws(ImageError) { reading = try GPTReading(store) } catch {
      guard error.code == .notFound else { throw error }
      findings.append(Finding(.note, "no-partition-table", "a file system alone, without a partition table"))
      return (nil, nil, try ErofsImage(store))
    }
    findings += reading.findings
    let table = try reading.table
    guard let partition = dataPartition(of: table) else {
      throw ImageError(.notFound, "no partition that systemd would take for root or usr")
    }
    let range = try partition.byteRange
    let image = try inContext(partition.place) { () throws(ImageError) in
      try ErofsImage(try store.slice(range))
    }
    return (reading, partition, image)
  }

  /// This machine's architecture first, as systemd does; then any other; then a lone generic partition.
  private static func dataPartition(of table: PartitionTable) -> Partition? {
    let data = table.partitions.filter { $0.type?.role == .data && !$0.attributes.contains(.noAuto) }
    let generic = table.partitions.filter { PartitionType.name(of: $0.typeGUID) == "linux-generic" }
    return data.first { $0.type?.architecture == .native } ?? data.first
      ?? (generic.count == 1 ? generic.first : nil)
  }

  private static func readReleaseFiles(
    _ image: ErofsImage, _ partition: Partition?
  ) throws(ImageError) -> [ReleaseFile] {
    let places: [(ExtensionKind, String)] =
      partition?.type?.designator == .usr
      ? [(.sysext, ExtensionKind.sysext.releaseDirectory(in: .usr))]
      : ExtensionKind.allCases.map { ($0, $0.releaseDirectory) }
    var files: [ReleaseFile] = []
    for (kind, place) in places {
      guard let directory = try image.lookup(FilePath(place)), directory.isDirectory else { continue }
      for entry in try image.entries(of: directory) {
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
    _ image: ErofsImage, _ nid: UInt64, path: String, suffix: String, kind: ExtensionKind
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
