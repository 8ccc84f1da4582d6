import ArgumentParser
import SysextImage

/// `sysext-pack inspect IMAGE`.
struct Inspect: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Shows what is in an image, without root or mounting.")

  @OptionGroup var source: ImageArgument

  @OptionGroup(title: "Output") var console: ConsoleOptions

  func run() async throws {
    try await console.reporting { () async throws(ImageError) in
      let inspector = try source.inspect()
      let statistics = try inspector.image.fileSystem.statistics()
      try console.show(inspector.json(statistics)) { inspector.summary(path: source.image, statistics) }
      console.show(inspector.findings)
    }
  }
}
