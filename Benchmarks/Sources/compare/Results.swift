/// All runs of one contender on one tree in one mode.
struct Results {
  var runs: [Usage] = []
  /// The length of what was written.
  var byteCount = 0
}

extension [Double] {
  var median: Double {
    let sorted = self.sorted()
    return isEmpty ? 0 : (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
  }
}

/// The lines of the table.
enum Table {
  static let head = """
    | tree | mode | program | wall s min/median | CPU s min/median | peak MiB | bytes | wall ratio | CPU ratio | size ratio |
    |---|---|---|--:|--:|--:|--:|--:|--:|--:|
    """

  /// One contender's line; `peer` where there is someone to be compared with.
  static func line(_ tree: String, _ mode: String, _ name: String, _ results: Results, peer: Results?) -> String {
    let wall = results.runs.map(\.wall)
    let cpu = results.runs.map(\.cpu)
    var cells = [
      tree, mode, name, "\(shortest(wall))/\(number(wall.median))", "\(shortest(cpu))/\(number(cpu.median))",
      "\(((results.runs.map(\.peakByteCount).max() ?? 0) + (1 << 19)) >> 20)", "\(results.byteCount)",
    ]
    if let peer {
      cells += [ratio(wall, peer.runs.map(\.wall)), ratio(cpu, peer.runs.map(\.cpu))]
      cells.append(number(Double(results.byteCount) / Double(max(1, peer.byteCount)), digits: 3))
    } else {
      cells += ["", "", ""]
    }
    return "| " + cells.joined(separator: " | ") + " |"
  }

  private static func shortest(_ values: [Double]) -> String { number(values.min() ?? 0) }

  /// The median of the ratios of runs that were made one after the other, so that a slow minute hits both.
  private static func ratio(_ ours: [Double], _ theirs: [Double]) -> String {
    number(zip(ours, theirs).map { $0 / $1 }.median, digits: 2)
  }

  /// Two or three digits that say something.
  private static func number(_ value: Double) -> String { number(value, digits: value < 0.1 ? 3 : 2) }

  private static func number(_ value: Double, digits: Int) -> String {
    let factor = (0..<digits).reduce(1) { power, _ in power * 10 }
    let scaled = Int((value * Double(factor)).rounded())
    let fraction = String(scaled % factor)
    return "\(scaled / factor)." + String(repeating: "0", count: digits - fraction.count) + fraction
  }
}
