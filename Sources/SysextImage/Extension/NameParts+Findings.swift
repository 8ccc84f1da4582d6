import GPT
import ImageCore

extension NameParts {
  /// The whole name in the form that every consumer reads.
  var canonical: String {
    name + (version.map { "-\($0)" } ?? "") + (architecture.map { ".\($0.rawValue)" } ?? "")
  }

  /// What breaks some consumers.
  func findings(place: String) -> [Finding] {
    var findings: [Finding] = []
    func warn(_ code: String, _ message: String, _ severity: Finding.Severity = .warning) {
      findings.append(Finding(severity, code, place: place, message))
    }
    if let architecture, let spelling, spelling != architecture.rawValue {
      warn(
        "name-architecture",
        "systemd spells \(spelling) as \(architecture.rawValue), and systemd-sysupdate and sysextmgr look for that:"
          + " name the image \(canonical).raw")
    } else if spelling != nil && architectureJoint != UInt8(ascii: ".") || version != nil && !isHyphenated {
      warn("name-form", "sysextmgr cannot take this name apart: name the image \(canonical).raw")
    }
    if version == nil || architecture == nil {
      var message = "systemd-sysext merges it; systemd-sysupdate and sysextmgr want NAME-VERSION.ARCHITECTURE.raw"
      if architecture != nil, name.utf8.contains(UInt8(ascii: "-")) {
        message += ", and sysextmgr would take what follows the last hyphen for the version"
      }
      warn("name-incomplete", message, .note)
    }
    if let version {
      if version.utf8.contains(UInt8(ascii: "-")) {
        warn("name-version", "sysextmgr cuts version \(version) at its last hyphen: use a version without hyphens")
      }
      if version == "noarch" || version.utf8.suffix(7).elementsEqual(".noarch".utf8) {
        warn("name-architecture", "systemd knows no architecture noarch: leave it out of the name")
      }
    }
    let odd = name.utf8.contains { !Self.isCommon($0) } || version?.utf8.contains { !Self.isCommon($0) } == true
    if odd {
      warn(
        "name-characters",
        "only letters, digits and . _ + - ~ ^ are safe in checksum lists, update patterns and URLs")
    }
    return findings
  }

  private var isHyphenated: Bool { versionJoint == UInt8(ascii: "-") }

  /// systemd-sysupdate's letters for versions.
  private static func isCommon(_ byte: UInt8) -> Bool {
    Text.isLetter(byte) || Text.isDigit(byte) || "._+-~^".utf8.contains(byte)
  }
}
