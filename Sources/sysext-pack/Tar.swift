import ArgumentParser
import SysextImage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// `sysext-pack tar IMAGE [OUT.tar]`.
struct Tar: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tar",
    abstract: "Writes the files of an image as a tar archive (pax, with extended attributes).")

  @OptionGroup var source: ImageArgument

  @Argument(help: "The archive; - or nothing for standard output.", completion: .file(extensions: ["tar"]))
  var output = "-"

  @Option(help: "Only what is at and below this path, with the directories on the way; may be given several times.")
  var path: [String] = []

  @Option(name: .shortAndLong, help: "How many threads read; the bytes do not depend on it.")
  var jobs: Int?

  @Flag(help: "Replace the archive if it is there.")
  var force = false

  @OptionGroup(title: "Output") var console: ConsoleOptions

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("--jobs \(jobs): at least 1") }
    guard output == "-" else { return }
    if console.json { throw ValidationError("--json needs an archive with a name: standard output is the archive") }
    if isatty(FileDescriptor.standardOutput.rawValue) != 0 {
      throw ValidationError("an archive does not belong on a terminal: give a name, or a pipe")
    }
  }

  func run() async throws {
    try await console.reporting { () async throws(ImageError) in
      let image = try source.open()
      let paths = path.map(imagePath)
      guard output == "-" else {
        let report = try await image.writeTar(to: FilePath(output), replace: force, paths: paths, threadCount: jobs)
        console.show(report.findings)
        return try console.show(report.json) {
          "\(printable(output.utf8)): \(report.byteCount) bytes, \(report.memberCount) members\n"
        }
      }
      let report = try await image.writeTar(paths: paths, threadCount: jobs) { (buffer, count) throws(ImageError) in
        try Console.write(buffer, count)
      }
      console.show(report.findings)
    }
  }
}
