import Glibc

/// Finds an `mkfs.erofs`.
struct Peer {
  let version: String
  let words: [String]

  /// A program of an unpacked tree runs with the tree's own loader and libraries: nothing of it is installed.
  static func words(inTree tree: String) throws -> [String] {
    guard let program = ["usr/bin", "usr/sbin"].map({ "\(tree)/\($0)/mkfs.erofs" }).first(where: isExecutable) else {
      throw Failure("\(tree): no mkfs.erofs in it")
    }
    let machine = architecture
    let folders = ["usr/lib", "lib"].flatMap {
      ["\(tree)/\($0)/\(machine)-linux-gnu", "\(tree)/\($0)64", "\(tree)/\($0)"]
    }
    let names = ["ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1", "ld-linux-riscv64-lp64d.so.1", "ld64.so.2"]
    for folder in folders {
      // A link may point to this machine's loader.
      for name in names where isRegularFile("\(folder)/\(name)") {
        return ["\(folder)/\(name)", "--library-path", folders.joined(separator: ":"), program]
      }
    }
    throw Failure("\(tree): no loader in it")
  }

  /// The one with the highest version.
  static func newest(_ candidates: [[String]], log: String) throws -> Peer {
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    let installed = (path.split(separator: ":").map(String.init) + ["/usr/bin", "/usr/sbin"])
      .map { $0 + "/mkfs.erofs" }.first(where: isExecutable)
    let all = candidates.isEmpty ? installed.map { [[$0]] } ?? [] : candidates
    let peers = all.map { Peer(version: version($0, log: log), words: $0) }
    guard let best = peers.max(by: { numbers($0.version).lexicographicallyPrecedes(numbers($1.version)) }) else {
      throw Failure("no mkfs.erofs: install erofs-utils, or give --peer or --peer-tree")
    }
    return best
  }

  /// `1.9.4` out of what the program says of itself: old ones know no option for it, but begin their help with it.
  private static func version(_ words: [String], log: String) -> String {
    let text = Child.output(words + ["--version"], log: log)
    let words = text.split { $0 == " " || $0 == "\n" || $0 == "(" || $0 == ")" }
    return words.first { $0.first?.isNumber == true && $0.contains(".") }.map(String.init) ?? "?"
  }

  private static func numbers(_ version: String) -> [Int] {
    version.split { !$0.isNumber }.map { Int($0) ?? 0 }
  }

  private static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }

  private static func isRegularFile(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  private static var architecture: String {
    #if arch(arm64)
      "aarch64"
    #elseif arch(riscv64)
      "riscv64"
    #else
      "x86_64"
    #endif
  }
}
