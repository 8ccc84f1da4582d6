/// What happens when two inputs have different files under one path.
public enum ConflictRule: String, Sendable, CaseIterable {
  /// It is an error.
  case fail
  /// The input that was named first has its way.
  case first
  /// The input that was named last has its way.
  case last
}
