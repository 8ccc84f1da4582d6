import ImageCore

/// An image file's name without its `.raw`, `.sysext.raw` or `.confext.raw`.
struct ImageFileStem {
  /// The extension's name, as systemd 255 and later understand it.
  let name: String
  /// What a second suffix says.
  let kind: ExtensionKind?
  /// Whether it ended in `.raw`.
  let isRaw: Bool

  init(_ fileName: String) {
    var bytes = Array(fileName.utf8)
    isRaw = bytes.removeSuffix(".raw")
    if !isRaw { bytes.removeSuffix(".img") }
    var kind: ExtensionKind?
    if isRaw {
      for candidate in ExtensionKind.allCases where bytes.removeSuffix(".\(candidate.rawValue)") {
        kind = candidate
        break
      }
    }
    self.kind = kind
    name = String(decoding: bytes, as: UTF8.self)
  }

  func findings(_ fileName: String) -> [Finding] {
    guard isRaw else {
      return [
        Finding(
          .warning, "file-name-suffix", place: fileName,
          "systemd only looks at files that end in .raw: name the image \(name).raw")
      ]
    }
    guard let kind else { return [] }
    return [
      Finding(
        .note, "file-name-suffix", place: fileName,
        "systemd before 255 does not know the suffix .\(kind.rawValue).raw; \(name).raw fits every version")
    ]
  }
}

extension [UInt8] {
  /// Cuts `suffix` off if something is left in front of it; says whether it did.
  @discardableResult
  mutating func removeSuffix(_ suffix: String) -> Bool {
    let ending = suffix.utf8
    guard count > ending.count, self.suffix(ending.count).elementsEqual(ending) else { return false }
    removeLast(ending.count)
    return true
  }
}
