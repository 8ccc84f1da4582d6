import ArgumentParser
import SysextImage

/// `sysext-pack cat IMAGE PATH…`.
struct Cat: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cat", abstract: "Writes files of an image to standard output.")

  @OptionGroup var source: ImageArgument

  @Argument(help: "The files; symbolic links are followed in the image.")
  var paths: [String]

  @OptionGroup(title: "Output") var console: ConsoleOptions

  func validate() throws {
    if console.json { throw ValidationError("--json: what files hold is written as it is; ls --json lists them") }
  }

  func run() async throws {
    try await console.reporting { () async throws(ImageError) in
      let image = try source.open()
      let paths = paths.map(imagePath)
      // All are there before anything is written.
      for path in paths { _ = try image.regularFile(path) }
      for path in paths {
        try await image.read(path) { (buffer, count) throws(ImageError) in try Console.write(buffer, count) }
      }
    }
  }
}
