import ArgumentParser
import RPM
import SysextImage
import SysextPackages

/// How packages become a tree.
struct AssemblyArguments: ParsableArguments {
  @Option(help: "The package that gives the image its version and architecture, by its name; else the first.")
  var mainPackage: String?

  @Option(
    help: "What to do when inputs have different files under one path: fail, or take that of the first or the last.")
  var onConflict = ConflictRule.fail

  @Option(
    help: ArgumentHelp(
      "The system that the image is for: its directory, an image of it, its RPM database, a list of its packages, its repository or primary.xml, or a folder of its packages.",
      valueName: "base"), completion: .file())
  var base: String?

  @Flag(help: "Keep files that are the same in the base.")
  var keepIdentical = false

  @Option(help: "Leave out what fits this pattern, such as usr/share/doc; may be given several times.")
  var exclude: [PathPattern] = []

  @Option(help: "Take what fits this pattern, though it is excluded; may be given several times.")
  var include: [PathPattern] = []

  @Option(
    help: ArgumentHelp(
      "What to do with /etc: drop it, move it to usr (/usr/etc), factory (with a line for tmpfiles.d) or confext (an image of its own); PATTERN=RULE for some paths, the last that fits counts.",
      valueName: "rule"))
  var etc: [EtcArgument] = []

  @Flag(help: "Leave out caches that would hide those of the base.")
  var dropCaches = false

  @Option(
    help: "What to do with units that a package presets: report them, enable them (by an Upholds= line), or ignore it.")
  var presets = ScriptletOptions.Presets.report

  @Option(help: ArgumentHelp("Stop on: unhandled-scriptlets.", valueName: "what"))
  var failOn: [FailOn] = []

  @Option(
    help: ArgumentHelp("How often longer than its payload a package's files may be.", valueName: "times"))
  var maxRatio = RPMLimits().ratio

  @Flag(help: "Do not compare the packages' digests.")
  var noDigests = false

  @Option(help: "Write a bill of materials beside the image: spdx3 or cyclonedx; may be given twice.")
  var sbom: [SBOM.Format] = []

  @Flag(help: "Write no manifest of the packages beside the image.")
  var noManifest = false

  func companions(_ created: Timestamp?) -> CompanionFiles {
    var files = CompanionFiles()
    files.hasManifest = !noManifest
    files.sboms = sbom
    files.created = created
    files.toolVersion = Version.number
    return files
  }

  /// Whether anything asks for more than to pack a directory as it is.
  var isUsed: Bool { base != nil || !exclude.isEmpty || !etc.isEmpty || dropCaches }

  func readBase(threadCount: Int?) async throws(ImageError) -> BaseSystem? {
    guard let base else { return nil }
    return try await BaseSystem.read(FilePath(base), threadCount: threadCount)
  }

  func options(_ image: ImageOptions, base: BaseSystem?, isStrict: Bool) -> AssemblyOptions {
    var options = AssemblyOptions()
    options.mainPackage = mainPackage
    options.conflictRule = onConflict
    options.kind = image.confext ? .confext : .sysext
    options.base = base
    options.keepsIdentical = keepIdentical
    options.layout.filter.excluded = exclude
    options.layout.filter.included = include
    for choice in etc {
      if let pattern = choice.pattern {
        options.layout.etc.choices.append(EtcRules.Choice(pattern, choice.rule))
      } else {
        options.layout.etc.usual = choice.rule
      }
    }
    options.layout.dropsCaches = dropCaches
    options.layout.isStrict = isStrict
    options.scriptlets.presets = presets
    options.failsOnUnhandledScriptlets = failOn.contains(.unhandledScriptlets)
    options.limits.ratio = maxRatio
    options.verifiesDigests = !noDigests
    options.threadCount = image.jobs
    options.scratchFolder = Environment.temporaryFolder
    return options
  }
}

/// What ends the work though it could go on.
enum FailOn: String, ExpressibleByArgument, CaseIterable {
  case unhandledScriptlets = "unhandled-scriptlets"
}

/// `RULE`, or `PATTERN=RULE`.
struct EtcArgument: ExpressibleByArgument {
  let pattern: PathPattern?
  let rule: EtcRule

  init?(argument: String) {
    let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
    guard let last = parts.last, let rule = EtcRule(rawValue: String(last)) else { return nil }
    self.rule = rule
    pattern = parts.count == 1 ? nil : PathPattern(parts.dropLast().joined(separator: "="))
  }
}
