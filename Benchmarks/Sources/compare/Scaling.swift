import ArgumentParser
import Glibc

/// `compare scaling`: instructions and time by the number of threads.
struct Scaling: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Packs a tree with 1 to N threads: wall time, CPU time, and instructions.")

  @OptionGroup var common: CommonOptions

  @Option(help: "sysext-pack as valgrind can read it: without debug information.") var valgrindOurs: String?

  @Option(help: "A library that is loaded first under valgrind.") var valgrindPreload: String?

  @Argument(help: "The tree: usr and opt at its top.") var tree: String

  func run() throws {
    let tree = try Tree(tree)
    // More threads than cores say nothing of time, but how much work they make for each other.
    let counts = Set(1...Machine.coreCount).union([4, 8]).sorted()
    let timed = counts.filter { $0 <= Machine.coreCount }
    try Workshop.use(in: common.output) { workshop in
      let output = tree.output(in: workshop)
      let contenders = counts.map {
        Contender.ours("\($0)", common.ours, ["--raw-filesystem", "--force", "--jobs", "\($0)"] + common.oursOption)
      }
      let contest = Contest(runCount: common.runs, workshop: workshop)
      let results = contest.results(Array(contenders.prefix(timed.count)), tree) { _ in output }
      let counter = InstructionCounter(preload: valgrindPreload, program: valgrindOurs, workshop)
      print("\(tree.name), \(Machine.lines.joined(separator: ", ")). Instructions: \(counter.name).\n")
      print(
        "| threads | wall s min/median | speed-up | CPU s min/median | peak MiB "
          + "| 10⁶ instructions | by one thread's |")
      print("|--:|--:|--:|--:|--:|--:|--:|")
      var first: Double?
      for (index, contender) in contenders.enumerated() {
        progress("\(contender.name) threads, instructions")
        let instructions = counter.count(contender.command(tree, output), workshop)
        unlink(output)
        first = first ?? instructions
        var cells = [contender.name, "", "", "", ""]
        if results.indices.contains(index) {
          let result = results[index]
          if let error = result.error { throw Failure(error) }
          cells = [
            contender.name, Markdown.span(result.wall),
            Markdown.number(1 / result.ratio(to: results[0], \.wall), digits: 2), Markdown.span(result.cpu),
            Markdown.mebibytes(result.peakByteCount),
          ]
        }
        cells.append(instructions.map { Markdown.number($0 / 1e6, digits: 0) } ?? "not counted")
        cells.append(instructions.flatMap { n in first.map { Markdown.number(n / $0, digits: 3) } } ?? "")
        print(Markdown.line(cells))
        fflush(nil)
      }
    }
  }
}

/// Counts the instructions of a program: the processor's counter where it is to be had, else callgrind.
struct InstructionCounter {
  private let words: [String]?
  /// What runs in place of a command's program.
  private let program: String?
  let name: String

  init(preload: String?, program: String?, _ workshop: Workshop) {
    func find(_ name: String) -> String? {
      ["/usr/bin", "/usr/local/bin"].map { "\($0)/\(name)" }.first(where: Peer.isExecutable)
    }
    if let perf = find("perf") {
      let words = [perf, "stat", "-x", ",", "-e", "instructions:u"]
      if Self.parse(Child.output(words + ["/bin/true"], log: workshop.log)) != nil {
        self.words = words
        self.program = nil
        name = "perf stat, user space"
        return
      }
    }
    self.program = program
    if let valgrind = find("valgrind") {
      let environment = preload.map { ["/usr/bin/env", "LD_PRELOAD=\($0)"] } ?? []
      words = environment + [valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null", "--fair-sched=yes"]
      name = "callgrind, user space, with what it emulates of this processor"
    } else {
      words = nil
      name = "neither perf stat nor valgrind can count them here"
    }
  }

  func count(_ command: [String], _ workshop: Workshop) -> Double? {
    let command = [program ?? command[0]] + command.dropFirst()
    guard let words, (try? Child.run(words + command, log: workshop.log)) != nil else { return nil }
    return Self.parse(Child.text(workshop.log))
  }

  /// `1234,,instructions:u,…` of perf, `==1== Collected : 1234` of callgrind.
  private static func parse(_ text: String) -> Double? {
    for line in text.split(separator: "\n") {
      if line.contains("instructions:u") { return Double(line.prefix { $0 != "," }) }
      if let range = line.firstIndex(of: ":"), line.contains("Collected") {
        return Double(line[line.index(after: range)...].drop { $0 == " " })
      }
    }
    return nil
  }
}
