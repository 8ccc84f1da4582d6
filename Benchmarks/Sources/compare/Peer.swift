import Glibc

/// Finds an `mkfs.erofs`.
struct Peer {
  let version: String
  let words: [String]

  /// A program of an unpacked tree runs with the tree's own loader and libraries: nothing of it is installed.
  static func words(_ name: String = "mkfs.erofs", inTree tree: String) throws -> [String] {
    let folders = ["usr/bin", "usr/sbin", "sbin"]
    guard let program = folders.map({ "\(tree)/\($0)/\(name)" }).first(where: isExecutable) else {
      throw Failure("\(tree): no \(name) in it")
    }
    let machine = architecture
    let libraries = ["usr/lib", "lib"].flatMap {
      ["\(tree)/\($0)/\(machine)-linux-gnu", "\(tree)/\($0)64", "\(tree)/\($0)"]
    }
    let loaders = ["ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1", "ld-linux-riscv64-lp64d.so.1", "ld64.so.2"]
    for folder in libraries {
      // A link may point to this machine's loader.
      for loader in loaders where isRegularFile("\(folder)/\(loader)") {
        return ["\(folder)/\(loader)", "--library-path", libraries.joined(separator: ":"), program]
      }
    }
    throw Failure("\(tree): no loader in it")
  }

  /// All of them, or the one in `PATH` where none is named; the newest is the last.
  static func all(_ candidates: [[String]], log: String) throws -> [Peer] {
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    let installed = (path.split(separator: ":").map(String.init) + ["/usr/bin", "/usr/sbin"])
      .map { $0 + "/mkfs.erofs" }.first(where: isExecutable)
    let words = candidates.isEmpty ? installed.map { [[$0]] } ?? [] : candidates
    let peers = words.map { Peer(version: version($0, log: log), words: $0) }
    if peers.isEmpty { throw Failure("no mkfs.erofs: install erofs-utils, or give --peer or --peer-tree") }
    return peers.sorted { $0.numbers.lexicographicallyPrecedes($1.numbers) }
  }

  /// `1.9.4` out of what the program says of itself.
  private static func version(_ words: [String], log: String) -> String {
    let text = Child.output(words + ["-V"], log: log)
    let words = text.split { $0 == " " || $0 == "\n" || $0 == "(" || $0 == ")" }
    return words.first { $0.first?.isNumber == true && $0.contains(".") }.map(String.init) ?? "?"
  }

  /// The version as one that can be compared.
  var numbers: [Int] { version.split { !$0.isNumber }.map { Int($0) ?? 0 } }

  /// Whether it is this version or a newer one.
  func isAtLeast(_ numbers: Int...) -> Bool { !self.numbers.lexicographicallyPrecedes(numbers) }

  static func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }

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
