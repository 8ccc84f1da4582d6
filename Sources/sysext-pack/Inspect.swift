import ArgumentParser
import SysextImage

/// `sysext-pack inspect IMAGE`.
struct Inspect: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Shows what is in an image, without root or mounting.")

  @Argument(help: "The image, or a bare EROFS file system.", completion: .file(extensions: ["raw"]))
  var image: String

  @OptionGroup(title: "Output") var console: ConsoleOptions

  func run() async throws {
    try await console.reporting { () async throws(ImageError) in
      let inspector = try SysextInspector(contentsOf: FilePath(image))
      let statistics = try inspector.fileSystem.statistics()
      try console.show(inspector.json(statistics)) { inspector.summary(path: image, statistics) }
      console.show(inspector.findings)
    }
  }
}
