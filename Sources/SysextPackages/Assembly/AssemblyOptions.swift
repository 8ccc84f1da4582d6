public import RPM
public import SysextImage
public import SystemPackage

/// How packages become a tree.
public struct AssemblyOptions: Sendable {
  /// The name of the package that gives the extension its version and architecture; `nil`: the first.
  public var mainPackage: String?
  /// What happens when two inputs have different files under one path.
  public var conflictRule = ConflictRule.fail
  /// Whether the tree is a sysext's or a confext's.
  public var kind = ExtensionKind.sysext
  /// How what packages bring is made to fit.
  public var layout = LayoutOptions()
  /// The system that the extension is for.
  public var base: BaseSystem?
  /// Whether files go in that are the same in the base.
  public var keepsIdentical = false
  /// How scriptlets are read.
  public var scriptlets = ScriptletOptions()
  /// Whether a scriptlet that would need to be run is an error.
  public var failsOnUnhandledScriptlets = false
  /// What each payload may take.
  public var limits = RPMLimits()
  /// Who looks at the packages' signatures; `nil`: nobody.
  public var signatureVerifier: SignatureVerifier?
  /// Whether digests are compared.
  public var verifiesDigests = true
  /// How many payloads are unpacked at one time; `nil`: as many as there are processors.
  public var threadCount: Int?
  /// Where unpacked payloads are kept until the image is written: there must be room for all of them.
  public var scratchFolder: FilePath = "/var/tmp"

  /// The usual.
  public init() {}
}
