import SysextImage

extension BuildReport {
  /// What `sysext-pack DIR OUT.raw` prints.
  func summary(path: String, isVerbose: Bool) -> String {
    var lines = [
      "\(path): \(byteCount) bytes, \(erofs.statistics.fileCount) files of \(erofs.statistics.fileByteCount) bytes"
    ]
    if let rootHash { lines.append("root hash: \(rootHash.hex)") }
    if isVerbose {
      lines.append("  seed \(seed.value)")
      for partition in partitionTable?.partitions ?? [] {
        lines.append("  partition \(partition.number) \(partition.name) \(partition.uniqueGUID)")
      }
      lines.append("  file system \(erofs.uuid), \(erofs.statistics.compressedFileCount) files compressed")
      for field in release.text.fields { lines.append("  \(field.key)=\(field.value)") }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
