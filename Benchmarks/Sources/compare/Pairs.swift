import ArgumentParser
import Glibc

/// `compare pairs`: with the newest `mkfs.erofs`, in several modes.
struct Pairs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Packs trees with sysext-pack and with the newest mkfs.erofs in turn, and prints a table.")

  @OptionGroup var common: CommonOptions
  @OptionGroup var peers: PeerOptions

  @Option(help: "Some of 'none lz4 lz4-64K lz4hc,9', with spaces between them.")
  var modes = Mode.pairs.map(\.name).joined(separator: " ")

  @Option(help: "Threads of each; default: what each takes by itself.") var jobs: Int?

  @Argument(help: "The trees: usr and opt at their top.") var trees: [String]

  func run() throws {
    let trees = try trees.map(Tree.init)
    let modes = try modes.split(separator: " ").map { name in
      guard let mode = Mode.pairs.first(where: { $0.name == name }) else { throw Failure("no mode \(name)") }
      return mode
    }
    try Workshop.use(in: common.output) { workshop in
      guard let peer = try peers.peers(log: workshop.log).last else { return }
      print(Self.head)
      for tree in trees {
        for mode in modes { try measure(tree, mode, peer, workshop) }
      }
    }
  }

  private func measure(_ tree: Tree, _ mode: Mode, _ peer: Peer, _ workshop: Workshop) throws {
    let ours = mode.ours + common.oursOption + (jobs.map { ["--jobs", "\($0)"] } ?? [])
    let theirs = mode.peers + peers.peerOption + (jobs.map { ["--workers=\($0)"] } ?? [])
    let contenders = [
      Contender.peer("mkfs.erofs \(peer.version)", peer.words, theirs),
      Contender.ours("sysext-pack", common.ours, ours),
      Contender.ours("same, --raw-filesystem", common.ours, ours + ["--raw-filesystem"]),
    ]
    let output = tree.output(in: workshop)
    let results = Contest(runCount: common.runs, workshop: workshop).results(contenders, tree) { _ in output }
    for result in results {
      if let error = result.error { throw Failure(error) }
      print(Self.line(tree, mode, result, peer: result.role == .peer ? nil : results[0]))
      fflush(nil)
    }
  }

  private static let head = """
    | tree | mode | program | wall s min/median | CPU s min/median | peak MiB | bytes | wall ratio | CPU ratio | size ratio |
    |---|---|---|--:|--:|--:|--:|--:|--:|--:|
    """

  private static func line(_ tree: Tree, _ mode: Mode, _ results: Results, peer: Results?) -> String {
    let cells = [
      tree.name, mode.name, results.name, Markdown.span(results.wall), Markdown.span(results.cpu),
      Markdown.mebibytes(results.peakByteCount), "\(results.byteCount)",
    ]
    guard let peer else { return Markdown.line(cells + ["", "", ""]) }
    return Markdown.line(
      cells + [
        Markdown.number(results.ratio(to: peer, \.wall), digits: 2),
        Markdown.number(results.ratio(to: peer, \.cpu), digits: 2),
        Markdown.number(Double(results.byteCount) / Double(max(1, peer.byteCount)), digits: 3),
      ])
  }
}
