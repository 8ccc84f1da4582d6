import SysextImage

extension SysextInspector {
  /// What `sysext-pack inspect IMAGE` prints.
  func summary(path: String, _ statistics: ErofsStatistics?) -> String {
    var lines = ["\(printable(path.utf8)): \(image.store.byteCount) bytes"]
    lines += image.gpt.map(tableLines) ?? ["Partition table: none"]
    lines += fileSystemLines(statistics)
    for file in releaseFiles {
      lines += ["", "\(printable(file.path.utf8))\(file.isLoose ? " (fits any name)" : ""):"]
      for field in file.release.text.fields {
        lines.append("  \(printable(field.key.utf8))=\(printable(field.value.utf8))")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func tableLines(_ gpt: GPTReading) -> [String] {
    guard let table = try? gpt.table else { return [] }
    func state(_ copy: Result<PartitionTable, ImageError>) -> String {
      switch copy {
      case .success: "good"
      case .failure(let error): "damaged (\(error))"
      }
    }
    var lines = [
      "Partition table: GPT \(table.diskGUID), \(table.sectorSize.rawValue)-byte sectors",
      "  primary \(state(gpt.primary)), backup \(state(gpt.backup)), protective MBR \(gpt.mbr)",
    ]
    for partition in table.partitions {
      let range = try? partition.byteRange
      let place = range.map { "\($0.upperBound - $0.lowerBound) bytes at \($0.lowerBound)" } ?? "out of range"
      let type = PartitionType.name(of: partition.typeGUID) ?? partition.typeGUID.description
      let readOnly = partition.attributes.contains(.readOnly) ? ", read-only" : ""
      lines.append(
        "  \(partition.number): \(type), \(place)\(readOnly), label \(printable(partition.name.utf8)), "
          + "\(partition.uniqueGUID)")
    }
    return lines
  }

  private func fileSystemLines(_ statistics: ErofsStatistics?) -> [String] {
    let volume = image.fileSystem.superblock
    let features = volume.compatibleFeatures.names + volume.incompatibleFeatures.names
    var lines = [
      "File system: EROFS \(volume.uuid), volume name \(volume.volumeName.isEmpty ? "none" : volume.volumeName)",
      "  \(volume.blockCount) blocks of \(volume.blockByteCount) bytes, features \(features.joined(separator: " "))",
    ]
    lines += statistics.map(countLines) ?? ["  \(volume.inodeCount) inodes; --full counts the files"]
    if !volume.algorithms.isEmpty {
      let cluster = volume.maxPclusterByteCount.map { ", pclusters up to \($0) bytes" } ?? ""
      lines.append("  algorithms: \(volume.algorithms.joined(separator: " "))\(cluster)")
    }
    return lines
  }

  private func countLines(_ statistics: ErofsStatistics) -> [String] {
    let reasons = statistics.kernelFeatures.filter { $0.kernel == statistics.minimumKernel }.map(\.name)
    let storages = ErofsInode.Storage.allCases.compactMap { storage in
      statistics.fileCountByStorage[storage].map { "\($0) \(storage.rawValue)" }
    }
    return [
      "  \(statistics.fileCount) files, \(statistics.directoryCount) directories, \(statistics.symlinkCount) symlinks, "
        + "\(statistics.specialCount) special files, \(statistics.hardLinkCount) hard links",
      "  \(statistics.logicalByteCount) bytes in \(statistics.storedByteCount) stored",
      "  needs Linux \(statistics.minimumKernel): \(reasons.joined(separator: ", "))",
    ] + (storages.isEmpty ? [] : ["  files: \(storages.joined(separator: ", "))"])
  }
}
