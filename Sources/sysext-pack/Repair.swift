import ArgumentParser
import SysextImage

/// `sysext-pack repair IMAGE`.
struct Repair: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repair",
    abstract: "Makes an image's partition table whole: one copy from the other, the backup at the end, the MBR.",
    discussion: "Writes only what differs, the good copy last. An image of which both copies are damaged is refused.")

  @Argument(help: "The image.", completion: .file(extensions: ["raw"]))
  var image: String

  @Option(name: .shortAndLong, help: "Write the whole image there, and leave this one as it is.", completion: .file())
  var output: String?

  @Flag(name: .shortAndLong, help: "Say what would be written, and write nothing.")
  var dryRun = false

  @Flag(help: "Replace the output if it is there.")
  var force = false

  @OptionGroup(title: "Output") var console: ConsoleOptions

  func run() async throws {
    try await console.reporting { () async throws(ImageError) in
      let repair = try ImageRepair(FilePath(image))
      if !dryRun {
        if let output { try repair.write(to: FilePath(output), replace: force) } else { try repair.writeInPlace() }
      }
      try console.show(repair.json) { summary(of: repair) }
      console.show(repair.repair.findings)
    }
  }

  private func summary(of repair: ImageRepair) -> String {
    // What was wrong is no error any more: its severity is left out.
    var lines = repair.reading.findings.filter { console.verbose || $0.severity > .note }.map { finding in
      (["found"] + [finding.place].compactMap(\.self) + [finding.message]).joined(separator: ": ")
    }
    let verb = dryRun ? "would write" : "wrote"
    for area in repair.repair.areas {
      lines.append("\(verb) the \(area.part.rawValue): \(area.bytes.count) bytes at \(area.offset)")
    }
    if repair.repair.areas.isEmpty { lines.append("\(printable(image.utf8)): nothing to repair") }
    return lines.joined(separator: "\n") + "\n"
  }
}
