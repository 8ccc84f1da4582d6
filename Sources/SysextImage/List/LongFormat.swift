import EROFS
import FileTree
import ImageCore

/// Lines as `ls -l` has them: mode, names, owner, group, length, time, name.
struct LongFormat {
  let hasHumanSizes: Bool

  /// Appends a line for each file, the columns as wide as these files need.
  func write(_ files: [ListedFile], to output: inout [UInt8]) {
    let rows = files.map { file in
      [
        "\(file.inode.linkCount)", "\(file.inode.uid)", "\(file.inode.gid)", size(of: file.inode),
      ]
    }
    let widths = (0..<4).map { column in rows.map { $0[column].utf8.count }.max() ?? 0 }
    for (file, row) in zip(files, rows) {
      output.append(file.inode.kind.letter)
      output += Self.permissions(file.inode.permissions)
      for (text, width) in zip(row, widths) {
        output += [UInt8](repeating: 0x20, count: 1 + width - text.utf8.count)
        output += text.utf8
      }
      output.append(0x20)
      output += file.inode.modified.dateAndTime.utf8
      output.append(0x20)
      output.append(printable: file.name.bytes)
      if let target = file.target {
        output += " -> ".utf8
        output.append(printable: target)
      }
      output.append(0x0A)
    }
  }

  private func size(of inode: ErofsInode) -> String {
    if let device = inode.kind.device { return "\(device.major),\(device.minor)" }
    return hasHumanSizes ? Self.human(inode.byteCount) : "\(inode.byteCount)"
  }

  /// `rwxr-sr-t`.
  static func permissions(_ mode: UInt16) -> [UInt8] {
    var text = Array("rwxrwxrwx".utf8)
    for (index, bit) in (0..<9).reversed().enumerated() where mode >> UInt16(bit) & 1 == 0 {
      text[index] = UInt8(ascii: "-")
    }
    for (bit, index, letter) in [(11, 2, "s"), (10, 5, "s"), (9, 8, "t")] where mode >> UInt16(bit) & 1 == 1 {
      let isExecutable = text[index] != UInt8(ascii: "-")
      text[index] = (isExecutable ? letter : letter.uppercased()).utf8.first ?? 0
    }
    return text
  }

  /// As `ls -h`: rounded up, with one more digit below ten.
  static func human(_ byteCount: UInt64) -> String {
    if byteCount < 1024 { return "\(byteCount)" }
    var unit: UInt64 = 1024
    var letters = Array("KMGTPE")[...]
    while letters.count > 1, (byteCount - 1) / unit >= 1023, letters.count > 1 {
      // From 1023.1 on, it would be rounded up to 1024.
      unit *= 1024
      letters.removeFirst()
    }
    let letter = letters.first ?? "E"
    let (whole, rest) = byteCount.quotientAndRemainder(dividingBy: unit)
    // `rest * 10` fits: the greatest unit is 2 to the 60th.
    let tenths = whole * 10 + rest * 10 / unit + (rest * 10 % unit == 0 ? 0 : 1)
    if tenths < 100 { return "\(tenths / 10).\(tenths % 10)\(letter)" }
    return "\(whole + (rest == 0 ? 0 : 1))\(letter)"
  }
}

extension [UInt8] {
  /// Appends a name as `printable` shows it; most are plain ASCII and go as they are.
  mutating func append(printable bytes: [UInt8]) {
    if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x5C }) {
      self += bytes
    } else {
      self += printable(bytes).utf8
    }
  }
}
