/// All runs of one contender on one tree in one mode.
struct Results: Codable, Sendable {
  let name: String
  let role: Contender.Role
  var runs: [Usage] = []
  /// The length of what was written.
  var byteCount = 0
  /// It needed so long that it ran only once.
  var isSlow = false
  /// Why there are no runs.
  var error: String?

  init(name: String, role: Contender.Role) {
    self.name = name
    self.role = role
  }

  var wall: [Double] { runs.map(\.wall) }
  var cpu: [Double] { runs.map(\.cpu) }
  var peakByteCount: Int { runs.map(\.peakByteCount).max() ?? 0 }

  /// Ours by theirs of two neighbouring runs, and of these the median, so that a slow minute hits both; where one of
  /// them ran only once, of their medians.
  func ratio(to other: Results, _ value: KeyPath<Usage, Double>) -> Double {
    let (ours, theirs) = (runs.map { $0[keyPath: value] }, other.runs.map { $0[keyPath: value] })
    if ours.count != theirs.count { return ours.median / theirs.median }
    return zip(ours, theirs).map { $0 / $1 }.median
  }
}

extension [Double] {
  var median: Double {
    let sorted = self.sorted()
    return isEmpty ? 0 : (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
  }
}

/// Text of tables.
enum Markdown {
  static func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }

  /// The shortest and the median.
  static func span(_ values: [Double]) -> String { "\(number(values.min() ?? 0))/\(number(values.median))" }

  static func mebibytes(_ byteCount: Int) -> String { "\((byteCount + 1 << 19) >> 20)" }

  /// Two or three digits that say something.
  static func number(_ value: Double) -> String { number(value, digits: value < 0.1 ? 3 : value < 100 ? 2 : 0) }

  static func number(_ value: Double, digits: Int) -> String {
    guard value.isFinite, value < 1e12 else { return "–" }
    let factor = (0..<digits).reduce(1) { power, _ in power * 10 }
    let scaled = Int((value * Double(factor)).rounded())
    if digits == 0 { return "\(scaled)" }
    let fraction = String(scaled % factor)
    return "\(scaled / factor)." + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  /// 12,345,678.
  static func grouped(_ value: Int) -> String {
    let digits = Array(String(value))
    return digits.indices.map { ($0 > 0 && (digits.count - $0).isMultiple(of: 3) ? "," : "") + String(digits[$0]) }
      .joined()
  }
}
