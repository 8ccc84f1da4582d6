public import FileTree
public import ImageCore
public import SystemPackage

/// Writes a tree as an EROFS file system, in one pass.
///
/// File data goes out first, in the order of the tree, with the inodes of files between it; directories follow; the
/// superblock, the root and the shared extended attributes, at the beginning, are written last.
public struct ErofsWriter: Sendable {
  /// Where the file system's UUID comes from.
  package enum Identity: Sendable {
    case uuid(GUID)
    /// From the digests of all that is written.
    case content(@Sendable ([UInt8]) -> GUID)

    var usesContent: Bool {
      if case .content = self { true } else { false }
    }
  }

  /// What only the largest trees reach; for tests, which have less.
  package struct Limits: Sendable {
    /// Where blocks begin to be handed out, behind the image's front; what is between is a hole.
    package var firstBlock: UInt64 = 0
    /// The offset of the last fragment is below this.
    package var fragmentByteCount: UInt64 = 1 << 32

    package init() {}
  }

  private let options: ErofsOptions
  private let limits: Limits

  /// Makes a writer.
  ///
  /// - Parameter options: Algorithm, cluster size, volume name, threads.
  public init(options: ErofsOptions = ErofsOptions()) { self.init(options: options, limits: Limits()) }

  package init(options: ErofsOptions, limits: Limits) {
    self.options = options
    self.limits = limits
  }

  /// Writes a file that holds the file system and nothing else.
  ///
  /// - Parameters:
  ///   - tree: What goes in.
  ///   - path: The file, which appears whole or not at all.
  ///   - uuid: The volume's UUID.
  ///   - replace: Whether an existing file may be replaced.
  /// - Returns: What was written.
  /// - Throws: What is wrong with the options, the tree, a source file or the output.
  public func write(
    _ tree: FileTree, to path: FilePath, uuid: GUID, replace: Bool = false
  ) async throws(ImageError) -> ErofsReport {
    let output = try OutputFile(path, replace: replace)
    let report = try await write(tree, to: output, at: 0, .uuid(uuid))
    try output.commit(byteCount: report.byteCount)
    return report
  }

  /// Writes the file system into `output`, from byte `base` on.
  package func write(
    _ tree: FileTree, to output: OutputFile, at base: UInt64, _ identity: Identity
  ) async throws(ImageError) -> ErofsReport {
    var format = try ImageFormat(options, limits)
    let findings = try XattrLimits.check(tree)
    let rules = options.rules
    let plan = try InodePlan(tree) { visit in UInt8(rules.firstIndex { $0.fits(visit) }.map { $0 + 1 } ?? 0) }
    format.chooseAddresses(SizeBound(tree, plan))
    var inodes = InodeTable(tree, plan, format)
    var front = ImageFront(inodes, format)
    inodes.xattrs.placeSharedArea(at: front.sharedAreaOffset)

    let sink = BlockSink(output, base: base, format, isDigested: identity.usesContent)
    var layout = ImageLayout(sink, format.block, inodeCount: inodes.plan.inodes.count)
    let place = try layout.zone.reserveFront(front.byteCount, &layout.sink)
    layout.sink.skip(to: limits.firstBlock)
    layout.nids[0] = UInt64(front.rootOffset / MetadataZone.slotByteCount)

    try await DataPass.run(inodes, format, isDigested: identity.usesContent, &layout)
    front.root = try DirectoryPass(inodes, format.block).run(rootRoom: front.rootRoom, &layout)

    let (uuid, digests) = try front.finish(place, identity, inodes, &layout)
    var statistics = layout.statistics
    statistics.inodeCount = inodes.plan.inodes.count
    statistics.directoryCount = inodes.plan.directories.count
    return ErofsReport(
      statistics: statistics, byteCount: layout.sink.nextBlock << UInt64(format.block.bits), uuid: uuid,
      contentDigests: digests, findings: findings)
  }
}
