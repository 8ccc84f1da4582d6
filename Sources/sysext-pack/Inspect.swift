import ArgumentParser
import SysextImage

/// `sysext-pack inspect IMAGE`.
struct Inspect: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Shows what is in an image, without root or mounting.")

  @OptionGroup var source: ImageArgument

  @Flag(help: "Leave out what needs a walk over all files.")
  var quick = false

  @Flag(help: "Count all files, which reads every inode, of an image on a server, too.")
  var full = false

  @OptionGroup(title: "Output") var console: ConsoleOptions

  /// Whether all inodes are looked at.
  private var walks: Bool { full || (!source.isRemote && !quick) }

  func run() async throws {
    try await console.reporting { () async throws(ImageError) in
      let inspector = try source.inspect()
      let statistics = walks ? try inspector.image.fileSystem.statistics() : nil
      let survey = walks ? try await ImageSurvey(inspector.image) : nil
      try console.show(inspector.json(statistics, survey)) {
        inspector.summary(path: source.image, statistics) + (survey.map(\.summary) ?? "")
      }
      console.show(inspector.findings)
    }
  }
}
