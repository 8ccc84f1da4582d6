import Glibc

/// Packs trees with `sysext-pack` and with `mkfs.erofs` in turn, and prints a table.
@main
struct Compare {
  static let usage = """
    usage: compare --ours PROGRAM [OPTION…] TREE…

      --ours PROGRAM       sysext-pack
      --peer PROGRAM       mkfs.erofs; may be given several times, the newest is taken (default: the one in PATH)
      --peer-tree FOLDER   the same, from an unpacked tree, with the tree's own loader and libraries
      --runs N             measured runs of each (default 5); one more before them is not measured
      --modes LIST         some of 'none lz4 lz4-64K lz4hc,9' (default: all)
      --output FOLDER      where images are written (default: $TMPDIR or /tmp); /dev/shm for memory
      --jobs N             threads of each (default: what each takes by itself)
      --peer-option WORD   a further argument for mkfs.erofs
      --ours-option WORD   a further argument for sysext-pack
    """

  static func main() {
    do {
      try Comparison(Array(CommandLine.arguments.dropFirst())).run()
    } catch {
      let message = "compare: \(error)\n"
      _ = write(2, message, message.utf8.count)
      exit(1)
    }
  }
}

/// What the command line asks for.
struct Comparison {
  private var program = ""
  private var peers: [[String]] = []
  private var runCount = 5
  private var modes = Mode.all
  private var folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
  private var jobs: Int?
  private var peerOptions: [String] = []
  private var ourOptions: [String] = []
  private var trees: [Tree] = []

  init(_ words: [String]) throws {
    var rest = words[...]
    while let word = rest.popFirst() {
      func value() throws -> String {
        guard let value = rest.popFirst() else { throw Failure("\(word) needs a value\n\(Compare.usage)") }
        return value
      }
      func count() throws -> Int {
        guard let count = Int(try value()), count > 0 else { throw Failure("\(word) needs a number above 0") }
        return count
      }
      switch word {
      case "--ours": program = try value()
      case "--peer": peers.append([try value()])
      case "--peer-tree": peers.append(try Peer.words(inTree: try value()))
      case "--runs": runCount = try count()
      case "--jobs": jobs = try count()
      case "--output": folder = try value()
      case "--peer-option": peerOptions.append(try value())
      case "--ours-option": ourOptions.append(try value())
      case "--modes":
        modes = try value().split(separator: " ").map { name in
          guard let mode = Mode.all.first(where: { $0.name == name }) else { throw Failure("no mode \(name)") }
          return mode
        }
      case "--help", "-h":
        print(Compare.usage)
        exit(0)
      default:
        if word.hasPrefix("-") { throw Failure("unknown option \(word)\n\(Compare.usage)") }
        trees.append(try Tree(word))
      }
    }
    if program.isEmpty || trees.isEmpty { throw Failure(Compare.usage) }
  }

  func run() throws {
    var template = Array("\(folder)/sysext-compare.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure("\(folder): \(Child.message(errno))") }
    let place = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    let log = place + "/log"
    defer {
      unlink(log)
      rmdir(place)
    }
    let peer = try Peer.newest(peers, log: log)
    let contenders = [
      Contender.peer("mkfs.erofs \(peer.version)", peer.words, peerOptions, jobs: jobs),
      Contender.ours("sysext-pack", program, ourOptions, jobs: jobs),
      Contender.ours("same, --raw-filesystem", program, ["--raw-filesystem"] + ourOptions, jobs: jobs),
    ]
    print(Table.head)
    for tree in trees {
      for mode in modes { try measure(tree, mode, contenders, place: place, log: log) }
    }
  }

  private func measure(
    _ tree: Tree, _ mode: Mode, _ contenders: [Contender], place: String, log: String
  ) throws {
    let output = "\(place)/\(tree.extensionName)-1.x86-64.raw"
    defer { unlink(output) }
    var results = [Results](repeating: Results(), count: contenders.count)
    for round in 0...runCount {
      // Who comes first changes, so that nobody always finds the other's traces.
      for turn in contenders.indices {
        let index = (turn + round) % contenders.count
        unlink(output)
        let usage = try Child.run(contenders[index].command(mode, tree, output), log: log, output: output)
        var status = stat()
        guard stat(output, &status) == 0 else { throw Failure("\(output): \(Child.message(errno))") }
        results[index].byteCount = Int(status.st_size)
        if round > 0 { results[index].runs.append(usage) }
      }
    }
    for (contender, result) in zip(contenders, results) {
      let isPeer = contender.name == contenders[0].name
      print(Table.line(tree.name, mode.name, contender.name, result, peer: isPeer ? nil : results[0]))
      fflush(nil)
    }
  }
}
