/// What the `[Install]` section of a unit says.
struct UnitFile {
  private(set) var hasInstallSection = false
  /// The units that want or require it.
  private(set) var targets: [ShellText] = []
  /// Those that are enabled with it.
  private(set) var also: [ShellText] = []

  /// Reads a unit as systemd.syntax(7) has it.
  init(_ bytes: [UInt8]) {
    var isInstall = false
    var logical: [UInt8] = []
    for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      let text = Self.trimmed(line)
      if let first = text.first, first == UInt8(ascii: "#") || first == UInt8(ascii: ";") { continue }
      if text.last == UInt8(ascii: "\\") {
        logical += text.dropLast() + [0x20]
        continue
      }
      logical += text
      read(logical[...], &isInstall)
      logical = []
    }
    read(logical[...], &isInstall)
  }

  private mutating func read(_ line: ArraySlice<UInt8>, _ isInstall: inout Bool) {
    if line.first == UInt8(ascii: "[") {
      isInstall = line.elementsEqual("[Install]".utf8)
      hasInstallSection = hasInstallSection || isInstall
      return
    }
    guard isInstall, let sign = line.firstIndex(of: UInt8(ascii: "=")) else { return }
    let words = line[(sign + 1)...].split { $0 == 0x20 || $0 == 0x09 }.map { ShellText($0) }
    switch ShellText(Self.trimmed(line[..<sign])) {
    case "WantedBy", "RequiredBy", "UpheldBy":
      if words.isEmpty { targets = [] }
      for word in words where !targets.contains(word) && targets.count < 64 { targets.append(word) }
    case "Also": also = words.isEmpty ? [] : also + words.prefix(64)
    default: break
    }
  }

  private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let isSpace = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D }
    let end = line.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? line.startIndex
    return line[..<end].drop(while: isSpace)
  }
}
