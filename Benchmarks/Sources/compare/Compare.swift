import ArgumentParser
import Glibc

/// Measures whole commands: `sysext-pack` beside `mkfs.erofs`, and beside itself.
@main
struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Measures whole commands; docs/benchmarks.md says how to read the tables.",
    subcommands: [
      Pairs.self, Targets.self, Report.self, Scaling.self, Presets.self, Reading.self, RandomReading.self,
      Packages.self,
    ])
}

/// What all measurements take.
struct CommonOptions: ParsableArguments {
  @Option(help: "sysext-pack.") var ours: String

  @Option(help: "Measured runs of each; one more before them is not measured.") var runs = 5

  @Option(help: "Where images are written; default: $TMPDIR or /tmp. /dev/shm for memory.")
  var output = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"

  @Option(parsing: .unconditionalSingleValue, help: "A further argument for sysext-pack.") var oursOption: [String] = []

  func validate() throws {
    if runs < 1 { throw ValidationError("--runs \(runs): at least 1") }
  }
}

/// The programs that are compared with.
struct PeerOptions: ParsableArguments {
  @Option(help: "An mkfs.erofs; may be given several times. Default: the one in PATH.") var peer: [String] = []

  @Option(help: "The same from an unpacked tree, with the tree's own loader and libraries.") var peerTree: [String] = []

  @Option(parsing: .unconditionalSingleValue, help: "A further argument for mkfs.erofs.") var peerOption: [String] = []

  /// All of them, the newest last.
  func peers(log: String) throws -> [Peer] {
    try Peer.all(peer.map { [$0] } + peerTree.map { try Peer.words(inTree: $0) }, log: log)
  }
}

/// A folder of one's own, with a file for what programs say.
struct Workshop {
  let path: String
  var log: String { path + "/log" }

  /// Gives the folder to `body` and removes it afterwards.
  static func use(in folder: String, _ body: (Workshop) throws -> Void) throws {
    var template = Array("\(folder)/sysext-compare.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure("\(folder): \(Child.message(errno))") }
    let place = Workshop(path: String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
    defer {
      unlink(place.log)
      rmdir(place.path)
    }
    try body(place)
  }
}

/// What is happening, for those who wait.
func progress(_ text: String) {
  let line = text + "\n"
  _ = write(2, line, line.utf8.count)
}
