import FileTree
import ImageCore
import RPM

/// The files of a base by the headers of its packages.
enum HeaderTree {
  /// Reads all headers: links first, so that the paths of other files can follow them.
  ///
  /// Contradictions between packages of the base are not ours: the first has its way.
  static func make(_ packages: BasePackageList) throws(ImageError) -> MergedTree {
    var links = MergedTree(rule: .first, paths: PathMap(base: nil))
    try packages.forEachPackage { package throws(ImageError) in
      links.add(present: try package.presentFiles().filter { $0.kind == .symlink }, package.identity.description)
    }
    var merged = MergedTree(rule: .first, paths: PathMap(base: links.tree))
    try packages.forEachPackage { package throws(ImageError) in
      merged.add(present: try package.presentFiles(), package.identity.description)
    }
    return merged
  }
}

extension MergedTree {
  fileprivate mutating func add(present files: [RPMFile], _ name: String) {
    var folder = LastFolder()
    let origin = addOrigin(name)
    for file in files where !file.flags.contains(.ghost) {
      let isDirectory = file.kind == .directory
      guard
        let place = (try? place(file.path, isDirectory: isDirectory, isOfPackage: true, &folder)) ?? nil,
        let node = try? file.node({ DigestContent(file) })
      else { continue }
      _ = try? add(node, ClaimedNode(origin: origin, file: file), as: place.name, in: place.directory)
    }
  }
}
