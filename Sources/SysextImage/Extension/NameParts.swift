import GPT
import ImageCore

/// The pieces of an extension's whole name, and how they are joined.
struct NameParts: Equatable {
  var name: String
  var version: String?
  var architecture: Architecture?
  /// The architecture as it is written, and the byte in front of it.
  private(set) var spelling: String?
  private(set) var architectureJoint = UInt8(ascii: ".")
  private(set) var versionJoint = UInt8(ascii: "-")

  init(name: String, version: String? = nil, architecture: Architecture? = nil) {
    self.name = name
    self.version = version
    self.architecture = architecture
  }

  /// Takes a whole name apart by its form alone.
  init(splitting stem: String) {
    self.init(name: stem)
    let rest = cutArchitecture(stem, needsVersion: true)
    (name, version, versionJoint) = Self.cutVersion(rest)
  }

  /// Takes a whole name apart with the name or the version known; nil if the known does not fit.
  init?(splitting stem: String, name: String?, version: String?) {
    if let name {
      self.init(stem, knownName: name, version: version)
    } else if let version {
      self.init(stem, knownVersion: version)
    } else {
      self.init(splitting: stem)
    }
  }

  private init?(_ stem: String, knownName: String, version known: String?) {
    self.init(name: knownName)
    if Text.same(stem, knownName) { return }
    guard stem.utf8.starts(with: knownName.utf8) else { return nil }
    let behind = Array(stem.utf8.dropFirst(knownName.utf8.count))
    guard let joint = behind.first, behind.count > 1 else { return nil }
    let tail = String(decoding: behind.dropFirst(), as: UTF8.self)
    switch joint {
    case UInt8(ascii: "."):
      guard let architecture = Architecture(anySpelling: tail) else { return nil }
      (self.architecture, spelling) = (architecture, tail)
    case UInt8(ascii: "-"), UInt8(ascii: "_"):
      versionJoint = joint
      if let known, Text.same(tail, known) {
        version = known
        return
      }
      if known == nil, let architecture = Architecture(anySpelling: tail) {
        (self.architecture, spelling, architectureJoint) = (architecture, tail, joint)
        return
      }
      let rest = cutArchitecture(tail, needsVersion: false)
      if let known, !Text.same(rest, known) { return nil }
      version = rest
    default: return nil
    }
  }

  private init?(_ stem: String, knownVersion: String) {
    self.init(name: stem)
    var whole = Array(stem.utf8)
    var cut = Array(cutArchitecture(stem, needsVersion: false).utf8)
    for joint in ["-", "_"] {
      // The version may end in what looks like an architecture, so the whole name is tried first.
      if whole.removeSuffix(joint + knownVersion) {
        self.init(name: String(decoding: whole, as: UTF8.self), version: knownVersion)
        versionJoint = joint.utf8.first ?? versionJoint
        return
      }
      if cut.removeSuffix(joint + knownVersion) {
        (name, version) = (String(decoding: cut, as: UTF8.self), knownVersion)
        versionJoint = joint.utf8.first ?? versionJoint
        return
      }
    }
    // A file name without a version contradicts nothing.
    self.init(splitting: stem)
    if version != nil { return nil }
  }

  /// Takes the architecture off the end; returns what is in front of it.
  ///
  /// Behind a dot any known architecture is one. Behind a hyphen or an underscore, as other projects write it, it is one
  /// only if a version stands in front: `gcc-arm` is a name.
  private mutating func cutArchitecture(_ text: String, needsVersion: Bool) -> String {
    let bytes = Array(text.utf8)
    if let dot = bytes.lastIndex(of: UInt8(ascii: ".")), dot > 0 {
      let tail = String(decoding: bytes[(dot + 1)...], as: UTF8.self)
      if let found = Architecture(anySpelling: tail) {
        (architecture, spelling) = (found, tail)
        return String(decoding: bytes[..<dot], as: UTF8.self)
      }
    }
    for candidate in Self.spellings {
      for joint in ["-", "_"] {
        var front = bytes
        guard front.removeSuffix(joint + candidate) else { continue }
        let rest = String(decoding: front, as: UTF8.self)
        guard !needsVersion || Self.cutVersion(rest).version != nil else { continue }
        (architecture, spelling) = (Architecture(anySpelling: candidate), candidate)
        architectureJoint = joint.utf8.first ?? architectureJoint
        return rest
      }
    }
    return text
  }

  /// All spellings that may stand behind a hyphen, longest first so that `x86-64` is not taken for `64`.
  private static let spellings: [String] = {
    let others = ["x86_64", "amd64", "i386", "i486", "i586", "i686", "aarch64", "ppc64le", "ppc64el", "armv7hl"]
    return (Architecture.allCases.map(\.rawValue) + others).sorted {
      ($1.utf8.count, $0) < ($0.utf8.count, $1)
    }
  }()

  private static func cutVersion(_ text: String) -> (name: String, version: String?, joint: UInt8) {
    let bytes = Array(text.utf8)
    let hyphen = UInt8(ascii: "-")
    let underscore = UInt8(ascii: "_")
    for joint in [hyphen, underscore] {
      guard let at = bytes.lastIndex(of: joint), at > 0, looksLikeVersion(bytes[(at + 1)...]) else { continue }
      if joint == underscore {
        // `NAME_VERSION`, systemd's other form, must not split `x86_64-tools` or `qemu-x86_64`.
        let isArchitecture = spellings.contains { bytes.suffix($0.utf8.count).elementsEqual($0.utf8) }
        if bytes[at...].contains(hyphen) || isArchitecture { continue }
      }
      return (
        String(decoding: bytes[..<at], as: UTF8.self), String(decoding: bytes[(at + 1)...], as: UTF8.self), joint
      )
    }
    return (text, nil, hyphen)
  }

  static func looksLikeVersion(_ bytes: some Collection<UInt8>) -> Bool {
    let digits = bytes.first == UInt8(ascii: "v") ? bytes.dropFirst().first : bytes.first
    return digits.map(Text.isDigit) ?? false
  }
}
