public import ImageCore
public import SystemPackage

/// Writes trees to this machine's file systems.
///
/// A directory that is not there appears as a whole at the end, or not at all. In one that is there, nothing changes
/// before all has been written beside it; then each file takes its place at once. Nothing is ever written outside, and
/// no symbolic link followed.
public struct DirectoryWriter: Sendable {
  /// How trees are written.
  public struct Options: Sendable {
    /// The number of threads; `nil` for that of the processors.
    public var threadCount: Int?
    /// Whether files get their owners; `nil` for only when this process is root.
    public var setsOwners: Bool?
    /// Whether files get their extended attributes.
    public var setsExtendedAttributes = true
    /// Whether files that are there are replaced.
    public var replacesExisting = false

    /// The usual.
    public init() {}
  }

  /// What was written.
  public struct Report: Sendable {
    /// Directories, the top one, too.
    public let directoryCount: Int
    /// Regular files.
    public let fileCount: Int
    /// Symbolic links.
    public let symlinkCount: Int
    /// Devices, FIFOs and sockets.
    public let specialCount: Int
    /// Further names of files.
    public let hardLinkCount: Int
    /// The sum of the regular files' lengths.
    public let byteCount: UInt64
    /// What could not be restored.
    public let findings: [Finding]
  }

  private let options: Options

  /// Makes a writer.
  public init(_ options: Options = Options()) { self.options = options }

  /// Writes a tree as the directory `path`.
  ///
  /// - Parameters:
  ///   - tree: What to write.
  ///   - path: A directory in one that exists; if it exists itself, it must be empty unless `replacesExisting`.
  /// - Returns: What was written.
  /// - Throws: `.exists`, `.notADirectory`, `.io`, `.cancelled`; what reading the tree's files throws.
  @discardableResult
  public func write(_ tree: FileTree, to path: FilePath) async throws(ImageError) -> Report {
    try await write(FileTreeWalk(tree), to: path)
  }

  /// The same for a tree that is not in memory.
  @discardableResult
  package func write(_ walk: some TreeWalk, to path: FilePath) async throws(ImageError) -> Report {
    let staging = try StagingFolder(for: path, replace: options.replacesExisting)
    do throws(ImageError) {
      let report = try await write(walk, to: staging)
      try staging.publish()
      return report
    } catch {
      staging.discard()
      throw error
    }
  }

  private func write(_ walk: some TreeWalk, to staging: StagingFolder) async throws(ImageError) -> Report {
    let width = max(1, options.threadCount ?? POSIX.processorCount)
    let owner = POSIX.effectiveOwner
    let losses = WriteLosses()
    let attributes = AttributeWriter(
      setsOwners: options.setsOwners ?? (owner.uid == 0), setsExtendedAttributes: options.setsExtendedAttributes,
      owner: owner, modeMask: try staging.modeMask(), losses: losses)
    let writer = EntryWriter(attributes: attributes, buffers: BufferPool(limit: width + 1))
    var walk = walk
    guard case .enter(nil, let rootAttributes)? = try walk.next() else {
      throw ImageError(.invalidArgument, "a walk that does not begin with the root")
    }
    let root = TargetFolder(root: try staging.openRoot(), rootAttributes, path: staging.path)
    let counts = WriteCounter()
    let jobs = WriteJobs(walk, into: root, writer, width: width, counts: counts)
    try await forEachOrdered(
      jobs, width: width, window: 4 * width,
      transform: { (job: Result<WriteJob, ImageError>) throws(ImageError) in try writer.run(try job.get()) },
      commit: { (links: [HardLink]) throws(ImageError) in
        for link in links { try writer.link(link) }
      })
    return Report(counts.value, losses.findings(ownersAreWanted: options.setsOwners != false))
  }
}

extension DirectoryWriter.Report {
  fileprivate init(_ counts: WriteCounts, _ findings: [Finding]) {
    directoryCount = counts.directories
    fileCount = counts.files
    symlinkCount = counts.symlinks
    specialCount = counts.special
    hardLinkCount = counts.links
    byteCount = counts.byteCount
    self.findings = findings
  }
}

extension EntryWriter {
  /// Does a job, on any thread; returns the links that are to be made when all jobs before it are done.
  fileprivate func run(_ job: WriteJob) throws(ImageError) -> [HardLink] {
    var buffer = buffers.take(atLeast: Self.pieceByteCount)
    defer { buffers.give(buffer) }
    switch job {
    case .entries(let entries, let links):
      for entry in entries {
        try checkCancellation()
        try write(entry, &buffer)
        try entry.folder.release(attributes)
      }
      return links
    case .pieces(let file, let pieces):
      try file.write(pieces, self, &buffer)
      return []
    }
  }

  /// Gives a file a further name.
  fileprivate func link(_ link: HardLink) throws(ImageError) {
    let (first, folder, name) = (link.first, link.folder, link.name)
    try folder.checkName(name)
    var isThere = true
    try first.folder.withFile(attributes) { (directory) throws(Errno) in
      do throws(Errno) { try POSIX.link(first.name.bytes, in: directory, as: name.bytes, in: folder.file) } catch {
        // A device that was left out has no second name, either.
        guard error == .noSuchFileOrDirectory, first.node.isDevice else { throw error }
        isThere = false
      }
    }
    if !isThere { attributes.losses.count(.device) }
    try folder.release(attributes)
  }
}

extension FileTree.Node {
  fileprivate var isDevice: Bool {
    switch kind {
    case .characterDevice, .blockDevice: true
    default: false
    }
  }
}
