/// What makes a whole image out of a peer's file system: verity, a partition table, copies.
struct Flow {
  private let veritysetup: [String]
  private let sfdisk: [String]

  /// Takes the programs of this machine, else of an unpacked tree.
  init(toolTrees: [String]) throws {
    veritysetup = try Self.program("veritysetup", toolTrees: toolTrees)
    sfdisk = try Self.program("sfdisk", toolTrees: toolTrees)
  }

  /// A program of this machine, else of an unpacked tree.
  static func program(_ name: String, toolTrees: [String]) throws -> [String] {
    let places = ["/usr/sbin", "/sbin", "/usr/bin"].map { "\($0)/\(name)" }
    if let program = places.first(where: Peer.isExecutable) { return [program] }
    for tree in toolTrees { if let words = try? Peer.words(name, inTree: tree) { return words } }
    throw Failure("no \(name): install it, or give --tool-tree")
  }

  /// One shell, so that its time and memory are those of all steps.
  func contender(_ name: String, _ words: [String], _ options: [String]) -> Contender {
    Contender(name: "\(name) + veritysetup + sfdisk", role: .peer) { tree, output in
      let system = "\(output).system"
      let hashes = "\(output).hashes"
      let script = """
        set -e
        trap 'rm -f \(Self.quoted([system, hashes]))' EXIT
        \(Self.quoted(words + ["--quiet"] + options + [system, tree.path]))
        \(Self.quoted(veritysetup + ["format", "--hash=sha256", "--data-block-size=4096", system, hashes]))
        data=$((($(stat -c %s \(Self.quoted([system]))) + 1048575) / 1048576))
        tree=$((($(stat -c %s \(Self.quoted([hashes]))) + 1048575) / 1048576))
        truncate -s $((data + tree + 2))M \(Self.quoted([output]))
        printf 'label: gpt\\nstart=1MiB, size=%dMiB\\nsize=%dMiB\\n' $data $tree |
          \(Self.quoted(sfdisk + ["--quiet", "--no-reread", "--no-tell-kernel", output]))
        dd if=\(Self.quoted([system])) of=\(Self.quoted([output])) bs=1M seek=1 conv=notrunc status=none
        dd if=\(Self.quoted([hashes])) of=\(Self.quoted([output])) bs=1M seek=$((data + 1)) conv=notrunc status=none
        """
      return ["/bin/sh", "-c", script]
    }
  }

  /// Words for the shell.
  static func quoted(_ words: [String]) -> String {
    words.map { word in
      "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }.joined(separator: " ")
  }
}
