import ArgumentParser
import RPM
import SysextImage
import SysextPackages

/// `sysext-pack rpm scripts PACKAGE…`.
struct RPMScripts: AsyncParsableCommand, TakingManyPlaces {
  static let configuration = CommandConfiguration(
    commandName: "scripts",
    abstract: "Tells what packages would run, and what of it needs nothing, is done by pack, or needs a human.")

  @Argument(
    help: "The packages: files, folders of them, or https or http URLs.", completion: .file(extensions: ["rpm"]))
  var places: [String]

  @Option(
    help: "What to do with units that a package presets: report them, enable them (by an Upholds= line), or ignore it.")
  var presets = ScriptletOptions.Presets.report

  @OptionGroup var options: PackageOptions

  @OptionGroup(title: "Output") var console: ConsoleOptions

  func run() async throws {
    try await console.reporting { () async throws(ImageError) in
      var opened: [RPMPackage] = []
      for place in try packageFiles(places) { opened.append(try options.open(place)) }
      let report = try ScriptletReport(opened, ScriptletOptions(presets: presets))
      try console.show(report.json) { report.text }
    }
  }
}
