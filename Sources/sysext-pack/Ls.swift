import ArgumentParser
import SysextImage

/// `sysext-pack ls IMAGE [PATH…]`.
struct Ls: AsyncParsableCommand {
  // `-h` is for sizes, as everywhere else that lists.
  static let configuration = CommandConfiguration(
    commandName: "ls", abstract: "Lists what is in an image.", helpNames: .long)

  @OptionGroup var source: ImageArgument

  @Argument(help: "What to list, the root by default.")
  var paths: [String] = []

  @Flag(name: .short, help: "Print mode, links, owner, group, length and time, too.")
  var long = false

  @Flag(name: [.customShort("R"), .long], help: "List what is in directories, too, all the way down.")
  var recursive = false

  @Flag(name: [.short, .long], help: "List directories themselves instead of what is in them.")
  var directory = false

  @Flag(name: [.short, .long], help: "Print lengths such as 1.5M.")
  var humanReadable = false

  @OptionGroup(title: "Output") var console: ConsoleOptions

  func run() async throws {
    try await console.reporting { () async throws(ImageError) in
      let image = try source.open()
      var options = ImageLister.Options()
      options.isLong = long
      options.isRecursive = recursive
      options.listsDirectoriesThemselves = directory
      options.hasHumanSizes = humanReadable
      let lister = ImageLister(image.fileSystem, options)
      let paths = paths.map(imagePath)
      func write(_ text: [UInt8]) throws(ImageError) { try Console.write(text, text.count) }
      try console.json ? lister.json(of: paths, write) : lister.text(of: paths, write)
    }
  }
}
