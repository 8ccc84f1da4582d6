import ArgumentParser
import SysextImage

/// `sysext-pack extract IMAGE DEST`.
struct Extract: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "extract",
    abstract: "Writes the files of an image to a directory.",
    discussion: """
      A new directory appears when all is done, or not at all; in one that exists, files take their places when all \
      have been written. Owners are restored for root; nothing is ever written outside of the directory.
      """)

  @OptionGroup var source: ImageArgument

  @Argument(help: "The directory: new or empty, unless --force.", completion: .directory)
  var destination: String

  @Option(help: "Only what is at and below this path, with the directories on the way; may be given several times.")
  var path: [String] = []

  @Option(name: .shortAndLong, help: "How many threads read and write.")
  var jobs: Int?

  @Flag(help: "Leave all files to whoever runs this.")
  var noOwners = false

  @Flag(help: "Leave extended attributes out.")
  var noXattrs = false

  @Flag(help: "Write into a directory that has something in it, and replace files.")
  var force = false

  @OptionGroup(title: "Output") var console: ConsoleOptions

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("--jobs \(jobs): at least 1") }
    if destination.isEmpty || destination == "-" { throw ValidationError("the name of a directory is needed") }
  }

  func run() async throws {
    try await console.reporting { () async throws(ImageError) in
      // A directory is open as long as something in it is to be written.
      POSIX.raiseFileLimit()
      let image = try source.open()
      var options = DirectoryWriter.Options()
      options.threadCount = jobs
      options.setsOwners = noOwners ? false : nil
      options.setsExtendedAttributes = !noXattrs
      options.replacesExisting = force
      let report = try await image.extract(
        to: FilePath(destination), paths: path.map(imagePath), options: options)
      console.show(report.findings)
      try console.show(report.json) { report.summary(destination) }
    }
  }
}

extension DirectoryWriter.Report {
  /// A line on what was written.
  func summary(_ destination: String) -> String {
    "\(printable(destination.utf8)): \(counted(fileCount, "file")) of \(counted(byteCount, "byte")), "
      + "\(counted(directoryCount, "directory", "directories")), \(counted(symlinkCount, "symlink"))\n"
  }
}
