import ArgumentParser
import SysextImage
import SysextPackages

/// `sysext-pack rpm info PACKAGE…`.
struct RPMInfo: AsyncParsableCommand, TakingManyPlaces {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Prints what packages say of themselves.")

  @Argument(
    help: "The packages: files, folders of them, or https or http URLs.", completion: .file(extensions: ["rpm"]))
  var places: [String]

  @OptionGroup var options: PackageOptions

  @OptionGroup(title: "Output") var console: ConsoleOptions

  func run() async throws {
    try await console.reporting { () async throws(ImageError) in
      var summaries: [PackageSummary] = []
      for place in try packageFiles(places) { summaries.append(try PackageSummary(try options.open(place))) }
      try console.show(.array(summaries.map { $0.json() })) {
        summaries.map { $0.text(isVerbose: console.verbose) }.joined(separator: "\n")
      }
    }
  }
}
