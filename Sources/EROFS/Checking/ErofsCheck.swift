public import ImageCore

extension ErofsFileSystem {
  /// Examines the whole file system: every inode, directory, attribute and map, every extent decompressed, and whether
  /// anything lies on top of anything else.
  ///
  /// - Parameters:
  ///   - readsData: Whether data is read and decompressed; else only metadata is looked at.
  ///   - threadCount: How many threads work; the result does not depend on it. As many as there are processors unless
  ///     told.
  /// - Returns: All that was found, never only the first fault.
  /// - Throws: `.io` and the like when the image cannot be read, `.cancelled`; faults of the image are findings.
  public func check(readsData: Bool = true, threadCount: Int? = nil) async throws(ImageError) -> ErofsCheckReport {
    try await survey(readsData: readsData, threadCount: threadCount, onFile: { _ in }).report
  }

  /// The same, with what only a walk over all files can tell.
  package func survey(
    readsData: Bool, threadCount: Int? = nil, onFile: (ErofsFileFacts) -> Void
  ) async throws(ImageError) -> ErofsSurvey {
    var check = ErofsCheck(self, readsData: readsData)
    try await check.run(threadCount ?? POSIX.processorCount, onFile)
    return ErofsSurvey(report: check.report, regions: check.regions)
  }
}

/// What a walk over all of an image has shown.
package struct ErofsSurvey: Sendable {
  package let report: ErofsCheckReport
  package let regions: RegionMap
}

/// One run of the check: gives out work, and takes the results in order.
struct ErofsCheck {
  /// Files that are longer are examined in parts of this, by several threads.
  private static let partByteCount: UInt64 = 1 << 20
  /// The same when only maps are looked at, which is fast: a part begins with a search for its place in the map.
  private static let mapPartByteCount: UInt64 = 1 << 23
  /// What hostile maps may claim beyond the bytes of the image.
  private static let claimAllowance: UInt64 = 16 << 20

  /// The kernel keeps so much of what was read, in pages of 4 KiB and one more; from 15 on it is all that LZ4 can refer to.
  private static let distancesToWarnOf: ClosedRange<UInt16> = 1...15 << 12

  private let fileSystem: ErofsFileSystem
  private let inodes: InodeCheck
  private(set) var report = ErofsCheckReport()
  private(set) var regions: RegionMap
  private var usage: BlockUsage
  private var large: [(file: LargeFile, facts: ErofsFileFacts?)] = []
  private var claimedByteCount: UInt64 = 0

  private var volume: ErofsVolume { fileSystem.volume }

  init(_ fileSystem: ErofsFileSystem, readsData: Bool) {
    self.fileSystem = fileSystem
    let volume = fileSystem.volume
    let superblock = fileSystem.superblock
    let features = superblock.incompatibleFeatures
    let isShared = !features.isDisjoint(with: [.fragments, .chunkedFiles, .blockAddress48])
    inodes = InodeCheck(
      volume: volume, hasNameFilter: superblock.compatibleFeatures.contains(.xattrFilter),
      partByteCount: readsData ? Self.partByteCount : Self.mapPartByteCount,
      data: DataCheck(
        volume: volume, readsData: readsData, end: superblock.blockCount << UInt64(volume.blockBits),
        decoders: ExtentDecoders()))
    usage = BlockUsage(blockByteCount: volume.blockByteCount, isShared: isShared)
    regions = RegionMap(byteCount: volume.store.byteCount)
  }

  mutating func run(_ threadCount: Int, _ onFile: (ErofsFileFacts) -> Void) async throws(ImageError) {
    let walk = CheckWalk(volume)
    for fault in fileSystem.superblockFaults { report.findings.append(Finding(.error, "erofs-superblock", "\(fault)")) }
    noteMissingDevices()
    do throws(ImageError) {
      try useTables()
      try await examineNames(walk, threadCount, onFile)
      try examinePacked(walk)
      try await examineLarge(threadCount, onFile)
    } catch {
      guard error.isFaultOfImage else { throw error }
      report.findings.append(Finding(.error, "erofs-limit", "\(error)"))
    }
    compare(walk)
  }

  /// Once for each, and not for each file on them.
  private mutating func noteMissingDevices() {
    for device in volume.devices.missing {
      report.findings.append(
        Finding(
          inodes.data.readsData ? .error : .note, "erofs-device-missing", place: device,
          "was not given: what files have on it is not examined"))
    }
  }

  private mutating func examineNames(
    _ walk: CheckWalk, _ threadCount: Int, _ onFile: (ErofsFileFacts) -> Void
  ) async throws(ImageError) {
    let (inodes, volume) = (inodes, volume)
    try await forEachOrdered(
      walk, width: threadCount, window: threadCount * 4,
      transform: { (batch: CheckWalk.Batch) throws(ImageError) -> (CheckWalk.Batch, [Examined]) in
        try volume.withReader(.inOrder) { (reader) throws(ImageError) in
          var results: [Examined] = []
          results.reserveCapacity(batch.items.count)
          for item in batch.items { results.append(try inodes.examine(item, &reader)) }
          return (batch, results)
        }
      },
      commit: { (result: (CheckWalk.Batch, [Examined])) throws(ImageError) in
        report.findings.append(contentsOf: result.0.findings)
        for examined in result.1 { try take(examined, walk, onFile) }
      })
    if let failure = walk.failure { throw failure }
  }

  /// The superblock, and the table of prefixes where it stands in the image.
  private mutating func useTables() throws(ImageError) {
    let end = max(UInt64(Superblock.offset + Superblock.byteCount), UInt64(volume.blockByteCount))
    add(Usage(offset: 0, byteCount: min(end, volume.store.byteCount), kind: .superblock), place: nil)
    let table = volume.xattrPrefixTable
    var reader = MetadataReader(volume)
    let record = try reader.record(Superblock.self, at: UInt64(Superblock.offset))
    if table.count == 0, record.xattrPrefixCount > 0 {
      // The kernel does not ask for the feature's bit.
      report.findings.append(
        Finding(
          .warning, "erofs-xattrs", place: "superblock",
          "xattr_prefix_count is \(record.xattrPrefixCount), and the feature xattr_prefixes is not set"))
    }
    let slotEnd = Superblock.offset + Superblock.byteCount + 16 * Int(record.extensionSlotCount)
    if slotEnd > 4096 {
      report.findings.append(
        Finding(
          .error, "erofs-superblock", place: "superblock",
          "sb_extslots is \(record.extensionSlotCount), more than a page holds; the kernel refuses that"))
    }
    let isConfigured = fileSystem.superblock.incompatibleFeatures.contains(.compressionConfigurations)
    var distance = record.algorithmsOrMaxDistance
    if isConfigured {
      distance = distance & 1 == 0 ? 0 : try reader.record(LZ4Configuration.self, at: UInt64(slotEnd)).maxDistance
    }
    if Self.distancesToWarnOf.contains(distance) {
      report.findings.append(
        Finding(
          .warning, "erofs-superblock", place: "superblock",
          "LZ4's max_distance is \(distance): data that refers further back, which is not looked for, is read wrongly"))
    }
    guard table.count > 0, table.holder == .image else { return }
    var position = table.offset
    do throws(ImageError) {
      _ = try reader.xattrPrefixes()
      for _ in 0..<table.count {
        let length = try reader.withBytes(at: position, count: 2) { (bytes) throws(ImageError) in try bytes.u16(at: 0) }
        position = (position + 2 + UInt64(length)).roundedUp(to: 4)
      }
    } catch {
      guard error.isFaultOfImage else { throw error }
      report.findings.append(Finding(.error, "erofs-xattrs", place: "superblock", "\(error)"))
    }
    add(Usage(offset: table.offset, byteCount: position - table.offset, kind: .sharedMetadata), place: nil)
  }

  private mutating func take(
    _ examined: Examined, _ walk: CheckWalk?, _ onFile: (ErofsFileFacts) -> Void
  ) throws(ImageError) {
    report.findings.append(contentsOf: examined.findings)
    report.counts += examined.counts
    if let count = examined.linkCount { walk?.note(examined.item.nid, linkCount: count) }
    for usage in examined.usages {
      if usage.kind == .inode { claimedByteCount &+= usage.byteCount }
      add(usage, place: examined.item.place)
    }
    if let file = examined.large {
      large.append((file, examined.facts))
    } else if let facts = examined.facts {
      onFile(facts)
    }
    guard claimedByteCount <= Self.claimAllowance + 4 * min(volume.store.byteCount, 1 << 60) else {
      throw ImageError(.limit, "inodes claim more bytes than an image of this length can hold")
    }
  }

  private mutating func add(_ usage: Usage, place: @autoclosure () -> String?) {
    let (overlap, added) = self.usage.add(usage)
    if added > 0 { regions.add(usage, added) }
    guard let overlap else { return }
    report.findings.append(Finding(overlap.severity, "erofs-overlap", place: place(), overlap.message))
  }

  /// The inodes that hold fragments and metadata have no names.
  private mutating func examinePacked(_ walk: CheckWalk) throws(ImageError) {
    for nid in [volume.packedNID, volume.metaboxNID].compactMap(\.self) {
      var item = CheckItem(path: nil, nid: nid, fileType: 0, isFurtherName: false)
      item.special = nid == volume.packedNID ? "packed inode" : "metabox"
      var reader = MetadataReader(volume)
      var examined = try inodes.examine(item, &reader)
      examined.facts = nil
      if walk.links[nid] != nil { examined.report(.error, "erofs-inode", "it has a name, too") }
      examined.counts.fileCount = 0
      try take(examined, nil) { _ in }
    }
  }

  /// Files in parts, each by one thread.
  private mutating func examineLarge(
    _ threadCount: Int, _ onFile: (ErofsFileFacts) -> Void
  ) async throws(ImageError) {
    let (data, volume, files, least) = (inodes.data, volume, large, inodes.partByteCount)
    let parts = files.indices.lazy.flatMap { index in
      Self.parts(of: files[index].file, least).map { (index, $0) }
    }
    var current: (index: Int, findingCount: Int, stored: UInt64)?
    func finish() {
      guard let (index, _, stored) = current, var facts = files[index].facts else { return }
      facts.storedByteCount = stored
      onFile(facts)
    }
    try await forEachOrdered(
      parts, width: threadCount, window: threadCount * 4,
      transform: { (part: (Int, Range<UInt64>)) throws(ImageError) -> (Int, Examined) in
        let (inode, facts) = (files[part.0].file.inode, files[part.0].facts)
        var item = facts?.item ?? CheckItem(path: nil, nid: inode.nid, fileType: 0, isFurtherName: false)
        if facts == nil { item.special = inode.nid == volume.packedNID ? "packed inode" : "metabox" }
        var result = Examined(item)
        result.facts = ErofsFileFacts(item: item, byteCount: inode.byteCount)
        try volume.withReader(.inOrder) { (reader) throws(ImageError) in
          do throws(ImageError) { try data.examine(inode, part.1, &reader, &result) } catch {
            try result.report("erofs-map", error)
          }
        }
        return (part.0, result)
      },
      commit: { (result: (Int, Examined)) throws(ImageError) in
        var (index, examined) = result
        if current?.index != index {
          finish()
          current = (index, 0, 0)
        }
        current?.stored += examined.facts?.storedByteCount ?? 0
        examined.facts = nil
        let rest = Examined.findingLimit - (current?.findingCount ?? 0)
        examined.findings = Array(examined.findings.prefix(max(0, rest)))
        current?.findingCount += examined.findings.count
        try take(examined, nil) { _ in }
      })
    finish()
  }

  private static func parts(of file: LargeFile, _ least: UInt64) -> [Range<UInt64>] {
    let byteCount = file.inode.byteCount
    let step = max(least, byteCount.dividedRoundingUp(by: file.maxPartCount).roundedUp(to: least))
    return stride(from: 0, to: byteCount, by: UInt64.Stride(step)).map { $0..<min(byteCount, $0 + step) }
  }

  /// What the superblock and the inodes count, against what was found.
  private mutating func compare(_ walk: CheckWalk) {
    let wrong = walk.links.filter { _, links in
      guard let stored = links.stored, stored != links.counted else { return false }
      // 1 stands for a directory whose count is not kept.
      return !links.isDirectory || stored != 1
    }
    for (nid, links) in wrong.sorted(by: { $0.key < $1.key }) {
      report.findings.append(
        Finding(
          .warning, "erofs-links", place: "inode \(nid)",
          "i_nlink is \(links.stored ?? 0), there are \(links.counted)"))
    }
    let counted = report.counts.inodeCount
    if fileSystem.superblock.inodeCount != counted {
      report.findings.append(
        Finding(
          .warning, "erofs-inode-count", place: "superblock",
          "counts \(fileSystem.superblock.inodeCount) inodes, \(counted) are there"))
    }
    guard !usage.isFull else {
      report.findings.append(
        Finding(.note, "erofs-too-large", "too much is in use to tell what overlaps and what is unused"))
      return
    }
    // Blocks that the file is too short for are not unused.
    let unused = usage.unusedCount(
      of: min(fileSystem.superblock.blockCount, volume.store.byteCount >> UInt64(volume.blockBits)))
    report.counts.unusedBlockCount = unused
    if unused > 0 { report.findings.append(Finding(.note, "erofs-unused", "nothing uses \(unused) blocks")) }
    if usage.partlySharedCount > 0 {
      report.findings.append(
        Finding(.note, "erofs-shared", "\(usage.partlySharedCount) extents share a part of their blocks with others"))
    }
  }
}
