import Glibc

/// A program that packs trees in some way.
struct Contender {
  enum Role: String, Codable, Sendable { case peer, ours }

  let name: String
  let role: Role
  let command: (Tree, _ output: String) -> [String]

  /// `sysext-pack` with options.
  static func ours(_ name: String, _ program: String, _ options: [String]) -> Contender {
    Contender(name: name, role: .ours) { tree, output in
      [program, "--id", "_any", "--name", tree.extensionName] + options + [tree.path, output]
    }
  }

  /// `mkfs.erofs` with options.
  static func peer(_ name: String, _ words: [String], _ options: [String]) -> Contender {
    Contender(name: name, role: .peer) { tree, output in words + ["--quiet"] + options + [output, tree.path] }
  }
}

/// How both compress.
struct Mode {
  let name: String
  let ours: [String]
  let peers: [String]

  static let pairs = [
    Mode("none", "none", cluster: 4096), Mode("lz4", "lz4", cluster: 4096), Mode("lz4-64K", "lz4", cluster: 65_536),
    Mode("lz4hc,9", "lz4hc,9", cluster: 4096),
  ]

  /// Both with ends of files in blocks, as those of mkfs.erofs are by default.
  init(_ name: String, _ algorithm: String, cluster: Int, ours: [String] = [], peers: [String] = []) {
    self.name = name
    self.ours = ["--compression", algorithm, "--pcluster-size", "\(cluster)", "--tails", "blocks"] + ours
    self.peers = (algorithm == "none" ? [] : ["-z\(algorithm)", "-C\(cluster)"]) + peers
  }
}
