import GPT
public import ImageCore

extension ExtensionRelease {
  /// What is wrong with the file.
  ///
  /// Errors are for what no system would merge, or for the wrong machine; warnings for what some consumers refuse.
  ///
  /// - Parameters:
  ///   - name: The image's name, whose architecture and version the file must not contradict.
  ///   - place: The file's path, for the findings.
  /// - Returns: The text's own findings first.
  public func check(for name: ExtensionName, place: String? = nil) -> [Finding] {
    var findings = text.findings.map { finding in
      var placed = finding
      placed.place = [place, finding.place].compactMap(\.self).joined(separator: ": ")
      return placed
    }
    func add(_ severity: Finding.Severity, _ code: String, _ message: String) {
      findings.append(Finding(severity, code, place: place, message))
    }
    checkSystem(add)
    checkScope(add)
    checkArchitecture(name, add)
    checkVersion(name, add)
    return findings
  }

  private typealias Report = (Finding.Severity, String, String) -> Void

  private func checkSystem(_ add: Report) {
    guard let id = text.nonEmpty("ID") else {
      add(.error, "release-id", "has no ID, so no system merges it: add the base system's ID, or ID=_any")
      return
    }
    guard text.nonEmpty("VERSION_ID") == nil else { return }
    if id != Self.anyID, text.nonEmpty(kind.levelKey) == nil {
      add(
        .warning, "release-version-id",
        "has neither VERSION_ID nor \(kind.levelKey), so a system that has a VERSION_ID does not merge it:"
          + " add the base system's VERSION_ID")
    } else if kind == .sysext {
      add(.warning, "release-version-id", "has no VERSION_ID, which sysextmgr demands: add the base system's")
    }
  }

  private func checkScope(_ add: Report) {
    guard let scope = text[kind.scopeKey] else { return }
    let words = Text.words(scope)
    let known = Self.scopeWords.joined(separator: ", ")
    let unknown = words.filter { !Self.scopeWords.contains($0) }
    if words.count == unknown.count {
      let what = words.isEmpty ? "an empty \(kind.scopeKey)" : "\(kind.scopeKey)=\(Text.quoted(scope))"
      add(.error, "release-scope", "has \(what), so nothing merges it: use some of \(known), or leave it out")
      return
    }
    if !unknown.isEmpty {
      let shown = unknown.map(Text.quoted).joined(separator: ", ")
      add(.warning, "release-scope", "\(kind.scopeKey) contains \(shown), which systemd does not know: use \(known)")
    }
    if !words.contains("system") {
      add(.warning, "release-scope", "\(kind.scopeKey) lacks the word system, so a running system does not merge it")
    }
  }

  private func checkArchitecture(_ name: ExtensionName, _ add: Report) {
    guard let value = text.nonEmpty("ARCHITECTURE") else {
      let advice = name.architecture.map { "add ARCHITECTURE=\($0.rawValue)" } ?? "state the architecture"
      add(
        .warning, "release-architecture",
        "has no ARCHITECTURE, so every machine merges it, and sysextmgr fails without one: \(advice)")
      return
    }
    if value == Self.anyArchitecture {
      guard let wanted = name.architecture else { return }
      add(
        .note, "release-architecture",
        "has ARCHITECTURE=_any although the image is for \(wanted.rawValue); sysextmgr finds no updates then")
      return
    }
    guard let architecture = Architecture(rawValue: value) else {
      let advice =
        Architecture(anySpelling: value).map { "write ARCHITECTURE=\($0.rawValue)" }
        ?? "use systemd's name, such as x86-64 or arm64, or _any"
      add(
        .error, "release-architecture",
        "has ARCHITECTURE=\(Text.quoted(value)), which systemd does not know, so no machine merges it: \(advice)")
      return
    }
    guard let wanted = name.architecture, wanted != architecture else { return }
    add(
      .error, "release-architecture",
      "has ARCHITECTURE=\(value), but the image is for \(wanted.rawValue): change one of them")
  }

  private func checkVersion(_ name: ExtensionName, _ add: Report) {
    guard let version = text.nonEmpty(kind.versionKey) else {
      guard kind == .sysext else { return }
      add(
        .warning, "release-extension-version",
        "has no \(kind.versionKey), without which sysextmgr's check fails: give the extension a version")
      return
    }
    guard let wanted = name.version, !Text.same(wanted, version) else { return }
    add(
      .warning, "release-extension-version",
      "has \(kind.versionKey)=\(version), but the image's version is \(wanted): make them the same")
  }
}
