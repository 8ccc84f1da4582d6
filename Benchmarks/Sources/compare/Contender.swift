import Glibc

/// How both compress.
struct Mode {
  let name: String
  let algorithm: String?
  let pclusterByteCount: Int

  static let all = [
    Mode(name: "none", algorithm: nil, pclusterByteCount: 4096),
    Mode(name: "lz4", algorithm: "lz4", pclusterByteCount: 4096),
    Mode(name: "lz4-64K", algorithm: "lz4", pclusterByteCount: 65_536),
    Mode(name: "lz4hc,9", algorithm: "lz4hc,9", pclusterByteCount: 4096),
  ]
}

/// A tree that is packed.
struct Tree {
  let path: String
  /// The extension's name: the tree's own release file says it, or nobody.
  let extensionName: String

  init(_ path: String) throws {
    guard let names = Self.names(in: path) else { throw Failure("\(path): \(Child.message(errno))") }
    let others = names.filter { $0 != "usr" && $0 != "opt" }
    // A peer packs all that is there, and the figures would be of different trees.
    if !others.isEmpty { throw Failure("\(path): only usr and opt go into a system extension, not \(others)") }
    let prefix = "extension-release."
    let release = Self.names(in: path + "/usr/lib/extension-release.d")?.first { $0.hasPrefix(prefix) }
    self.path = path
    extensionName = release.map { String($0.dropFirst(prefix.count)) } ?? "sample"
  }

  /// For the table.
  var name: String { path.split(separator: "/").last.map(String.init) ?? path }

  private static func names(in folder: String) -> [String]? {
    guard let stream = opendir(folder) else { return nil }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}

/// A program that packs trees.
struct Contender {
  let name: String
  /// The program with what stands before its arguments.
  let words: [String]
  let arguments: @Sendable (Mode, Tree, _ output: String) -> [String]

  /// `sysext-pack`.
  static func ours(_ name: String, _ program: String, _ options: [String], jobs: Int?) -> Contender {
    Contender(name: name, words: [program]) { mode, tree, output in
      ["--id", "_any", "--name", tree.extensionName, "--compression", mode.algorithm ?? "none"]
        + ["--pcluster-size", "\(mode.pclusterByteCount)"] + options + (jobs.map { ["--jobs", "\($0)"] } ?? [])
        + [tree.path, output]
    }
  }

  /// `mkfs.erofs`.
  static func peer(_ name: String, _ words: [String], _ options: [String], jobs: Int?) -> Contender {
    Contender(name: name, words: words) { mode, tree, output in
      ["--quiet"] + (mode.algorithm.map { ["-z\($0)", "-C\(mode.pclusterByteCount)"] } ?? []) + options
        + (jobs.map { ["--workers=\($0)"] } ?? []) + [output, tree.path]
    }
  }

  func command(_ mode: Mode, _ tree: Tree, _ output: String) -> [String] { words + arguments(mode, tree, output) }
}
