import FileTree
import ImageCore

extension ScriptletApplier {
  private static let sysusers = Array("/usr/lib/sysusers.d/".utf8)
  private static let units = Array("/usr/lib/systemd/system/".utf8)

  /// The lines of users that no sysusers.d file of the tree has.
  mutating func applyUsers(_ package: ScriptletActions.Package) throws(ImageError) {
    let wanted = package.actions.compactMap { action -> ScriptletAction? in
      switch action {
      case .user, .group, .member: action
      default: nil
      }
    }
    if wanted.isEmpty { return }
    var known: Set<ScriptletAction> = []
    if let directory = tree.node(at: context.resolve(Self.sysusers)) {
      for entry in tree.entries(of: directory) {
        guard case .regular(let content) = tree.kind(of: entry.node), content.byteCount <= 1 << 20 else { continue }
        for line in try content.bytes().split(separator: 0x0A) {
          known.formUnion((UserCommand.actions(Array(line)) ?? []).map(\.withoutLine))
        }
      }
    }
    var text: [UInt8] = []
    for action in wanted {
      let key = action.withoutLine
      // A user's line makes the group of the same name, too.
      if case .group(let name, _) = key, known.contains(.user(name: name, line: [])) { continue }
      guard known.insert(key).inserted else { continue }
      text += action.line + [0x0A]
    }
    if text.isEmpty { return }
    let name = Array(package.name.utf8)
    let usual = Self.sysusers + name + ".conf".utf8
    let isTaken = tree.node(at: context.resolve(usual)) != nil
    try write(text, to: isTaken ? Self.sysusers + name + "-scriptlets.conf".utf8 : usual, "scriptlet-users")
  }

  /// A drop-in for each target that wants a unit: links in `.wants` are read too early.
  mutating func applyUnits(_ package: ScriptletActions.Package) throws(ImageError) {
    var queue: [ShellText] = []
    for action in package.actions { if case .enable(let unit) = action { queue.append(ShellText(unit)) } }
    var seen: Set<ShellText> = []
    while let unit = queue.popLast() {
      guard seen.insert(unit).inserted, seen.count <= 1000 else { continue }
      let fileName = ScriptletRules.fileName(unit)
      guard let bytes = try tree.content(at: context.resolve(Self.units + fileName.bytes)) else {
        report("scriptlet-unit", unit.bytes, "not started with the system: the unit is not in the image")
        continue
      }
      let file = UnitFile(bytes)
      if !file.hasInstallSection {
        report("scriptlet-unit", unit.bytes, "not started with the system: the unit has no [Install] section")
        continue
      }
      if fileName == unit, unit.bytes.contains(where: { $0 == UInt8(ascii: "@") }) {
        report("scriptlet-unit", unit.bytes, "not started with the system: a template without an instance")
        continue
      }
      queue += file.also.filter { ScriptletRules.isUnit($0) }
      for target in file.targets.isEmpty ? ["multi-user.target"] : file.targets {
        guard ScriptletRules.isUnit(target) else {
          report("scriptlet-unit", unit.bytes, "not started by \(target.printed), which is no plain name")
          continue
        }
        let folder = Self.units + target.bytes + ".d/10-".utf8
        try write(
          Array("[Unit]\nUpholds=".utf8) + unit.bytes + [0x0A], to: folder + unit.bytes + ".conf".utf8,
          "scriptlet-unit")
      }
    }
  }
}

extension ScriptletAction {
  /// What tells whether two are for the same name.
  fileprivate var withoutLine: ScriptletAction {
    switch self {
    case .user(let name, _): .user(name: name, line: [])
    case .group(let name, _): .group(name: name, line: [])
    case .member(let user, let group, _): .member(user: user, group: group, line: [])
    default: self
    }
  }

  fileprivate var line: [UInt8] {
    switch self {
    case .user(_, let line), .group(_, let line), .member(_, _, let line): line
    default: []
    }
  }
}
