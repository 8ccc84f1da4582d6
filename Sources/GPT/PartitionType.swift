public import ImageCore

/// A root or usr partition that systemd discovers by its type GUID (UAPI.2).
public struct PartitionType: Hashable, Sendable {
  /// Where the partition's tree belongs.
  public enum Designator: String, Sendable, CaseIterable {
    case root
    case usr
  }

  /// What the partition holds.
  public enum Role: Sendable, CaseIterable {
    /// The file system.
    case data
    /// Its dm-verity hash tree.
    case verity
    /// The signature of the tree's root hash.
    case veritySignature
  }

  /// Where the partition's tree belongs.
  public let designator: Designator
  /// For which machines.
  public let architecture: Architecture
  /// What the partition holds.
  public let role: Role

  /// Any of the 126 combinations.
  public init(designator: Designator, architecture: Architecture, role: Role = .data) {
    self.designator = designator
    self.architecture = architecture
    self.role = role
  }

  /// The type that `guid` stands for; `nil` for one that is no discoverable root or usr partition.
  public init?(guid: GUID) {
    guard let type = PartitionType.byGUID[guid] else { return nil }
    self = type
  }

  /// The type GUID.
  public var guid: GUID { PartitionType.byType[self] ?? .zero }

  /// The label that systemd-repart gives the partition, such as `root-x86-64` or `usr-arm64-verity-sig`.
  public var label: String {
    let stem = "\(designator.rawValue)-\(architecture.rawValue)"
    return switch role {
    case .data: stem
    case .verity: stem + "-verity"
    case .veritySignature: stem + "-verity-sig"
    }
  }

  /// A name for any type GUID that is known here: the label of a discoverable partition, or such as `esp`.
  public static func name(of guid: GUID) -> String? {
    PartitionType(guid: guid)?.label ?? namesByGUID[guid]
  }

  // A test holds that every row of the table is understood and that all combinations are there.
  private static let byType: [PartitionType: GUID] = {
    var result: [PartitionType: GUID] = [:]
    for row in table.split(separator: "\n") {
      let words = row.split(separator: " ")
      guard words.count == 5, let designator = Designator(rawValue: String(words[0])),
        let architecture = Architecture(rawValue: String(words[1]))
      else { continue }
      for (role, text) in zip(Role.allCases, words[2...]) {
        result[PartitionType(designator: designator, architecture: architecture, role: role)] = GUID(text)
      }
    }
    return result
  }()

  private static let byGUID = Dictionary(byType.map { ($0.value, $0.key) }) { first, _ in first }

  private static let namesByGUID = Dictionary(
    otherNames.compactMap { text, name in GUID(text).map { ($0, name) } }
  ) { first, _ in first }
}

extension PartitionType: CustomStringConvertible {
  /// The label.
  public var description: String { label }
}
