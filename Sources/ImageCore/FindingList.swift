/// Findings, of which the first ones are kept and all are counted: an image may have more faults than memory.
public struct FindingList: Sendable, Hashable {
  /// How many are kept unless told otherwise.
  public static let usualLimit = 1000

  /// The first ones, in the order in which they were found.
  public private(set) var kept: [Finding] = []
  private var counts: [Finding.Severity: Int] = [:]
  private let limit: Int

  /// An empty list that keeps `limit` findings.
  public init(limit: Int = usualLimit) { self.limit = limit }

  /// Takes note of a finding.
  public mutating func append(_ finding: Finding) {
    counts[finding.severity, default: 0] += 1
    if kept.count < limit {
      kept.append(finding)
    } else if finding.severity == .error, let note = kept.lastIndex(where: { $0.severity == .note }) {
      // An error counts more than what is merely worth knowing.
      kept.remove(at: note)
      kept.append(finding)
    }
  }

  /// Takes note of several findings.
  public mutating func append(contentsOf findings: some Sequence<Finding>) {
    for finding in findings { append(finding) }
  }

  /// Takes over another list.
  public mutating func append(contentsOf other: FindingList) {
    var rest = other.counts
    for finding in other.kept {
      append(finding)
      rest[finding.severity, default: 0] -= 1
    }
    for (severity, count) in rest { counts[severity, default: 0] += count }
  }

  /// How many findings of that severity there were, kept or not.
  public func count(_ severity: Finding.Severity) -> Int { counts[severity] ?? 0 }

  /// How many findings there were in all.
  public var count: Int { counts.values.reduce(0, +) }

  /// How many are not among those kept.
  public var omittedCount: Int { count - kept.count }
}
