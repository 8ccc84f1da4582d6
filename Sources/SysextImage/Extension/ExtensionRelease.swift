import GPT
public import ImageCore

/// An `extension-release` file: for which systems an extension is, and what it calls itself.
public struct ExtensionRelease: Sendable, Hashable {
  /// System or configuration extension.
  public var kind: ExtensionKind
  /// The assignments.
  public var text: OSRelease

  /// Makes it from assignments.
  public init(_ text: OSRelease, kind: ExtensionKind = .sysext) {
    self.text = text
    self.kind = kind
  }

  /// Reads a file's bytes; never fails: `check(for:)` tells what is wrong with them.
  public init(_ bytes: [UInt8], kind: ExtensionKind = .sysext) {
    self.init(OSRelease(bytes), kind: kind)
  }

  /// The value of the last assignment to `key`, or nil if there is none.
  public subscript(key: String) -> String? { text[key] }

  /// The file's bytes.
  public var bytes: [UInt8] { text.bytes }

  /// The `ID` that fits every system.
  public static let anyID = "_any"
  /// The `ARCHITECTURE` that fits every machine.
  public static let anyArchitecture = "_any"
  /// All that `SYSEXT_SCOPE` may contain.
  public static let scopeWords = ["initrd", "system", "portable"]
  /// The scope that is written if none is asked for.
  public static let defaultScope = "initrd system portable"

  /// What the user asks to be in the file; nil is for "as usual".
  public struct Options: Sendable, Hashable {
    /// The `ID` of the system that the extension is for, or `_any`.
    public var id: String?
    /// The `VERSION_ID` of the system that the extension is for.
    public var versionID: String?
    /// The level, such as `glibc-2.42`.
    public var level: String?
    /// Words out of `initrd system portable`.
    public var scope: String?
    /// Further assignments, in this order; one for a key that is there already replaces its value.
    public var additional: [OSRelease.Field]

    /// Everything as usual.
    public init(
      id: String? = nil, versionID: String? = nil, level: String? = nil, scope: String? = nil,
      additional: [OSRelease.Field] = []
    ) {
      self.id = id
      self.versionID = versionID
      self.level = level
      self.scope = scope
      self.additional = additional
    }
  }

  /// The release file of a new extension, fields in mkosi's order.
  ///
  /// - `ID`: as asked for, else the base system's, else `_any`.
  /// - `SYSEXT_LEVEL`, `VERSION_ID`: as asked for, else the base system's, unless another `ID` than its own was asked
  ///   for. `VERSION_ID` is written with `_any`, too: systemd does not look at it, but sysextmgr demands it.
  /// - `SYSEXT_ID`, `SYSEXT_VERSION_ID`: the extension's short name and version.
  /// - `SYSEXT_SCOPE`: as asked for, else `initrd system portable`.
  /// - `ARCHITECTURE`: the name's. Nothing is taken from the machine that builds: resolve the name with an architecture.
  ///
  /// - Parameters:
  ///   - name: The resolved name.
  ///   - kind: Decides between `SYSEXT_` and `CONFEXT_`.
  ///   - osRelease: The base system's os-release.
  ///   - options: What the user asks for.
  /// - Returns: The release, not yet checked.
  /// - Throws: `invalidArgument` for a value that cannot be written.
  public static func make(
    name: ExtensionName, kind: ExtensionKind = .sysext, osRelease: OSRelease? = nil, options: Options = Options()
  ) throws(ImageError) -> ExtensionRelease {
    let baseID = osRelease?.nonEmpty("ID")
    let id = options.id ?? baseID ?? anyID
    let base = id == anyID || id == baseID ? osRelease : nil

    var text = OSRelease()
    try text.set("ID", to: id)
    if let level = options.level ?? base?.nonEmpty(kind.levelKey) { try text.set(kind.levelKey, to: level) }
    if let version = options.versionID ?? base?.nonEmpty("VERSION_ID") { try text.set("VERSION_ID", to: version) }
    try text.set(kind.idKey, to: name.name)
    if let version = name.version { try text.set(kind.versionKey, to: version) }
    try text.set(kind.scopeKey, to: options.scope ?? defaultScope)
    if let architecture = name.architecture { try text.set("ARCHITECTURE", to: architecture.rawValue) }
    for field in options.additional { text.set(field) }
    return ExtensionRelease(text, kind: kind)
  }

  /// An existing file with the missing fields at its end; its own lines stay as they are and win.
  ///
  /// An existing file for another system than this release's does not get this release's `VERSION_ID` and level.
  ///
  /// - Parameter existing: The file's bytes.
  /// - Returns: The same bytes if nothing is missing.
  /// - Throws: `mismatch` if the file ends in the middle of a value, so that appended lines would become a part of it.
  public func completed(_ existing: [UInt8]) throws(ImageError) -> [UInt8] {
    let old = OSRelease(existing)
    let isForOther = old.nonEmpty("ID").map { $0 != text["ID"] } ?? false
    var missing = OSRelease()
    for field in text.fields where old[field.key] == nil {
      if isForOther, field.key == "VERSION_ID" || field.key == kind.levelKey { continue }
      missing.set(field)
    }
    guard !missing.fields.isEmpty else { return existing }
    guard old.ending != .insideValue else {
      throw ImageError(.mismatch, "ends inside quotes or after a backslash: close the last value")
    }
    var bytes = existing
    if let last = bytes.last, last != 0x0A { bytes.append(0x0A) }
    // An empty line ends the comment for systemd 252 and 253.
    if old.ending == .continuedComment { bytes.append(0x0A) }
    return bytes + missing.bytes
  }
}
