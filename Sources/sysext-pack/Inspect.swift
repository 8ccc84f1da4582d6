import ArgumentParser
import SysextImage

/// `sysext-pack inspect IMAGE`.
struct Inspect: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Shows what is in an image, without root or mounting.")

  @OptionGroup var source: ImageArgument

  @Flag(help: "Leave out what needs a walk over all files.")
  var quick = false

  @OptionGroup(title: "Output") var console: ConsoleOptions

  func run() async throws {
    try await console.reporting { () async throws(ImageError) in
      let inspector = try source.inspect()
      let statistics = quick ? nil : try inspector.image.fileSystem.statistics()
      let survey = quick ? nil : try await ImageSurvey(inspector.image)
      try console.show(inspector.json(statistics, survey)) {
        inspector.summary(path: source.image, statistics) + (survey.map(\.summary) ?? "")
      }
      console.show(inspector.findings)
    }
  }
}
