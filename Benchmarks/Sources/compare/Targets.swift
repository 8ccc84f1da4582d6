import ArgumentParser
import Glibc

/// `compare targets`: what the builder promises, each tree in each mode.
struct Targets: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measures what the builder promises against the fastest mkfs.erofs; fails where it falls short.")

  @OptionGroup var common: CommonOptions
  @OptionGroup var peers: PeerOptions

  @Option(help: "Modes, with spaces between them.") var modes = Target.modes.joined(separator: " ")

  @Option(help: "Trees by their names in the folder, with spaces between them.")
  var trees = Target.trees.joined(separator: " ")

  @Option(help: "Who needs more seconds for a run is run only once.") var limit = 60.0

  @Option(help: "Write all runs to this file, after each tree and mode.", completion: .file()) var json: String?

  @Flag(help: "Keep what is in that file of other trees and modes.") var add = false

  @Flag(help: "Leave our presets out.") var noPresets = false

  @Option(help: "A folder with programs of cryptsetup and util-linux that are not in PATH; may be given several times.")
  var toolTree: [String] = []

  @Argument(help: "The folder with the trees.") var folder: String

  func run() throws {
    var measured = Measurements()
    if add, let json, access(json, R_OK) == 0 { measured = try Measurements(contentsOf: json) }
    var unknown: [String] = []
    try Workshop.use(in: common.output) { workshop in
      let peers = try peers.peers(log: workshop.log)
      measured.machine = Machine.lines + ["mkfs.erofs \(peers.map(\.version).joined(separator: ", "))"]
      unknown = [5, 9].filter { minor in !peers.contains { $0.numbers.starts(with: [1, minor]) } }.map { "1.\($0)" }
      for name in trees.split(separator: " ").map(String.init) {
        for mode in modes.split(separator: " ").map(String.init) {
          // The table's trees have only its cells; others have what is asked for.
          if Target.trees.contains(name) && Target.of(name, mode) == nil { continue }
          progress("\(name), \(mode)")
          measured.insert(try cell(name, mode, peers, workshop))
          if let json { try measured.write(to: json) }
        }
        if !noPresets, let cell = presets(name, workshop) {
          measured.presets.removeAll { $0.tree == name }
          measured.presets.append(cell)
        }
      }
    }
    if let json { try measured.write(to: json) }
    print(Report.text(measured))
    for version in unknown { print("\nNOT MEASURED: mkfs.erofs \(version) is not at hand; Tests/peers.sh gets it.") }
    if !measured.isPassed || !unknown.isEmpty { throw ExitCode(1) }
  }

  private func cell(_ name: String, _ mode: String, _ peers: [Peer], _ workshop: Workshop) throws -> Cell {
    let tree: Tree
    do { tree = try Tree("\(folder)/\(name)") } catch {
      return Cell(tree: name, mode: mode, results: [], problem: "\(error)")
    }
    let output = tree.output(in: workshop)
    let contest = Contest(runCount: common.runs, limit: limit, workshop: workshop)
    let results = contest.results(try contenders(mode, peers), tree) { _ in output }
    let problem = results.last?.error.map { _ in "sysext-pack failed" }
    return Cell(tree: name, mode: mode, results: results, problem: problem)
  }

  private func presets(_ name: String, _ workshop: Workshop) -> Cell? {
    guard let tree = try? Tree("\(folder)/\(name)") else { return nil }
    progress("\(name), presets")
    let output = tree.output(in: workshop)
    let contenders = ["fast", "balanced", "small"].map {
      Contender.ours($0, common.ours, ["--raw-filesystem", "--preset", $0] + common.oursOption)
    }
    let contest = Contest(runCount: common.runs, limit: limit, workshop: workshop)
    return Cell(tree: name, mode: "presets", results: contest.results(contenders, tree) { _ in output })
  }

  /// All peers, and then ours.
  private func contenders(_ name: String, _ peers: [Peer]) throws -> [Contender] {
    if name == "image" {
      let flow = try Flow(toolTrees: toolTree)
      let ours = Mode("lz4", "lz4", cluster: 4096)
      return variants(of: peers, ours.peers).map(flow.contender) + [
        Contender.ours("sysext-pack", common.ours, ours.ours + common.oursOption)
      ]
    }
    let mode =
      switch name {
      case "dedupe":
        Mode("dedupe", "lz4", cluster: 4096, ours: ["--dedupe", "extents"], peers: ["-Ededupe"])
      case "none", "lz4", "lz4hc,9": Mode(name, name, cluster: 4096)
      default: throw Failure("no mode \(name)")
      }
    // Older ones take the option without a word, and do nothing.
    let able = name == "dedupe" ? peers.filter { $0.isAtLeast(1, 6) } : peers
    return variants(of: able, mode.peers).map { Contender.peer($0.name, $0.words, $0.options) } + [
      Contender.ours("sysext-pack", common.ours, ["--raw-filesystem"] + mode.ours + common.oursOption)
    ]
  }

  private typealias Variant = (name: String, words: [String], options: [String])

  /// Each peer with each number of threads that may be its fastest.
  private func variants(of peers: [Peer], _ options: [String]) -> [Variant] {
    let options = options + self.peers.peerOption
    return peers.flatMap { peer -> [Variant] in
      if !peer.isAtLeast(1, 8) { return [(peer.version, peer.words, options)] }
      return [0, 1, 2].map { ("\(peer.version) w\($0)", peer.words, options + ["--workers=\($0)"]) }
    }
  }
}
