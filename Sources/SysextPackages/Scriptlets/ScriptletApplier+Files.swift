import FileTree
import ImageCore
import RPM

extension ScriptletApplier {
  /// Changes the attributes of a file that is in the tree and no symbolic link.
  mutating func change(_ path: [UInt8], _ change: (inout FileAttributes) -> Void) {
    guard let node = tree.node(at: context.resolve(path)) else {
      return report("scriptlet-path", path, "a scriptlet changes it, but it is not in the image")
    }
    if case .symlink = tree.kind(of: node) {
      return report("scriptlet-path", path, "a scriptlet changes what this symbolic link leads to")
    }
    tree[node].attributes.change(change)
  }

  mutating func applyOwner(_ path: [UInt8], _ user: [UInt8]?, _ group: [UInt8]?) {
    var numbers: [UInt32?] = []
    for (name, isGroup) in [(user, false), (group, true)] {
      guard let name else {
        numbers.append(nil)
        continue
      }
      guard let number = ShellText(name).number.map({ UInt32($0) }) ?? context.identify(name, isGroup) else {
        return report(
          "scriptlet-owner", path, "no number is known of the \(isGroup ? "group" : "user") \(printable(name))")
      }
      numbers.append(number)
    }
    let isRegular =
      if let node = tree.node(at: context.resolve(path)), case .regular = tree.kind(of: node) { true } else { false }
    change(path) { attributes in
      if let uid = numbers[0] { attributes.uid = uid }
      if let gid = numbers[1] { attributes.gid = gid }
      if isRegular {
        // As chown(2) does.
        attributes.permissions &= attributes.permissions & 0o010 == 0 ? ~0o4000 : ~0o6000
        attributes.extendedAttributes.removeAll { $0.name == Array("security.capability".utf8) }
      }
    }
  }

  mutating func applyCapabilities(_ path: [UInt8], _ text: String) {
    guard let capabilities = try? FileCapabilities(text) else {
      return report("scriptlet-capabilities", path, "capabilities that are not understood")
    }
    guard let node = tree.node(at: context.resolve(path)), case .regular = tree.kind(of: node) else {
      return report("scriptlet-path", path, "a scriptlet gives it capabilities, but it is no file of the image")
    }
    change(path) { attributes in
      let name = Array("security.capability".utf8)
      attributes.extendedAttributes.removeAll { $0.name == name }
      attributes.extendedAttributes.append(ExtendedAttribute(name: name, value: capabilities.attributeValue))
      attributes.extendedAttributes.sort { $0.name.precedes($1.name) }
    }
  }

  /// Of several packages with one name, the one of the highest priority wins; of equals, the first.
  mutating func applyAlternatives(_ packages: [ScriptletActions.Package]) {
    struct Choice {
      let links: [AlternativeLink]
      let priority: Int
    }
    var names: [[UInt8]] = []
    var best: [[UInt8]: Choice] = [:]
    for action in packages.flatMap(\.actions) {
      guard case .alternative(let link, let name, let path, let priority, let slaves) = action else { continue }
      if let old = best[name], old.priority >= priority { continue }
      if best[name] == nil { names.append(name) }
      best[name] = Choice(
        links: [AlternativeLink(link: link, name: name, path: path)] + slaves, priority: priority)
    }
    for name in names {
      for (index, link) in (best[name]?.links ?? []).enumerated() { apply(link, isMain: index == 0) }
    }
  }

  private mutating func apply(_ link: AlternativeLink, isMain: Bool) {
    let path = context.resolve(link.path)
    guard let place = ShellText([0x2F] + context.resolve(link.link)).path?.bytes, ShellText(place).isBelow("/usr")
    else {
      return report("alternative", link.link, "an alternative\u{2019}s link that is not below /usr is not made")
    }
    guard tree.node(at: path) != nil || context.baseHas(path) else {
      return report(
        "alternative", link.link, "not made, as \(printable(link.path)) is not there",
        severity: isMain ? .warning : .note)
    }
    let target = Self.relative(from: place, to: path)
    if let old = tree.node(at: place) {
      guard case .symlink(let current) = tree.kind(of: old) else {
        return report("alternative", link.link, "a file is where an alternative\u{2019}s link belongs; it stays")
      }
      if current == target || current == link.path { return }
      guard current.starts(with: "/etc/alternatives/".utf8) || current.ends(with: "etc/alternatives/", link.name) else {
        return report("alternative", link.link, "another link is where an alternative\u{2019}s belongs; it stays")
      }
      tree[old].kind = .symlink(target: target)
      tree[old].attributes.modified = context.time
      return
    }
    let node = FileTree.Node(
      .symlink(target: target), FileAttributes(permissions: 0o777, modified: context.time))
    if !tree.put(node, at: place, time: context.time) {
      report("alternative", link.link, "not made: a file is where a directory is needed")
    }
  }

  /// The way from a link to a path.
  private static func relative(from link: [UInt8], to path: [UInt8]) -> [UInt8] {
    let (from, to) = (FileName.components(of: link).dropLast(), FileName.components(of: path))
    var common = 0
    while common < from.count, common < to.count - 1, from[common] == to[common] { common += 1 }
    let names = [[UInt8]](repeating: [0x2E, 0x2E], count: from.count - common) + to[common...].map(\.bytes)
    return Array(names.joined(separator: [0x2F]))
  }
}

extension FileAttributes {
  fileprivate mutating func change(_ body: (inout FileAttributes) -> Void) { body(&self) }
}

extension [UInt8] {
  fileprivate func ends(with text: String, _ name: [UInt8]) -> Bool {
    suffix(text.utf8.count + name.count).elementsEqual(Array(text.utf8) + name)
  }
}
