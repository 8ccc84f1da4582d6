import ArgumentParser
import Glibc

/// `compare presets`: how long each setting builds, how large its image is, and how fast it is read.
struct Presets: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Builds images with each preset and other settings, mounts them, and reads them.")

  @OptionGroup var common: CommonOptions

  @Option(
    parsing: .unconditionalSingleValue,
    help: "Measure sysext-pack with these options, not our own list; may be given several times.")
  var setting: [String] = []

  @Argument(help: "The trees: usr and opt at their top.") var trees: [String]

  private static let settings = [
    "--preset fast", "--preset balanced", "--preset small", "--compression none",
    "--compression lz4 --pcluster-size 4K --tails blocks", "--compression lz4 --pcluster-size 4K --tails fragments",
    "--compression lz4 --pcluster-size 64K --tails inline", "--compression lz4hc,9 --pcluster-size 16K --tails inline",
    "--compression deflate,6 --pcluster-size 64K --tails inline --kernel 6.12",
    "--compression zstd,3 --pcluster-size 64K --tails inline --kernel 6.12",
    "--compression lzma,6 --pcluster-size 64K --tails inline --kernel 6.12",
  ]

  func run() throws {
    guard geteuid() == 0 else { throw Failure("mounting needs root") }
    let settings = setting.isEmpty ? Self.settings : setting
    print("\(Machine.lines.joined(separator: ", ")).\n")
    print(
      "| tree | setting | build wall s | build CPU s | bytes | read all MB/s | its CPU s per GB "
        + "| random 4 KiB µs | its CPU µs |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|")
    for tree in try trees.map(Tree.init) {
      try Workshop.use(in: common.output) { workshop in
        let outputs = settings.indices.map { "\(workshop.path)/\(tree.extensionName)-\($0).x86-64.raw" }
        defer { for output in outputs { unlink(output) } }
        let contenders = settings.map { setting in
          let options = setting.split(separator: " ").map(String.init)
          return Contender.ours(setting, common.ours, ["--raw-filesystem"] + options + common.oursOption)
        }
        progress("\(tree.name): building")
        let contest = Contest(runCount: common.runs, limit: 60, workshop: workshop)
        let results = contest.results(contenders, tree, output: { outputs[$0] }, keeping: true)
        var reads = [[ReadSpeed]](repeating: [], count: settings.count)
        for round in 0..<common.runs {
          progress("\(tree.name): reading, round \(round + 1)")
          for index in settings.indices where results[index].error == nil {
            reads[index].append(try ReadSpeed.measure(outputs[index], workshop))
          }
        }
        for (result, reads) in zip(results, reads) { print(line(tree, result, reads)) }
        fflush(nil)
      }
    }
  }

  private func line(_ tree: Tree, _ result: Results, _ reads: [ReadSpeed]) -> String {
    if let error = result.error {
      progress(error)
      return Markdown.line([tree.name, "`\(result.name)`", "failed", "", "", "", "", "", ""])
    }
    func median(_ value: (ReadSpeed) -> Double) -> Double { reads.map(value).median }
    return Markdown.line([
      tree.name, "`\(result.name)`", Markdown.number(result.wall.median), Markdown.number(result.cpu.median),
      Markdown.grouped(result.byteCount),
      Markdown.number(median { Double($0.byteCount) / 1e6 / $0.sequential.wall }, digits: 0),
      Markdown.number(median { $0.sequential.cpu / Double($0.byteCount) * 1e9 }, digits: 2),
      Markdown.number(median { $0.random.wall / Double($0.randomCount) * 1e6 }, digits: 1),
      Markdown.number(median { $0.random.cpu / Double($0.randomCount) * 1e6 }, digits: 1),
    ])
  }
}
