public import ImageCore

/// One dependency: a name, and often a comparison with a version.
public struct RPMDependency: Sendable, Hashable {
  /// What it is for; the comparison's bits are among them (rpmds.h, `rpmsenseFlags`).
  public struct Flags: OptionSet, Sendable, Hashable {
    /// rpm's bits.
    public let rawValue: UInt32
    /// Takes rpm's bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Versions below.
    public static let less = Flags(rawValue: 1 << 1)
    /// Versions above.
    public static let greater = Flags(rawValue: 1 << 2)
    /// The version itself.
    public static let equal = Flags(rawValue: 1 << 3)
    /// For `%posttrans`.
    public static let postTransaction = Flags(rawValue: 1 << 5)
    /// Needed before it is installed, as old packages say.
    public static let prerequisite = Flags(rawValue: 1 << 6)
    /// For `%pretrans`.
    public static let preTransaction = Flags(rawValue: 1 << 7)
    /// A scriptlet's interpreter.
    public static let interpreter = Flags(rawValue: 1 << 8)
    /// For `%pre`.
    public static let preInstall = Flags(rawValue: 1 << 9)
    /// For `%post`.
    public static let postInstall = Flags(rawValue: 1 << 10)
    /// For `%preun`.
    public static let preUninstall = Flags(rawValue: 1 << 11)
    /// For `%postun`.
    public static let postUninstall = Flags(rawValue: 1 << 12)
    /// For `%verifyscript`.
    public static let verify = Flags(rawValue: 1 << 13)
    /// Found by looking at files.
    public static let foundRequired = Flags(rawValue: 1 << 14)
    /// Found by looking at files.
    public static let foundProvided = Flags(rawValue: 1 << 15)
    /// A trigger on installation.
    public static let triggerInstall = Flags(rawValue: 1 << 16)
    /// A trigger before removal.
    public static let triggerUninstall = Flags(rawValue: 1 << 17)
    /// A trigger after removal.
    public static let triggerPostUninstall = Flags(rawValue: 1 << 18)
    /// A hint, of the old kind.
    public static let missingOK = Flags(rawValue: 1 << 19)
    /// For `%preuntrans`.
    public static let preUninstallTransaction = Flags(rawValue: 1 << 20)
    /// For `%postuntrans`.
    public static let postUninstallTransaction = Flags(rawValue: 1 << 21)
    /// A feature of rpm, as in `rpmlib(CompressedFileNames)`.
    public static let rpmlib = Flags(rawValue: 1 << 24)
    /// A trigger before installation.
    public static let triggerPreInstall = Flags(rawValue: 1 << 25)
    /// A package of keys.
    public static let keyring = Flags(rawValue: 1 << 26)
    /// A configuration file's own dependency.
    public static let config = Flags(rawValue: 1 << 28)
    /// Without an influence on the order.
    public static let meta = Flags(rawValue: 1 << 29)
  }

  /// A package's name, a path, a library's name or a boolean expression in parentheses.
  public let name: String
  /// What it is for, and how versions are compared.
  public let flags: Flags
  /// The other side of the comparison, as `epoch:version-release`; empty for none.
  public let version: String

  /// `<`, `<=`, `=`, `>=` or `>`; `nil` for any version.
  public var comparison: String? {
    let text =
      (flags.contains(.less) ? "<" : "") + (flags.contains(.greater) ? ">" : "") + (flags.contains(.equal) ? "=" : "")
    return text.isEmpty ? nil : text
  }
}

extension RPMDependency: CustomStringConvertible {
  /// `name >= version`, as rpm prints it.
  public var description: String {
    guard let comparison else { return name }
    return "\(name) \(comparison) \(version)"
  }
}

extension RPMDependency {
  /// The kinds of dependencies between packages.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// What the package has to offer.
    case provides
    /// What it needs.
    case requires
    /// What it cannot be beside.
    case conflicts
    /// What it takes the place of.
    case obsoletes
    /// What should be there.
    case recommends
    /// What may be of use.
    case suggests
    /// What it is recommended by.
    case supplements
    /// What it is suggested by.
    case enhances
    /// What is to be installed earlier.
    case order

    /// The tags of names, flags and versions, and those that SUSE's rpm once had for the same.
    var tags: [(name: RPMTag, flags: RPMTag, version: RPMTag)] {
      switch self {
      case .provides: [(.provideName, .provideFlags, .provideVersion)]
      case .requires: [(.requireName, .requireFlags, .requireVersion)]
      case .conflicts: [(.conflictName, .conflictFlags, .conflictVersion)]
      case .obsoletes: [(.obsoleteName, .obsoleteFlags, .obsoleteVersion)]
      case .recommends: [(.recommendName, .recommendFlags, .recommendVersion)]
      case .suggests:
        [(.suggestName, .suggestFlags, .suggestVersion), (.oldSuggestsName, .oldSuggestsFlags, .oldSuggestsVersion)]
      case .supplements: [(.supplementName, .supplementFlags, .supplementVersion)]
      case .enhances:
        [(.enhanceName, .enhanceFlags, .enhanceVersion), (.oldEnhancesName, .oldEnhancesFlags, .oldEnhancesVersion)]
      case .order: [(.orderName, .orderFlags, .orderVersion)]
      }
    }
  }
}

extension RPMPackage {
  /// The dependencies of a kind, in the header's order.
  ///
  /// - Throws: `.corrupt` where there are not as many versions or flags as names.
  public func dependencies(_ kind: RPMDependency.Kind) throws(ImageError) -> [RPMDependency] {
    try named { () throws(ImageError) in
      for tags in kind.tags where header[tags.name] != nil { return try header.dependencies(tags) }
      return []
    }
  }
}

extension RPMHeaderBlob {
  /// The dependencies of three tags; old packages leave flags and versions out where none has any.
  func dependencies(_ tags: (name: RPMTag, flags: RPMTag, version: RPMTag)) throws(ImageError) -> [RPMDependency] {
    guard let names = try strings(tags.name) else { return [] }
    let flags = try integers(tags.flags, count: names.count)
    let versions = try strings(tags.version, count: names.count)
    return names.indices.map { index in
      RPMDependency(
        name: names.string(index),
        flags: RPMDependency.Flags(rawValue: UInt32(truncatingIfNeeded: flags?[index] ?? 0)),
        version: versions?.string(index) ?? "")
    }
  }

  /// The numbers of a tag, of which there must be `count`; `nil` where there are none.
  func integers(_ tag: RPMTag, count: Int) throws(ImageError) -> RPMIntegers? {
    guard let values = try integers(tag) else { return nil }
    guard values.count == count else { throw error("\(values.count) values, where \(count) are needed", tag) }
    return values
  }

  /// The strings of a tag, of which there must be `count`; `nil` where there are none.
  func strings(_ tag: RPMTag, count: Int) throws(ImageError) -> RPMStrings? {
    guard let entry = self[tag] else { return nil }
    guard entry.count == count else { throw error("\(entry.count) values, where \(count) are needed", tag) }
    return try strings(tag)
  }
}
