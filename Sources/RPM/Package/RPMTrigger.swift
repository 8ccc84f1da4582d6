public import ImageCore

/// A script that a package wants to be run when something happens to others' packages or files.
public struct RPMTrigger: Sendable, Hashable {
  /// What the conditions name.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Packages.
    case package = "trigger"
    /// Prefixes of paths: once for each package with such files.
    case file = "filetrigger"
    /// Prefixes of paths: once for each transaction.
    case transaction = "transfiletrigger"
  }

  /// What must happen.
  public enum Event: String, Sendable, Hashable {
    /// Before installation.
    case prein
    /// Installation.
    case `in`
    /// Before removal.
    case un
    /// After removal.
    case postun
  }

  /// What the conditions name.
  public let kind: Kind
  /// What must happen; `nil` where the flags do not say.
  public let event: Event?
  /// The packages, with versions, or the prefixes of paths.
  public let conditions: [RPMDependency]
  /// The interpreter, without arguments; `/bin/sh` where the package names none.
  public let interpreter: String
  /// The text.
  public let script: String
  /// How rpm treats it.
  public let flags: RPMScriptlet.Flags
  /// Of triggers on files: those with a higher one run first.
  public let priority: UInt32?
}

extension RPMTrigger.Kind {
  fileprivate struct Tags {
    let conditions: (name: RPMTag, flags: RPMTag, version: RPMTag)
    let index: RPMTag
    let script: RPMTag
    let program: RPMTag
    let flags: RPMTag
    var priority: RPMTag?
  }

  fileprivate var tags: Tags {
    switch self {
    case .package:
      Tags(
        conditions: (.triggerName, .triggerFlags, .triggerVersion), index: .triggerIndex, script: .triggerScripts,
        program: .triggerScriptProg, flags: .triggerScriptFlags)
    case .file:
      Tags(
        conditions: (.fileTriggerName, .fileTriggerFlags, .fileTriggerVersion), index: .fileTriggerIndex,
        script: .fileTriggerScripts, program: .fileTriggerScriptProg, flags: .fileTriggerScriptFlags,
        priority: .fileTriggerPriorities)
    case .transaction:
      Tags(
        conditions: (.transFileTriggerName, .transFileTriggerFlags, .transFileTriggerVersion),
        index: .transFileTriggerIndex, script: .transFileTriggerScripts, program: .transFileTriggerScriptProg,
        flags: .transFileTriggerScriptFlags, priority: .transFileTriggerPriorities)
    }
  }
}

extension RPMPackage {
  /// All triggers, on packages first.
  ///
  /// - Throws: `.corrupt` for values whose numbers do not fit, or conditions of a script that is not there.
  public func triggers() throws(ImageError) -> [RPMTrigger] {
    try named { () throws(ImageError) in
      var triggers: [RPMTrigger] = []
      for kind in RPMTrigger.Kind.allCases { triggers += try header.triggers(kind) }
      return triggers
    }
  }
}

extension RPMHeaderBlob {
  fileprivate func triggers(_ kind: RPMTrigger.Kind) throws(ImageError) -> [RPMTrigger] {
    let tags = kind.tags
    guard let scripts = try strings(tags.script) else { return [] }
    let programs = try strings(tags.program, count: scripts.count)
    let flags = try integers(tags.flags, count: scripts.count)
    let priorities: RPMIntegers? =
      if let tag = tags.priority { try integers(tag, count: scripts.count) } else { nil }
    var conditions = [[RPMDependency]](repeating: [], count: scripts.count)
    let all = try dependencies(tags.conditions)
    let indexes = try integers(tags.index, count: all.count)
    if indexes == nil, !all.isEmpty {
      throw error("conditions without \(tags.index.name(in: self.kind))", tags.conditions.name)
    }
    for (place, condition) in all.enumerated() {
      let index = indexes?[place] ?? 0
      guard let script = Int(exactly: index), script < scripts.count else {
        throw error("script \(index) of \(scripts.count)", tags.index, index: place)
      }
      conditions[script].append(condition)
    }
    return scripts.indices.map { index in
      RPMTrigger(
        kind: kind, event: conditions[index].first.flatMap { RPMTrigger.Event($0.flags) },
        conditions: conditions[index], interpreter: programs?.string(index) ?? "/bin/sh",
        script: scripts.string(index),
        flags: RPMScriptlet.Flags(rawValue: UInt32(truncatingIfNeeded: flags?[index] ?? 0)),
        priority: priorities.map { UInt32(truncatingIfNeeded: $0[index]) })
    }
  }
}

extension RPMTrigger.Event {
  /// In the order in which rpm looks at the bits.
  fileprivate init?(_ flags: RPMDependency.Flags) {
    if flags.contains(.triggerPreInstall) {
      self = .prein
    } else if flags.contains(.triggerInstall) {
      self = .in
    } else if flags.contains(.triggerUninstall) {
      self = .un
    } else if flags.contains(.triggerPostUninstall) {
      self = .postun
    } else {
      return nil
    }
  }
}
