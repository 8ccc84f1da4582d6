import Glibc

/// A tree that is packed.
struct Tree {
  let path: String
  /// The extension's name: the tree's own release file says it, or nobody.
  let extensionName: String

  init(_ path: String) throws {
    let names = try Self.names(in: path)
    let others = names.filter { $0 != "usr" && $0 != "opt" }
    // A peer packs all that is there, and the figures would be of different trees.
    if !others.isEmpty { throw Failure("\(path): only usr and opt go into a system extension, not \(others)") }
    let prefix = "extension-release."
    let folder = path + "/usr/lib/extension-release.d"
    let release = (try? Self.names(in: folder))?.first { $0.hasPrefix(prefix) }
    self.path = path
    extensionName = release.map { String($0.dropFirst(prefix.count)) } ?? "sample"
  }

  /// Where its image goes: the name must fit what is in the tree.
  func output(in workshop: Workshop) -> String { "\(workshop.path)/\(extensionName)-1.x86-64.raw" }

  /// For the table.
  var name: String { path.split(separator: "/").last.map(String.init) ?? path }

  /// The names in a folder, sorted.
  static func names(in folder: String) throws -> [String] {
    guard let stream = opendir(folder) else { throw Failure("\(folder): \(Child.message(errno))") }
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
