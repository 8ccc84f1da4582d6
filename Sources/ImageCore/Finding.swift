/// One thing that a check noticed.
///
/// Checks return all of them; only what stops the work is thrown as an `ImageError`.
public struct Finding: Sendable, Hashable {
  /// How much it matters.
  public enum Severity: String, Sendable, Comparable {
    case note, warning, error

    /// `note` is below `warning`, `warning` below `error`.
    public static func < (left: Severity, right: Severity) -> Bool {
      left.rank < right.rank
    }

    private var rank: Int {
      switch self {
      case .note: 0
      case .warning: 1
      case .error: 2
      }
    }
  }

  /// How much it matters.
  public var severity: Severity
  /// A stable word for programs, such as `left-out`.
  public var code: String
  /// The file or partition that it is about, if it is about one.
  public var place: String?
  /// What it is and what to do.
  public var message: String

  /// Makes a finding.
  public init(_ severity: Severity, _ code: String, place: String? = nil, _ message: String) {
    self.severity = severity
    self.code = code
    self.place = place
    self.message = message
  }
}

extension Finding: CustomStringConvertible {
  /// Such as `warning: etc: left out`.
  public var description: String {
    "\(severity): \(place.map { "\($0): " } ?? "")\(message)"
  }
}
