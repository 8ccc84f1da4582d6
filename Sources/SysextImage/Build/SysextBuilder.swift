import EROFS
public import FileTree
public import GPT
public import ImageCore
public import SystemPackage

/// Makes an extension image out of a tree.
public struct SysextBuilder: Sendable {
  /// The names that the image goes by.
  public let name: ExtensionName
  /// How it is made.
  public var options: BuildOptions

  /// Makes a builder for an image whose name is known in all its parts.
  public init(name: ExtensionName, options: BuildOptions = BuildOptions()) {
    self.name = name
    self.options = options
  }

  /// Makes a builder for an image that is called `<name>-<version>.<architecture>.raw`, or `<name>.raw`.
  ///
  /// - Parameters:
  ///   - name: The short name.
  ///   - version: The version of the extension.
  ///   - architecture: What the content is for.
  ///   - options: How it is made.
  /// - Throws: `.invalidArgument` for an impossible name.
  public init(
    name: String, version: String? = nil, architecture: Architecture = .native, options: BuildOptions = BuildOptions()
  ) throws(ImageError) {
    let name = try ExtensionName.resolve(name: name, version: version, architecture: architecture)
    self.init(name: name, options: options)
  }

  /// Makes a builder for an image file, by its name and what is said explicitly.
  ///
  /// - Parameters:
  ///   - output: Where the image will be; `<name>-<version>.<architecture>.raw` gives all three.
  ///   - name: The short name.
  ///   - version: The version of the extension.
  ///   - architecture: What the content is for; this machine's where nobody says.
  ///   - options: How it is made.
  /// - Throws: `.invalidArgument` for an impossible name, `.mismatch` where the file name says something else.
  public init(
    output: FilePath, name: String? = nil, version: String? = nil, architecture: Architecture? = nil,
    options: BuildOptions = BuildOptions()
  ) throws(ImageError) {
    func resolve(_ architecture: Architecture?) throws(ImageError) -> ExtensionName {
      try ExtensionName.resolve(
        fileName: output.lastComponent?.string, name: name, version: version, architecture: architecture)
    }
    let said = try resolve(architecture)
    // Only once it is clear that neither says what the content is for, this machine does.
    self.init(name: said.architecture == nil ? try resolve(.native) : said, options: options)
  }

  /// Builds the image: one pass from the tree into the file, which appears whole or not at all.
  ///
  /// - Parameters:
  ///   - tree: What goes in; entries beside `usr` and `opt` (`etc` for a confext) are left out.
  ///   - output: The image file.
  /// - Returns: What was built.
  /// - Throws: What is wrong with the tree, an input file, the options or the output; `.cancelled` when the task is.
  public func build(_ tree: FileTree, to output: FilePath) async throws(ImageError) -> BuildReport {
    let image = try await write(tree, to: output)
    try image.publish()
    return image.report
  }

  /// Writes the image, for who has to look at something else before anybody sees it.
  package func write(_ tree: FileTree, to output: FilePath) async throws(ImageError) -> UnpublishedImage {
    try options.validate()
    let type = PartitionType(designator: options.partition, architecture: name.architecture ?? .native)
    var tree = tree
    var findings = name.findings
    let release = try prepare(&tree, &findings)
    let file = try OutputFile(output, replace: options.replacesExisting)

    let base = options.rawFileSystem ? 0 : PartitionTable.firstPartitionOffset
    let erofs = try await ErofsWriter(options: erofsOptions).write(tree, to: file, at: base, identity(type.guid))
    findings += erofs.findings

    let seed = options.seed ?? Seed(name: name.full, contentDigests: erofs.contentDigests)
    var byteCount = erofs.byteCount
    var table: PartitionTable?
    var verity: VerityPartition?
    if !options.rawFileSystem {
      if options.verity == .hash {
        verity = try await VerityPartition.write(
          to: file, behind: base..<base + partitionByteCount(byteCount), seed, threadCount)
      }
      let written = try makeTable(seed, type, byteCount, verity)
      for area in try written.encodedAreas { try file.write(area.bytes.rawSpan, at: area.offset) }
      byteCount = try written.imageByteCount
      table = written
    }
    try file.finish(byteCount: byteCount)
    return UnpublishedImage(
      report: BuildReport(
        name: name, architecture: type.architecture, byteCount: byteCount, seed: seed, partitionTable: table,
        rootHash: verity?.rootHash, erofs: erofs, release: release, findings: findings), file: file)
  }

  /// Makes the tree an extension's: layout, owners, times, release files.
  private func prepare(_ tree: inout FileTree, _ findings: inout [Finding]) throws(ImageError) -> ExtensionRelease {
    let policy = LayoutPolicy(kind: options.kind, designator: options.partition, isStrict: options.isStrict)
    findings += try policy.apply(to: &tree)
    if options.allRoot {
      tree.updateAttributes {
        $0.uid = 0
        $0.gid = 0
      }
    }
    if let latest = options.latestTime { tree.updateAttributes { $0.modified = min($0.modified, latest) } }
    let wanted = try ExtensionRelease.make(
      name: name, kind: options.kind, osRelease: options.osRelease, options: options.release)
    let directory = FilePath(options.kind.releaseDirectory(in: options.partition))
    let files = ReleaseFiles(kind: options.kind, directory: directory, files: options.releaseFiles)
    let result = try files.apply(
      to: &tree, name: name, release: wanted, time: tree.newestTime)
    findings += result.findings
    return result.release
  }

  private var erofsOptions: ErofsOptions {
    var erofs = options.erofs
    if erofs.volumeName.isEmpty { erofs.volumeName = name.name.prefix(utf8ByteCount: 15) }
    return erofs
  }

  private func identity(_ type: GUID) -> ErofsWriter.Identity {
    @Sendable func uuid(_ seed: Seed) -> GUID { seed.fileSystemUUID(partition: seed.partitionGUID(type)) }
    if let seed = options.seed { return .uuid(uuid(seed)) }
    return .content { [name] in uuid(Seed(name: name.full, contentDigests: $0)) }
  }

  private var threadCount: Int { max(1, options.erofs.threadCount ?? POSIX.processorCount) }

  /// A file system in small blocks may end before its partition does.
  private func partitionByteCount(_ byteCount: UInt64) -> UInt64 {
    byteCount.roundedUp(to: PartitionTable.grainByteCount)
  }

  private func makeTable(
    _ seed: Seed, _ type: PartitionType, _ byteCount: UInt64, _ tree: VerityPartition?
  ) throws(ImageError) -> PartitionTable {
    var partitions = [
      NewPartition(
        typeGUID: type.guid, uniqueGUID: tree?.dataGUID ?? seed.partitionGUID(type.guid), attributes: .readOnly,
        label: type.label, byteCount: partitionByteCount(byteCount))
    ]
    if let tree { partitions.append(tree.partition(type)) }
    return try PartitionTable(diskGUID: seed.diskGUID, sectorSize: options.sectorSize, layingOut: partitions)
  }
}

extension String {
  /// As many whole characters as fit in `count` bytes of UTF-8.
  fileprivate func prefix(utf8ByteCount count: Int) -> String {
    var result = ""
    for character in self {
      if result.utf8.count + character.utf8.count > count { break }
      result.append(character)
    }
    return result
  }
}
