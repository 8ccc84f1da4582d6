package import FileTree

/// Lines as `ls -l` has them: mode, names, owner, group, length, time, name.
package struct LongFormat {
  /// What stands in a line.
  package struct Row {
    /// What a mode begins with.
    package var letter: UInt8
    package var permissions: UInt16
    package var linkCount: UInt64
    package var user: String
    package var group: String
    /// In the length's place.
    package var device: DeviceNumber?
    package var byteCount: UInt64
    package var modified: Timestamp
    package var name: [UInt8]
    /// A symbolic link's.
    package var target: [UInt8]?

    package init(
      letter: UInt8, permissions: UInt16, linkCount: UInt64, user: String, group: String, device: DeviceNumber?,
      byteCount: UInt64, modified: Timestamp, name: [UInt8], target: [UInt8]?
    ) {
      self.letter = letter
      self.permissions = permissions
      self.linkCount = linkCount
      self.user = user
      self.group = group
      self.device = device
      self.byteCount = byteCount
      self.modified = modified
      self.name = name
      self.target = target
    }
  }

  private let hasHumanSizes: Bool

  package init(hasHumanSizes: Bool) { self.hasHumanSizes = hasHumanSizes }

  /// Appends a line for each row, the columns as wide as these rows need.
  package func write(_ rows: [Row], to output: inout [UInt8]) {
    let columns = rows.map { row in [Array("\(row.linkCount)".utf8), owner(row.user), owner(row.group), size(of: row)] }
    let widths = (0..<4).map { column in columns.map { $0[column].count }.max() ?? 0 }
    for (row, texts) in zip(rows, columns) {
      output.append(row.letter)
      output += Self.permissions(row.permissions)
      for (text, width) in zip(texts, widths) {
        output += [UInt8](repeating: 0x20, count: 1 + width - text.count)
        output += text
      }
      output.append(0x20)
      output += row.modified.dateAndTime.utf8
      output.append(0x20)
      output.append(printable: row.name)
      if let target = row.target {
        output += " -> ".utf8
        output.append(printable: target)
      }
      output.append(0x0A)
    }
  }

  private func owner(_ name: String) -> [UInt8] {
    var output: [UInt8] = []
    output.append(printable: Array(name.utf8))
    return output
  }

  private func size(of row: Row) -> [UInt8] {
    if let device = row.device { return Array("\(device.major),\(device.minor)".utf8) }
    return Array((hasHumanSizes ? Self.human(row.byteCount) : "\(row.byteCount)").utf8)
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
  package mutating func append(printable bytes: [UInt8]) {
    if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != 0x5C }) {
      self += bytes
    } else {
      self += printable(bytes).utf8
    }
  }
}
