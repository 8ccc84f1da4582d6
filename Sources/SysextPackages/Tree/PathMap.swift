import FileTree
import ImageCore

/// Where a path of a package is in the merged system: through the base's symbolic links.
///
/// An extension that has a directory where the base has a link would replace the link, and with it all that the base has
/// behind it.
struct PathMap: Sendable {
  /// The system that the extension is for, as far as it is known.
  let base: FileTree?

  /// The directories that became links into `/usr` (systemd.io/THE_CASE_FOR_THE_USR_MERGE).
  private static let merged: Set<FileName> = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"]
  /// Linux's own limit.
  private static let linkLimit = 40

  /// Follows all links in a directory's path, the last component's, too.
  ///
  /// - Parameters:
  ///   - path: The directory's components.
  ///   - isOfPackage: Whether `/lib` and its like mean `/usr/lib` even where the base does not say so.
  /// - Returns: The components of the directory that is meant.
  /// - Throws: `.invalidArgument` for links of the base that lead in a circle.
  func directory(_ path: [FileName], isOfPackage: Bool) throws(ImageError) -> [FileName] {
    var resolved: [FileName] = []
    var node = base?.root
    var rest = Array(path.reversed())
    var linkCount = 0
    while let name = rest.popLast() {
      if name == ".." {
        _ = resolved.popLast()
        node = base?.lookup(resolved)
        continue
      }
      guard let base, let parent = node, let child = base.child(name, of: parent) else {
        if resolved.isEmpty, isOfPackage, Self.merged.contains(name) {
          rest += [name, "usr"]
        } else {
          resolved.append(name)
          node = nil
        }
        continue
      }
      guard case .symlink(let target) = base.kind(of: child) else {
        resolved.append(name)
        node = child
        continue
      }
      linkCount += 1
      if linkCount > Self.linkLimit {
        throw ImageError(
          .invalidArgument, "symbolic links of the base lead in a circle", context: [FileName.path(path)])
      }
      if target.first == UInt8(ascii: "/") {
        resolved = []
        node = base.root
      }
      rest += FileName.components(of: target).reversed()
    }
    return resolved
  }

  /// Where a file of a path is: links are followed on the way to it.
  func file(_ path: [UInt8]) -> [UInt8] {
    let names = FileName.components(of: path)
    guard let last = names.last, let folder = try? directory(names.dropLast(), isOfPackage: true) else { return path }
    return (folder + [last]).flatMap { [UInt8(ascii: "/")] + $0.bytes }
  }

  /// The attributes of a directory that the base has.
  func attributes(ofDirectory names: [FileName]) -> FileAttributes? {
    guard let base, let node = base.lookup(names), base.isDirectory(node) else { return nil }
    return base.attributes(of: node)
  }
}
