import FoundationEssentials
import Glibc

/// All that `compare targets` has measured; a JSON file.
struct Measurements: Codable {
  /// Processor, cores, kernel, and the programs.
  var machine: [String] = []
  var cells: [Cell] = []
  /// Our presets, for information.
  var presets: [Cell] = []

  init() {}

  init(contentsOf path: String) throws {
    self = try JSONDecoder().decode(Measurements.self, from: Data(contentsOf: URL(filePath: path)))
  }

  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try encoder.encode(self).write(to: URL(filePath: path))
  }

  /// Takes a measurement in, in place of an older one of the same tree and mode.
  mutating func insert(_ cell: Cell) {
    cells.removeAll { $0.tree == cell.tree && $0.mode == cell.mode }
    cells.append(cell)
    func position(_ cell: Cell) -> [Int] {
      [
        Target.modes.firstIndex(of: cell.mode) ?? .max, Target.trees.firstIndex(of: cell.tree) ?? .max,
      ]
    }
    cells.sort { position($0).lexicographicallyPrecedes(position($1)) }
  }

  /// Whether each target that was asked for is reached.
  var isPassed: Bool {
    cells.allSatisfy { cell in
      cell.verdicts.allSatisfy { $0.verdict == .pass || $0.verdict == .open }
    }
  }

  var table: String {
    var lines = [
      "| tree | mode | wall s: ours, fastest peer | speed-up | CPU s: ours, the same peer, the most frugal | CPU ratio "
        + "| size by the smallest peer's | peak MiB | runs |",
      "|---|---|---|---|---|---|---|---|--:|",
    ]
    lines += cells.map(Self.line)
    func count(_ verdict: Verdict) -> Int { cells.flatMap(\.verdicts).count { $0.verdict == verdict } }
    let missing = cells.count { $0.verdicts.contains { $0.verdict == .notMeasured } }
    lines += [
      "",
      "\(count(.pass)) values pass, \(count(.fallsShort)) fall short; \(missing) lines are not measured. "
        + "Bare values have no target.",
    ]
    for cell in cells {
      if let missing = cell.target?.missing { lines.append("\(cell.tree), \(cell.mode): without \(missing), so open.") }
      for result in cell.results {
        guard let error = result.error else { continue }
        lines += ["\(cell.tree), \(cell.mode), \(result.name) failed: \(error.split(separator: "\n").first ?? "")"]
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func line(_ cell: Cell) -> String {
    guard let ours = cell.ours, let fastest = cell.fastest, let frugal = cell.mostFrugal else {
      let reason = cell.problem ?? "no runs"
      return Markdown.line([cell.tree, cell.mode, "**NOT MEASURED**: \(reason)", "", "", "", "", "", ""])
    }
    func pair(_ value: KeyPath<Results, [Double]>, _ peer: Results) -> String {
      "\(Markdown.number(ours[keyPath: value].median)), \(Markdown.number(peer[keyPath: value].median)) (\(peer.name))"
    }
    let cells = cell.verdicts.map { $0.verdict.text.isEmpty ? $0.value : "\($0.value) \($0.verdict.text)" }
    let cpu = "\(pair(\.cpu, fastest)), \(Markdown.number(frugal.cpu.median)) (\(frugal.name))"
    let runs = fastest.runs.count == ours.runs.count ? "" : ", peer \(fastest.runs.count)"
    return Markdown.line([
      cell.tree, cell.mode, pair(\.wall, fastest), cells[0], cpu, cells[1], cells[2], cells[3],
      "\(ours.runs.count)\(runs)",
    ])
  }

  /// What the presets do with the same trees; with nobody beside them.
  var presetTable: String {
    var lines = ["| tree | preset | wall s | CPU s | bytes | peak MiB |", "|---|---|--:|--:|--:|--:|"]
    for cell in presets {
      for result in cell.results where result.error == nil {
        lines.append(
          Markdown.line([
            cell.tree, result.name, Markdown.number(result.wall.median), Markdown.number(result.cpu.median),
            Markdown.grouped(result.byteCount), Markdown.mebibytes(result.peakByteCount),
          ]))
      }
    }
    return lines.joined(separator: "\n")
  }
}
