import ArgumentParser
import SysextImage

/// `sysext-pack verify IMAGE`.
struct Verify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Examines the whole image: partition table, file system, extension.",
    discussion: "Exits 0 when nothing is wrong (there may be warnings), 1 when something is.")

  @OptionGroup var source: ImageArgument

  @Flag(help: "Look at metadata alone; decompress nothing.")
  var quick = false

  @Option(name: .shortAndLong, help: "How many threads work; the report does not depend on it.")
  var jobs: Int?

  @OptionGroup(title: "Output") var console: ConsoleOptions

  /// How many findings are printed as text.
  private static let shownCount = 100

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("--jobs \(jobs): at least 1") }
  }

  func run() async throws {
    let isSound = try await console.reporting { () async throws(ImageError) in
      let (store, fileName) = try source.store()
      let devices = try source.remote.stores(source.devices)
      let report = try await ImageVerifier(store, fileName: fileName, devices: devices).verify(
        quick: quick, threadCount: jobs)
      try console.show(report.json) { summary(of: report) }
      return report.isSound
    }
    if !isSound { throw ExitCode(1) }
  }

  private func summary(of report: VerifyReport) -> String {
    var lines: [String] = []
    let wanted = report.findings.kept.filter { console.verbose || $0.severity > .note }
    for finding in wanted.prefix(Self.shownCount) { lines.append("\(finding)") }
    let hidden = max(0, wanted.count - Self.shownCount) + report.findings.omittedCount
    if hidden > 0 { lines.append("and \(hidden) more") }
    if report.findings.kept.contains(where: { $0.code == "erofs-device-missing" && $0.severity > .note }) {
      lines.append("--device FILE gives a device; once for each, in the order of the image's table")
    }
    let errors = counted(report.findings.count(.error), "error")
    let warnings = counted(report.findings.count(.warning), "warning")
    lines.append("\(printable(source.image.utf8)): \(report.isSound ? "sound" : "damaged"), \(errors), \(warnings)")
    if let counts = report.counts {
      let kinds = [
        counted(counts.fileCount, "file"), counted(counts.directoryCount, "directory", "directories"),
        counted(counts.symlinkCount, "symlink"), "\(counts.specialCount) special",
      ]
      lines.append(
        "  \(counted(counts.inodeCount, "inode")) (\(kinds.joined(separator: ", "))), "
          + counted(counts.hardLinkCount, "hard link"))
      let done = report.isQuick ? "metadata alone" : "\(counted(counts.decompressedByteCount, "byte")) decompressed"
      lines.append(
        "  \(counted(counts.extentCount, "extent")), \(done), \(counted(counts.unusedBlockCount, "block")) unused")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
