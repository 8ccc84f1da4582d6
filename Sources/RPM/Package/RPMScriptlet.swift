public import ImageCore

/// A script that a package wants to be run, or a program without one.
public struct RPMScriptlet: Sendable, Hashable {
  /// When it would be run.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Before the whole transaction.
    case pretrans
    /// Before the package is installed: `%pre`.
    case prein
    /// After it: `%post`.
    case postin
    /// Before it is removed.
    case preun
    /// After that.
    case postun
    /// After the whole transaction.
    case posttrans
    /// Before the transaction that removes it.
    case preuntrans
    /// After that.
    case postuntrans
    /// When the package is verified.
    case verify

    var tags: (script: RPMTag, program: RPMTag, flags: RPMTag) {
      switch self {
      case .pretrans: (.preTrans, .preTransProg, .preTransFlags)
      case .prein: (.preIn, .preInProg, .preInFlags)
      case .postin: (.postIn, .postInProg, .postInFlags)
      case .preun: (.preUn, .preUnProg, .preUnFlags)
      case .postun: (.postUn, .postUnProg, .postUnFlags)
      case .posttrans: (.postTrans, .postTransProg, .postTransFlags)
      case .preuntrans: (.preUnTrans, .preUnTransProg, .preUnTransFlags)
      case .postuntrans: (.postUnTrans, .postUnTransProg, .postUnTransFlags)
      case .verify: (.verifyScript, .verifyScriptProg, .verifyScriptFlags)
      }
    }
  }

  /// How rpm treats it (rpmscript.hh, `rpmscriptFlags`).
  public struct Flags: OptionSet, Sendable, Hashable {
    /// rpm's bits.
    public let rawValue: UInt32
    /// Takes rpm's bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Macros in it are expanded when it is run.
    public static let expand = Flags(rawValue: 1 << 0)
    /// Tags in it are replaced by their values when it is run.
    public static let queryFormat = Flags(rawValue: 1 << 1)
    /// Its failure is the package's.
    public static let critical = Flags(rawValue: 1 << 2)
  }

  /// When it would be run.
  public let kind: Kind
  /// The interpreter with its arguments, `/bin/sh` where the package names none; `<lua>` is rpm's own.
  public let interpreter: [String]
  /// The text; `nil` where the interpreter alone is run.
  public let script: String?
  /// How rpm treats it.
  public let flags: Flags
}

extension RPMPackage {
  /// All scriptlets, in the order in which rpm lists them.
  ///
  /// - Throws: `.corrupt` for values of a wrong type.
  public func scriptlets() throws(ImageError) -> [RPMScriptlet] {
    try named { () throws(ImageError) in
      var scriptlets: [RPMScriptlet] = []
      for kind in RPMScriptlet.Kind.allCases {
        let tags = kind.tags
        let script = try header.string(tags.script)
        let program = try header.strings(tags.program)
        if script == nil && program == nil { continue }
        scriptlets.append(
          RPMScriptlet(
            kind: kind, interpreter: program?.map { text($0) } ?? ["/bin/sh"], script: script,
            flags: RPMScriptlet.Flags(rawValue: UInt32(truncatingIfNeeded: try header.integer(tags.flags) ?? 0))))
      }
      return scriptlets
    }
  }
}
