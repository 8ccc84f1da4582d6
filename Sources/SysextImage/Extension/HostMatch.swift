public import GPT

/// Whether a system merges an extension, and why.
public enum MergeDecision: Sendable, Hashable {
  /// It does.
  case accepted(String)
  /// It passes the extension over; the others are still merged.
  case refused(String)

  /// Whether the system merges it.
  public var isAccepted: Bool {
    switch self {
    case .accepted: true
    case .refused: false
    }
  }

  /// The rule that decided, with the values that it compared.
  public var reason: String {
    switch self {
    case .accepted(let reason), .refused(let reason): reason
    }
  }
}

/// Where an extension is merged; the words of `SYSEXT_SCOPE`.
public enum MergeEnvironment: String, Sendable, CaseIterable {
  /// A running system.
  case system
  /// The initial RAM disk.
  case initrd
  /// A portable service.
  case portable
}

extension ExtensionRelease {
  /// What systemd decides for this release on a host, rule by rule in systemd's order.
  ///
  /// - Parameters:
  ///   - host: The host's os-release.
  ///   - architecture: The host's architecture, as `uname` says.
  ///   - environment: Where it is to be merged.
  /// - Returns: The decision and the rule that made it.
  public func decision(
    on host: OSRelease, architecture: Architecture, environment: MergeEnvironment = .system
  ) -> MergeDecision {
    if host.isRefused { return .refused("systemd cannot read the host's os-release") }
    guard let hostID = host.nonEmpty("ID") else { return .refused("the host's os-release has no ID") }
    if text.isRefused { return .refused("systemd cannot read the extension's release file") }
    if text.fields.isEmpty { return .refused("the extension's release file is empty") }
    if let refusal = machineRefusal(architecture, environment) { return .refused(refusal) }

    guard let id = text.nonEmpty("ID") else { return .refused("the extension has no ID") }
    if id == Self.anyID { return .accepted("ID=_any fits every system") }
    var matched = "ID=\(id)"
    if !Text.same(id, hostID) {
      let similar = Text.words(host["ID_LIKE"] ?? "")
      guard similar.contains(where: { Text.same($0, id) }) else {
        return .refused("the extension is for ID=\(id), the host is \(hostID)")
      }
      matched = "the host's ID_LIKE contains \(id) (systemd before 258 does not look at it)"
    }
    return versionDecision(host, matched)
  }

  /// The rules about scope and architecture, which also hold for `ID=_any`.
  private func machineRefusal(_ architecture: Architecture, _ environment: MergeEnvironment) -> String? {
    let scope = text[kind.scopeKey].map(Text.words) ?? ["system", "portable"]
    guard scope.contains(environment.rawValue) else {
      return "\(kind.scopeKey) does not contain \(environment.rawValue)"
    }
    guard let own = text.nonEmpty("ARCHITECTURE"), own != Self.anyArchitecture, own != architecture.rawValue else {
      return nil
    }
    return "the extension is for ARCHITECTURE=\(own), the host is \(architecture.rawValue)"
  }

  private func versionDecision(_ host: OSRelease, _ matched: String) -> MergeDecision {
    let hostVersion = host.nonEmpty("VERSION_ID")
    let hostLevel = host.nonEmpty(kind.levelKey)
    if let hostLevel, let level = text.nonEmpty(kind.levelKey) {
      let both = "\(kind.levelKey)=\(level)"
      return Text.same(level, hostLevel)
        ? .accepted("\(matched), \(both)") : .refused("the extension is for \(both), the host has \(hostLevel)")
    }
    guard let hostVersion else {
      return .accepted("\(matched), and the host has no VERSION_ID to compare")
    }
    guard let version = text.nonEmpty("VERSION_ID") else {
      return .refused("the extension has no VERSION_ID, the host has \(hostVersion)")
    }
    return Text.same(version, hostVersion)
      ? .accepted("\(matched), VERSION_ID=\(version)")
      : .refused("the extension is for VERSION_ID=\(version), the host has \(hostVersion)")
  }
}
