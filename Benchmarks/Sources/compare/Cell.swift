/// What was measured on a tree in a mode: what a line of the table and the bars of the chart are made of.
struct Cell: Codable, Sendable {
  let tree: String
  let mode: String
  let results: [Results]
  /// Why nothing was measured.
  var problem: String?

  /// Ours that is compared.
  var ours: Results? { results.first { $0.role == .ours && !$0.runs.isEmpty } }
  private var peers: [Results] { results.filter { $0.role == .peer && !$0.runs.isEmpty } }
  /// By the median wall time.
  var fastest: Results? { peers.min { $0.wall.median < $1.wall.median } }
  /// By the median CPU time.
  var mostFrugal: Results? { peers.min { $0.cpu.median < $1.cpu.median } }
  var smallest: Results? { peers.min { $0.byteCount < $1.byteCount } }

  var target: Target? { Target.of(tree, mode) }
  var wallRatio: Double? { fastest.flatMap { ours?.ratio(to: $0, \.wall) } }
  var cpuRatio: Double? { fastest.flatMap { ours?.ratio(to: $0, \.cpu) } }
  var sizeRatio: Double? {
    guard let ours, let smallest else { return nil }
    return Double(ours.byteCount) / Double(max(1, smallest.byteCount))
  }
  var peakByteCount: Int? { ours?.peakByteCount }
}

/// What a cell of the table says of its target.
enum Verdict {
  case pass, fallsShort
  /// There is no target, or something is missing that the target includes.
  case open
  case notMeasured

  init(_ isReached: Bool?, counts: Bool) {
    switch isReached {
    case nil: self = .notMeasured
    case _ where !counts: self = .open
    case .some(let isReached): self = isReached ? .pass : .fallsShort
    }
  }

  var text: String {
    switch self {
    case .pass: "PASS"
    case .fallsShort: "**FALLS SHORT**"
    case .open: ""
    case .notMeasured: "**NOT MEASURED**"
    }
  }
}

extension Cell {
  /// Each requirement with its value and its verdict.
  var verdicts: [(value: String, verdict: Verdict)] {
    let counts = target != nil && target?.missing == nil
    let speedUp = wallRatio.map { 1 / $0 }
    return [
      (
        Self.text(speedUp, "×", "≥", target?.speedUp),
        Verdict(speedUp.map { $0 >= target?.speedUp ?? 0 }, counts: counts)
      ),
      (
        Self.text(cpuRatio, "", "≤", target?.cpuRatio),
        Verdict(cpuRatio.map { $0 <= target?.cpuRatio ?? .infinity }, counts: counts && target?.cpuRatio != nil)
      ),
      (
        sizeRatio.map { Markdown.number($0, digits: 4) } ?? "",
        Verdict(sizeRatio.map { $0 <= Target.sizeRatio }, counts: counts)
      ),
      (
        peakByteCount.map(Markdown.mebibytes) ?? "",
        Verdict(peakByteCount.map { $0 <= Target.peakByteCount }, counts: counts)
      ),
    ]
  }

  private static func text(_ value: Double?, _ unit: String, _ comparison: String, _ target: Double?) -> String {
    guard let value else { return "" }
    guard let target else { return Markdown.number(value, digits: 2) + unit }
    // More digits where two would make them look equal.
    let digits = abs(value - target) < 0.01 ? 4 : 2
    let goal = "(\(comparison) \(Markdown.number(target, digits: 2))\(unit))"
    return "\(Markdown.number(value, digits: digits))\(unit) \(goal)"
  }
}
