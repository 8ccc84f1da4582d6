import ArgumentParser

/// `compare report`: the tables and the chart again, from what was measured.
struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Prints the tables of a file of measurements, or a chart.")

  @Flag(help: "Print the chart (SVG) instead of the tables.") var chart = false

  @Argument(help: "The file that compare targets has written.", completion: .file()) var file: String

  func run() throws {
    let measured = try Measurements(contentsOf: file)
    print(chart ? Chart(measured.cells).text : Self.text(measured))
  }

  static func text(_ measured: Measurements) -> String {
    var parts = [measured.machine.joined(separator: "; ") + ".", measured.table]
    if !measured.presets.isEmpty { parts += ["Our presets on the same trees, for information:", measured.presetTable] }
    return parts.joined(separator: "\n\n")
  }
}
