/// What becomes of a scriptlet, or of a command in it.
public enum ScriptletVerdict: String, Sendable, Hashable, Comparable, CaseIterable {
  /// Nothing would be needed in an image.
  case harmless
  /// Done without running it.
  case applied
  /// Not done: somebody has to look at it.
  case unhandled

  /// What is worse is greater.
  public static func < (left: ScriptletVerdict, right: ScriptletVerdict) -> Bool { left.rank < right.rank }

  private var rank: Int {
    switch self {
    case .harmless: 0
    case .applied: 1
    case .unhandled: 2
    }
  }
}

/// What a scriptlet would have done, and can be done to a tree.
public enum ScriptletAction: Sendable, Hashable {
  /// A choice of update-alternatives: links with their targets, the first the one that decides.
  case alternative(link: [UInt8], name: [UInt8], path: [UInt8], priority: Int, slaves: [AlternativeLink])
  /// The permissions of a file.
  case mode(path: [UInt8], mode: UInt16)
  /// The owner and the group of a file, by name or number; `nil` is left as it is.
  case owner(path: [UInt8], user: [UInt8]?, group: [UInt8]?)
  /// The capabilities of a file, in words.
  case capabilities(path: [UInt8], text: String)
  /// A line of sysusers.d that makes a user.
  case user(name: [UInt8], line: [UInt8])
  /// A line of sysusers.d that makes a group.
  case group(name: [UInt8], line: [UInt8])
  /// A line of sysusers.d that puts a user into a group.
  case member(user: [UInt8], group: [UInt8], line: [UInt8])
  /// A unit that is started with the system.
  case enable(unit: [UInt8])
}

/// A further link that follows the choice of an alternative.
public struct AlternativeLink: Sendable, Hashable {
  /// Where the link is.
  public let link: [UInt8]
  /// The choice's name.
  public let name: [UInt8]
  /// What it points to.
  public let path: [UInt8]
}

/// One simple command of a scriptlet.
public struct ScriptletCommand: Sendable, Hashable {
  /// The line in the scriptlet, from 1.
  public let line: Int
  /// The text, at most about 4,000 bytes of it, as it is in the package: not safe to print.
  public let text: String
  /// What becomes of it.
  public let verdict: ScriptletVerdict
  /// Why, or what was done.
  public let reason: String
  /// Whether it is run on a condition that only the machine can tell.
  public let isConditional: Bool
  /// What can be done to a tree.
  public let actions: [ScriptletAction]
}

/// How scriptlets are judged.
public struct ScriptletOptions: Sendable {
  /// What becomes of units that packages leave to the system's presets.
  public enum Presets: String, Sendable, Hashable, CaseIterable {
    /// Somebody has to decide.
    case report
    /// They are started with the system.
    case enable
    /// They are left as they are.
    case ignore
  }

  /// What becomes of units that packages leave to the system's presets.
  public var presets: Presets

  /// Makes options.
  public init(presets: Presets = .report) { self.presets = presets }
}
