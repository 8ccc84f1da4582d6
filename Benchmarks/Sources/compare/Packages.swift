import ArgumentParser
import Glibc

/// `compare packages`: images of RPM packages, beside what unpacks, packs and copies; and lists of their files.
struct Packages: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes images of packages with sysext-pack and with several programs in turn, and prints a table.")

  @OptionGroup var common: CommonOptions

  @Option(
    help: "An unpacked tree with mkfs.erofs and rpm, which run with the tree's own loader; the newest is the last.")
  var peerTree: [String] = []

  @Option(help: "A folder of many packages: what memory they take.") var many: String?

  @Option(help: "A folder of packages whose files are listed.") var listed: String?

  @Argument(help: "Folders of packages, named TREE-gzip, TREE-xz (with what xz decodes in payloads/) or TREE-zstd.")
  var sets: [String] = []

  /// The most memory that an image of packages may take.
  static let peakByteCount = 512 << 20

  /// Who does the same, or a part of it.
  private struct Opponent {
    let name: String
    let words: [String]
    /// Their wall time by ours, at least; `nil` where nothing is promised.
    let speedUp: Double?
  }

  func run() throws {
    guard let tree = peerTree.last else { throw Failure("--peer-tree is needed: Tests/peers.sh makes one") }
    // rpm of the tree looks for its settings there.
    setenv("RPM_CONFIGDIR", tree + "/usr/lib/rpm", 1)
    // What ours keeps for a while goes where theirs unpack.
    setenv("TMPDIR", common.output, 1)
    try Workshop.use(in: common.output) { workshop in
      let rpm = try Peer.words("rpm", inTree: tree)
      let mkfs = try Peer.all([Peer.words(inTree: tree)], log: workshop.log)[0]
      // bsdtar is in no tree: it is this machine's, or not measured.
      let bsdtar = try? Flow.program("bsdtar", toolTrees: [])
      func version(_ words: [String]) -> String {
        let line = Child.output(words + ["--version"], log: workshop.log).split(separator: "\n").first ?? "?"
        // bsdtar names all its libraries.
        return line.prefix(while: { $0 != "-" }).split(separator: " ").joined(separator: " ")
      }
      let xz = try [Flow.program("xz", toolTrees: [tree]), Peer.words("xz", inTree: tree)].map { words in
        (words: words, version: version(words).replacing("(XZ Utils) ", with: ""))
      }
      let versions =
        ["mkfs.erofs \(mkfs.version)", version(rpm)] + xz.map(\.version) + [bsdtar.map(version) ?? "no bsdtar"]
      print("\(Machine.lines.joined(separator: ", ")); \(versions.joined(separator: ", ")).\n")
      print("| packages | beside | wall s: ours, theirs | speed-up | CPU s: ours, theirs | CPU ratio | peak MiB |")
      print("|---|---|---|---|---|---|---|")
      var isPassed = bsdtar != nil
      for set in sets {
        let set = try PackageSet(set)
        let work = workshop.path + "/work"
        var opponents = [
          Opponent(
            name: "rpm2cpio, cpio, mkfs.erofs, sfdisk",
            words: try Self.image(of: set, in: work, unpacking: Self.cpio(tree), mkfs: mkfs.words, tree),
            speedUp: set.isXZ ? nil : 3)
        ]
        if let bsdtar {
          opponents.append(
            Opponent(
              name: "bsdtar, mkfs.erofs, sfdisk",
              words: try Self.image(
                of: set, in: work, unpacking: Flow.quoted(bsdtar + ["-xf"]) + " \"$package\"", mkfs: mkfs.words, tree),
              speedUp: set.isXZ ? nil : 2))
        }
        // The newest is faster by what its library is; this machine's has the library that ours has, too.
        if set.isXZ {
          for (index, xz) in xz.enumerated() {
            let script = "cd \(Flow.quoted([set.path + "/payloads"])); ls -S | xargs -n 1 -P \(Machine.coreCount) "
            opponents.append(
              Opponent(
                name: "\(xz.version) -dc on all cores",
                // The largest first, as that is the best order for them.
                words: Self.shell(script + "\(Flow.quoted(xz.words)) -dc >/dev/null"),
                speedUp: index == 0 ? 1 / 1.1 : nil))
          }
        }
        let ours = Self.pack(common, set, work)
        isPassed = try measure(set, ours, opponents, workshop) && isPassed
        if !set.isXZ {
          // The same work for everybody: of the others none compares a digest.
          let equals = opponents.map { Opponent(name: $0.name, words: $0.words, speedUp: nil) }
          isPassed =
            try measure(set, ours + ["--no-digests"], equals, workshop, remark: ", without digests") && isPassed
        }
      }
      if let many {
        let set = try PackageSet(many)
        isPassed = try measure(set, Self.pack(common, set, workshop.path + "/work"), [], workshop) && isPassed
      }
      if let listed {
        let set = try PackageSet(listed)
        // The first run, which is not measured, makes it.
        let database = workshop.path + "/rpmdb"
        defer { _ = try? Child.run(["/bin/rm", "-rf", database], log: workshop.log) }
        let query = rpm + ["--dbpath", database, "-qlp"] + set.packages
        let ours = [common.ours, "rpm", "ls"] + set.packages
        let opponent = Opponent(name: "rpm -qlp", words: query, speedUp: 5)
        isPassed = try measure(set, ours, [opponent], workshop) && isPassed
      }
      if !isPassed { throw ExitCode(1) }
    }
  }

  private static func pack(_ common: CommonOptions, _ set: PackageSet, _ work: String) -> [String] {
    [common.ours, "--quiet", "--id", "_any"] + common.oursOption + set.packages + ["\(work)/\(set.name)-1.x86-64.raw"]
  }

  private static func cpio(_ tree: String) throws -> String {
    let rpm2cpio = Flow.quoted(try Peer.words("rpm2cpio", inTree: tree))
    let cpio = Flow.quoted(try Flow.program("cpio", toolTrees: [tree]))
    return "\(rpm2cpio) \"$package\" | \(cpio) -idm --quiet"
  }

  /// Unpacks, packs as the default settings of ours do, makes the table, and copies.
  private static func image(
    of set: PackageSet, in work: String, unpacking: String, mkfs: [String], _ tree: String
  ) throws -> [String] {
    // Without --no-tell-kernel it sleeps for a quarter of a second, which would be counted as theirs.
    let sfdisk = Flow.quoted(
      try Flow.program("sfdisk", toolTrees: [tree]) + ["--quiet", "--no-reread", "--no-tell-kernel", "image"])
    let options = ["--quiet", "-zlz4", "-C16384", "-Eztailpacking", "system", "tree"]
    return shell(
      """
      cd \(Flow.quoted([work]))
      mkdir tree
      cd tree
      for package in \(Flow.quoted(set.packages)); do \(unpacking); done
      cd ..
      \(Flow.quoted(mkfs + options))
      size=$((($(stat -c %s system) + 1048575) / 1048576))
      truncate -s $((size + 2))M image
      printf 'label: gpt\\nstart=1MiB, size=%dMiB\\n' $size | \(sfdisk)
      dd if=system of=image bs=1M seek=1 conv=notrunc,fsync status=none
      """)
  }

  /// One shell, so that its time and memory are those of all steps; cpio may end before rpm2cpio does.
  private static func shell(_ script: String) -> [String] { ["/bin/sh", "-eu", "-c", script] }

  /// Runs ours and all opponents in turn, and prints a line for each opponent; whether all of it is as promised.
  private func measure(
    _ set: PackageSet, _ ours: [String], _ opponents: [Opponent], _ workshop: Workshop, remark: String = ""
  ) throws -> Bool {
    let words = [ours] + opponents.map(\.words)
    var results = words.indices.map { Results(name: "", role: $0 == 0 ? .ours : .peer) }
    progress("\(set.name), \(set.packages.count) packages")
    let work = workshop.path + "/work"
    for round in 0...common.runs {
      for turn in words.indices {
        let index = (turn + round) % words.count
        // Not measured: everybody finds an empty folder.
        guard mkdir(work, 0o755) == 0 else { throw Failure("\(work): \(Child.message(errno))") }
        defer { _ = try? Child.run(["/bin/rm", "-rf", work], log: workshop.log) }
        let usage = try Child.run(words[index], log: workshop.log)
        if round > 0 { results[index].runs.append(usage) }
      }
    }
    let peak = results[0].peakByteCount
    var isPassed = peak <= Self.peakByteCount
    let memory =
      "\(Markdown.mebibytes(peak)) (≤ \(Markdown.mebibytes(Self.peakByteCount))) \(Verdict(isPassed, counts: true).text)"
    let name = "\(set.name), \(set.packages.count)\(remark)"
    if opponents.isEmpty {
      let cells = [Markdown.number(results[0].wall.median), "", Markdown.number(results[0].cpu.median), "", memory]
      print(Markdown.line([name, ""] + cells))
    }
    for (opponent, theirs) in zip(opponents, results.dropFirst()) {
      let speedUp = 1 / results[0].ratio(to: theirs, \.wall)
      let verdict = Verdict(speedUp >= opponent.speedUp ?? 0, counts: opponent.speedUp != nil)
      let goal = opponent.speedUp.map { " (≥ \(Markdown.number($0, digits: 2))×) \(verdict.text)" } ?? ""
      isPassed = isPassed && verdict.text != Verdict.fallsShort.text
      print(
        Markdown.line([
          name, opponent.name, "\(Markdown.number(results[0].wall.median)), \(Markdown.number(theirs.wall.median))",
          Markdown.number(speedUp, digits: 2) + "×" + goal,
          "\(Markdown.number(results[0].cpu.median)), \(Markdown.number(theirs.cpu.median))",
          Markdown.number(results[0].ratio(to: theirs, \.cpu), digits: 2), memory,
        ]))
    }
    fflush(nil)
    return isPassed
  }
}

/// A folder of packages.
private struct PackageSet {
  let path: String
  let packages: [String]

  init(_ folder: String) throws {
    let packages = try Tree.names(in: folder).filter { $0.hasSuffix(".rpm") }
    if packages.isEmpty { throw Failure("\(folder): no packages in it") }
    path = folder
    self.packages = packages.map { "\(folder)/\($0)" }
  }

  var name: String { path.split(separator: "/").last.map(String.init) ?? path }
  var isXZ: Bool { name.hasSuffix("-xz") }
}
