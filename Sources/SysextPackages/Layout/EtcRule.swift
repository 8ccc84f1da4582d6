public import FileTree
import ImageCore

/// What becomes of a path below `/etc`, which a sysext cannot bring.
public enum EtcRule: String, Sendable, CaseIterable {
  /// It is left out, with a report.
  case drop
  /// It goes to `/usr/etc`, where some distributions look for their own settings.
  case usr
  /// It goes to `/usr/share/factory/etc`, with a line for systemd-tmpfiles to copy it where nothing is yet.
  case factory
  /// It goes to a configuration extension that is written beside the image.
  case confext
}

/// Rules for what is in `/etc`: the last that fits a path counts.
public struct EtcRules: Sendable {
  /// A rule for some paths.
  public struct Choice: Sendable {
    /// Which paths below the root, such as `etc/gdb/**`.
    public var pattern: PathPattern
    /// What becomes of them.
    public var rule: EtcRule

    /// Makes a rule.
    public init(_ pattern: PathPattern, _ rule: EtcRule) {
      self.pattern = pattern
      self.rule = rule
    }
  }

  /// For what no choice fits.
  public var usual = EtcRule.drop
  /// For single paths.
  public var choices: [Choice] = []

  /// Everything is dropped.
  public init() {}

  func rule(for path: [FileName]) -> EtcRule { choices.last { $0.pattern.fits(path) }?.rule ?? usual }

  /// Moves what is in `/etc` as the rules say; what is dropped stays, for the report.
  ///
  /// - Parameters:
  ///   - merged: The tree.
  ///   - name: What the file of tmpfiles.d is called.
  /// - Returns: The tree of the configuration extension; `nil` for none.
  /// - Throws: `.mismatch` when something is where a file should go.
  func apply(to merged: inout MergedTree, name: String) throws(ImageError) -> FileTree? {
    var moves: [(visit: FileTree.Visit, rule: EtcRule)] = []
    try merged.tree.walk { visit throws(ImageError) in
      guard let name = visit.name else { return true }
      if visit.path.count == 1 { return name == "etc" && merged.tree.isDirectory(visit.node) }
      guard merged.tree.entries(of: visit.node).isEmpty else { return true }
      let rule = rule(for: visit.path)
      if rule != .drop { moves.append((visit, rule)) }
      return false
    }
    if moves.isEmpty { return nil }
    var lines: [String] = []
    var confext: FileTree?
    var moved: Set<MergedTree.Place> = []
    for (visit, rule) in moves {
      guard let place = visit.place else { continue }
      moved.insert(place)
      switch rule {
      case .drop: continue
      case .usr: try merged.link(visit, below: ["usr"])
      case .factory:
        lines.append(Self.line(visit, merged))
        try merged.link(visit, below: ["usr", "share", "factory"])
      case .confext:
        var tree = confext ?? FileTree(rootAttributes: merged.tree.attributes(of: merged.tree.root))
        tree.copy(visit.path, from: merged.tree)
        confext = tree
      }
      merged.report(Finding(.note, "etc-\(rule.rawValue)", place: visit.description, Self.message(rule)))
    }
    try merged.remove(moved)
    if !lines.isEmpty { try addTmpfiles(lines, name, to: &merged) }
    return confext
  }

  private static func message(_ rule: EtcRule) -> String {
    switch rule {
    case .usr: "moved to /usr/etc"
    case .factory: "moved to /usr/share/factory/etc, to be copied by systemd-tmpfiles"
    case .confext: "moved to the configuration extension"
    case .drop: "left out"
    }
  }

  /// A line for tmpfiles.d(5) that makes the path out of what is in the factory folder.
  private static func line(_ visit: FileTree.Visit, _ merged: MergedTree) -> String {
    let path = quoted(visit.path.flatMap { [UInt8(ascii: "/")] + $0.bytes })
    switch merged.tree.kind(of: visit.node) {
    case .symlink(let target): return "L \(path) - - - - \(quoted(target))"
    case .directory:
      let mode = String(merged.tree.attributes(of: visit.node).permissions, radix: 8)
      let claim = merged.claim(of: visit.node)
      return "d \(path) 0\(mode) \(claim.userName ?? "root") \(claim.groupName ?? "root") -"
    default: return "C \(path)"
    }
  }

  /// A word of tmpfiles.d, in which `%` begins a specifier and blanks and backslashes have a meaning.
  private static func quoted(_ bytes: [UInt8]) -> String {
    var text = ""
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "%"): text += "%%"
      case 0x21...0x7E where byte != UInt8(ascii: "\\") && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "'"):
        text.unicodeScalars.append(Unicode.Scalar(byte))
      default: text += "\\x" + [byte].hex
      }
    }
    return text
  }

  private func addTmpfiles(_ lines: [String], _ name: String, to merged: inout MergedTree) throws(ImageError) {
    let folder = try merged.makeDirectory(["usr", "lib", "tmpfiles.d"])
    let bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
    var attributes = FileAttributes.file
    attributes.modified = merged.tree.attributes(of: merged.tree.root).modified
    let fileName = FileName("\(name)-etc.conf")
    guard
      merged.append(
        FileTree.Node(.regular(MemoryContent(bytes)), attributes), .implicit, as: fileName, in: folder) != nil
    else { throw ImageError(.mismatch, "is there already", context: ["/usr/lib/tmpfiles.d/\(fileName)"]) }
  }
}

extension FileTree {
  /// Copies a file of another tree, and the directories on the way to it.
  fileprivate mutating func copy(_ path: [FileName], from other: FileTree) {
    var source = other.root
    var target = root
    for component in path {
      guard let next = other.child(component, of: source) else { return }
      source = next
      guard let there = child(component, of: target) ?? add(other[source], as: component, in: target) else { return }
      target = there
    }
  }
}
