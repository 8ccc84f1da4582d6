import ArgumentParser
import SysextImage

/// `sysext-pack inspect IMAGE`.
struct Inspect: AsyncParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Shows what is in an image, without root or mounting.")

  @OptionGroup var source: ImageArgument

  @Flag(help: "Count all files, which reads every inode, of an image on a server, too.")
  var full = false

  @OptionGroup(title: "Output") var console: ConsoleOptions

  /// Whether all inodes are looked at.
  private var walks: Bool { full || !source.isRemote }

  func run() async throws {
    try await console.reporting { () async throws(ImageError) in
      let inspector = try source.inspect()
      let statistics = walks ? try inspector.image.fileSystem.statistics() : nil
      try console.show(inspector.json(statistics)) { inspector.summary(path: source.image, statistics) }
      console.show(inspector.findings)
    }
  }
}
