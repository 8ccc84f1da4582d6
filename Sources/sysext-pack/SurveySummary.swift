import SysextImage

extension ImageSurvey {
  /// Where the bytes are, as a bar and as tables, in 80 columns of ASCII.
  var summary: String {
    let total = byteCounts.reduce(0) { $0 + $1.byteCount }
    var lines = ["", "Regions:", "  [\(String(bar.map(\.letter)))]"]
    for (kind, count) in byteCounts where count > 0 {
      lines.append("  \(kind.letter) \(padded(kind.title, 18))\(right(count, 16)) bytes \(percent(count, of: total))")
    }
    if !largestFiles.isEmpty { lines += ["", "Largest files:", header] }
    for file in largestFiles { lines += row(file.byteCount, file.storedByteCount, file.path) }
    if !folders.isEmpty { lines += ["", "By folder:", header] }
    for folder in folders {
      lines += row(folder.byteCount, folder.storedByteCount, folder.path, files: folder.fileCount)
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private var header: String { "           bytes        stored    ratio  name" }

  private func row(_ count: UInt64, _ stored: UInt64, _ path: String, files: Int? = nil) -> [String] {
    let name = files.map { "\(path) (\($0))" } ?? path
    // Long names end, not begin, with what tells them apart.
    let shown = name.count <= 30 ? name : "..." + name.suffix(27)
    return ["\(right(count, 16))\(right(stored, 14)) \(percent(stored, of: count))  \(shown)"]
  }

  private func right(_ number: UInt64, _ width: Int) -> String {
    let text = "\(number)"
    return String(repeating: " ", count: max(1, width - text.count)) + text
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  /// With one decimal, six columns wide.
  private func percent(_ part: UInt64, of whole: UInt64) -> String {
    guard whole > 0 else { return "     - " }
    let tenths = UInt64((Double(part) / Double(whole) * 1000).rounded())
    return right(tenths / 10, 4) + ".\(tenths % 10) %"
  }
}

extension ImageSurvey.Kind {
  fileprivate var letter: Character {
    switch self {
    case .partitionTable: "T"
    case .superblock: "S"
    case .metadata: "M"
    case .directories: "D"
    case .plain: "P"
    case .chunks: "K"
    case .compressed: "C"
    case .packed: "F"
    case .otherPartition: "O"
    case .unused: "."
    }
  }

  fileprivate var title: String {
    switch self {
    case .partitionTable: "partition table"
    case .superblock: "superblock"
    case .metadata: "metadata"
    case .directories: "directories"
    case .plain: "plain data"
    case .chunks: "chunks"
    case .compressed: "compressed data"
    case .packed: "fragments"
    case .otherPartition: "other partitions"
    case .unused: "unused"
    }
  }
}
