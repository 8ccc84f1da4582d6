import ArgumentParser
import Glibc

/// `compare reading`: extracting and checking images, beside `fsck.erofs`.
struct Reading: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Extracts and verifies images with sysext-pack and with fsck.erofs in turn, and prints a table.")

  @OptionGroup var common: CommonOptions

  @Option(help: "An unpacked tree with fsck.erofs, which runs with the tree's own loader; the newest is the last.")
  var peerTree: [String] = []

  @Argument(help: "The trees: usr and opt at their top.") var trees: [String]

  /// How the images that are read were packed.
  static let settings = [
    "--compression lz4 --pcluster-size 4K --tails blocks",
    "--compression lz4hc,9 --pcluster-size 64K --tails blocks",
    "--compression zstd,3 --pcluster-size 64K --tails blocks --kernel 6.12",
  ]

  /// One thing to do, by us and by the peer.
  private struct Task: Sendable {
    let name: String
    let ours: @Sendable (_ image: String, _ folder: String) -> [String]
    let theirs: @Sendable (_ image: String, _ folder: String) -> [String]
    /// Their wall time by ours, at least.
    let speedUp: Double
  }

  private static let tasks = [
    Task(name: "extract", ours: { ["extract", $0, $1] }, theirs: { ["--extract=\($1)", $0] }, speedUp: 1.8),
    Task(
      name: "verify, by extract", ours: { image, _ in ["verify", image] }, theirs: { ["--extract=\($1)", $0] },
      speedUp: 3),
    Task(
      name: "verify --quick, by fsck", ours: { image, _ in ["verify", "--quick", image] },
      theirs: { image, _ in [image] }, speedUp: 1),
  ]

  func run() throws {
    guard let tree = peerTree.last else { throw Failure("--peer-tree is needed: Tests/peers.sh makes one") }
    let fsck = try Peer.words("fsck.erofs", inTree: tree)
    let trees = try trees.map(Tree.init)
    try Workshop.use(in: common.output) { workshop in
      let version = Child.output(fsck + ["-V"], log: workshop.log).split(separator: "\n").first.map(String.init) ?? "?"
      print("\(Machine.lines.joined(separator: ", ")); \(version).\n")
      print(
        "| tree | packed with | task | wall s: ours, theirs | speed-up | CPU s: ours, theirs | CPU ratio | peak MiB |")
      print("|---|---|---|---|---|---|---|--:|")
      var isPassed = true
      for tree in trees {
        for setting in Self.settings {
          let image = tree.output(in: workshop)
          defer { unlink(image) }
          try Self.pack(tree, setting, common, workshop)
          for task in Self.tasks {
            progress("\(tree.name), \(setting): \(task.name)")
            let passed = try measure(task, tree, setting, image, fsck, workshop)
            isPassed = isPassed && passed
          }
        }
      }
      if !isPassed { throw ExitCode(1) }
    }
  }

  /// Makes the image that is read.
  static func pack(_ tree: Tree, _ setting: String, _ common: CommonOptions, _ workshop: Workshop) throws {
    let options = ["--raw-filesystem", "--quiet"] + setting.split(separator: " ").map(String.init)
    let command = Contender.ours("", common.ours, options).command(tree, tree.output(in: workshop))
    _ = try Child.run(command, log: workshop.log)
  }

  private func measure(
    _ task: Task, _ tree: Tree, _ setting: String, _ image: String, _ fsck: [String], _ workshop: Workshop
  ) throws -> Bool {
    let folder = workshop.path + "/out"
    let words = [[common.ours] + task.ours(image, folder) + ["--quiet"], fsck + task.theirs(image, folder)]
    var results = [Results(name: "sysext-pack", role: .ours), Results(name: "fsck.erofs", role: .peer)]
    for round in 0...common.runs {
      for turn in 0..<2 {
        let index = (turn + round) % 2
        let usage = try Child.run(words[index], log: workshop.log)
        if round > 0 { results[index].runs.append(usage) }
        // Not measured: the next one is to find nothing there.
        _ = try Child.run(["/bin/rm", "-rf", folder], log: workshop.log)
      }
    }
    let speedUp = 1 / results[0].ratio(to: results[1], \.wall)
    let verdict = speedUp >= task.speedUp ? "PASS" : "**FALLS SHORT**"
    print(
      Markdown.line([
        tree.name, "`\(setting)`", task.name,
        "\(Markdown.number(results[0].wall.median)), \(Markdown.number(results[1].wall.median))",
        "\(Markdown.number(speedUp, digits: 2))× (≥ \(Markdown.number(task.speedUp, digits: 1))×) \(verdict)",
        "\(Markdown.number(results[0].cpu.median)), \(Markdown.number(results[1].cpu.median))",
        Markdown.number(results[0].ratio(to: results[1], \.cpu), digits: 2),
        Markdown.mebibytes(results[0].peakByteCount),
      ]))
    fflush(nil)
    return speedUp >= task.speedUp
  }
}
