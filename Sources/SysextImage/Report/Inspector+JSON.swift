public import EROFS
import GPT
import ImageCore

extension SysextInspector {
  /// What `sysext-pack inspect --json` prints; the members are described in docs/command-line.md.
  ///
  /// - Returns: The text's value.
  /// - Throws: What reading the file system's inodes throws.
  public func json() async throws(ImageError) -> JSON {
    json(try image.fileSystem.statistics(), try await ImageSurvey(image))
  }

  /// The same with what is known already; `nil` for what needs a walk over all files.
  ///
  /// - Parameters:
  ///   - statistics: Those of the image's file system.
  ///   - survey: The image's.
  /// - Returns: The text's value.
  public func json(_ statistics: ErofsStatistics?, _ survey: ImageSurvey?) -> JSON {
    .object([
      .init("byteCount", .count(image.store.byteCount)),
      .init("partitionTable", image.gpt.map(\.json) ?? .null),
      .init("fileSystem", image.fileSystem.superblock.json(statistics, image.partition)),
      .init("releaseFiles", .array(releaseFiles.map(\.json))),
      .init("extensionRelease", extensionRelease?.json ?? .null),
      .init("regions", survey?.regionsJSON ?? .null),
      .init("largestFiles", survey.map { .array($0.largestFiles.map(\.json)) } ?? .null),
      .init("folders", survey.map { .array($0.folders.map(\.json)) } ?? .null),
      .init("findings", .array(findings.map(\.json))),
    ])
  }
}

extension ImageSurvey {
  fileprivate var regionsJSON: JSON {
    .array(
      byteCounts.map { region in
        .object([.init("kind", .string(region.kind.rawValue)), .init("byteCount", .count(region.byteCount))])
      })
  }
}

extension ImageSurvey.File {
  fileprivate var json: JSON {
    .object([
      .init("path", .string(path)),
      .init("byteCount", .count(byteCount)),
      .init("storedByteCount", .count(storedByteCount)),
    ])
  }
}

extension ImageSurvey.Folder {
  fileprivate var json: JSON {
    .object([
      .init("path", .string(path)),
      .init("files", .count(fileCount)),
      .init("byteCount", .count(byteCount)),
      .init("storedByteCount", .count(storedByteCount)),
    ])
  }
}

extension GPTReading {
  fileprivate var json: JSON {
    let table = try? table
    return .object([
      .init("primary", JSON.state(of: primary)),
      .init("backup", JSON.state(of: backup)),
      .init("protectiveMBR", .string("\(mbr)")),
      .init("diskGUID", .optional(table?.diskGUID.description)),
      .init("sectorByteCount", .count(sectorSize.rawValue)),
      .init("partitions", .array(table?.partitions.map(\.json) ?? [])),
    ])
  }
}

extension JSON {
  /// `good`, or what is wrong with a copy of the table.
  fileprivate static func state(of copy: Result<PartitionTable, ImageError>) -> JSON {
    switch copy {
    case .success: .string("good")
    case .failure(let error): .string(error.description)
    }
  }
}

extension ErofsSuperblock {
  fileprivate func json(_ statistics: ErofsStatistics?, _ partition: Partition?) -> JSON {
    .object([
      .init("type", .string("erofs")),
      .init("partition", partition.map { .count($0.number) } ?? .null),
      .init("uuid", .string(uuid.description)),
      .init("volumeName", .string(volumeName)),
      .init("blockByteCount", .count(blockByteCount)),
      .init("blockCount", .count(blockCount)),
      .init("inodeCount", .count(inodeCount)),
      .init("epochSeconds", .integer(epoch.seconds)),
      .init("epochNanoseconds", .count(epoch.nanoseconds)),
      .init("checksum", checksum.map { .count($0) } ?? .null),
      .init("compatibleFeatures", .array(compatibleFeatures.names.map(JSON.string))),
      .init("incompatibleFeatures", .array(incompatibleFeatures.names.map(JSON.string))),
      .init("algorithms", .array(algorithms.map(JSON.string))),
      .init("maxPclusterByteCount", maxPclusterByteCount.map { .count($0) } ?? .null),
      .init("minimumKernel", .optional(statistics?.minimumKernel.description)),
      .init("kernelFeatures", statistics.map { .array($0.kernelFeatures.map(\.json)) } ?? .null),
      .init("counts", statistics?.json ?? .null),
    ])
  }
}

extension KernelFeature {
  fileprivate var json: JSON {
    .object([.init("name", .string(name)), .init("kernel", .string(kernel.description))])
  }
}

extension ErofsStatistics {
  fileprivate var json: JSON {
    let storages = ErofsInode.Storage.allCases.map { storage in
      JSON.Member(storage.rawValue, .count(fileCountByStorage[storage] ?? 0))
    }
    return .object([
      .init("directories", .count(directoryCount)),
      .init("files", .count(fileCount)),
      .init("symlinks", .count(symlinkCount)),
      .init("special", .count(specialCount)),
      .init("hardLinks", .count(hardLinkCount)),
      .init("withExtendedAttributes", .count(xattrInodeCount)),
      .init("filesByStorage", .object(storages)),
      .init("logicalByteCount", .count(logicalByteCount)),
      .init("storedByteCount", .count(storedByteCount)),
    ])
  }
}

extension SysextInspector.ReleaseFile {
  fileprivate var json: JSON {
    .object([
      .init("path", .string(path)),
      .init("fitsAnyName", .bool(isLoose)),
      .init("fields", release.json),
    ])
  }
}
