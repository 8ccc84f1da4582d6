/// How what packages bring is made to fit into an extension.
public struct LayoutOptions: Sendable {
  /// Which paths go in.
  public var filter = PathFilter()
  /// What becomes of `/etc`.
  public var etc = EtcRules()
  /// Whether caches are left out that would hide those of the base.
  public var dropsCaches = false
  /// Whether what would be left out is an error.
  public var isStrict = false

  /// The usual.
  public init() {}
}
