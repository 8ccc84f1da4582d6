import ArgumentParser
import SysextImage
import SysextPackages

/// `sysext-pack rpm ls PACKAGE…`.
struct RPMLs: AsyncParsableCommand, TakingManyPlaces {
  // `-h` is for sizes, as in `ls`.
  static let configuration = CommandConfiguration(
    commandName: "ls", abstract: "Lists the files of packages.", helpNames: .long)

  @Argument(
    help: "The packages: files, folders of them, or https or http URLs.", completion: .file(extensions: ["rpm"]))
  var places: [String]

  @Flag(name: .short, help: "Print mode, links, owner, group, length and time, too.")
  var long = false

  @Flag(name: [.short, .long], help: "Print lengths such as 1.5M.")
  var humanReadable = false

  @OptionGroup var options: PackageOptions

  @OptionGroup(title: "Output") var console: ConsoleOptions

  func run() async throws {
    try await console.reporting { () async throws(ImageError) in
      var options = PackageLister.Options()
      options.isLong = long
      options.hasHumanSizes = humanReadable
      let lister = PackageLister(options)
      let files = try packageFiles(places)
      let (opening, isJSON) = (self.options, console.json)
      // Few at a time are not worth a thread, and neither are few bytes a write.
      let batches = stride(from: 0, to: files.count, by: 16).map { Array(files[$0..<min($0 + 16, files.count)]) }
      var output = ListOutput(isJSON: isJSON)
      do throws(ImageError) {
        try await forEachOrdered(
          batches, width: POSIX.processorCount, window: 4 * POSIX.processorCount,
          transform: { (batch: [String]) throws(ImageError) -> Listed in try Listed(batch, opening, lister, isJSON) },
          commit: { (listed: Listed) throws(ImageError) in
            try output.write(listed)
            if let error = listed.error { throw error }
          })
      } catch {
        try output.flush()
        throw error
      }
      try output.end()
    }
  }
}

/// Lists of some packages, up to the first that cannot be listed.
private struct Listed: Sendable {
  var text: [UInt8] = []
  var lines: [String] = []
  var error: ImageError?

  init(_ places: [String], _ opening: PackageOptions, _ lister: PackageLister, _ isJSON: Bool) throws(ImageError) {
    for place in places {
      do throws(ImageError) {
        let package = try opening.open(place)
        if isJSON { lines += try lister.json(of: package) } else { text += try lister.text(of: package) }
      } catch {
        self.error = error
        return
      }
    }
  }
}

/// Standard output, in large pieces.
private struct ListOutput {
  private let isJSON: Bool
  private var buffer: [UInt8] = []
  private var separator = "[\n  "

  init(isJSON: Bool) { self.isJSON = isJSON }

  mutating func write(_ listed: Listed) throws(ImageError) {
    buffer += listed.text
    for line in listed.lines {
      buffer += (separator + line).utf8
      separator = ",\n  "
    }
    if buffer.count >= 64 << 10 { try flush() }
  }

  mutating func flush() throws(ImageError) {
    try Console.write(buffer, buffer.count)
    buffer = []
  }

  mutating func end() throws(ImageError) {
    if isJSON { buffer += (separator.hasPrefix("[") ? "[]\n" : "\n]\n").utf8 }
    try flush()
  }
}
