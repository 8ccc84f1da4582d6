import FileTree
import ImageCore

/// What no extension can bring: all that is neither in `/usr` nor in `/opt`, and the database of packages.
enum LeftOut {
  /// A database of packages in an extension hides the base's, in which the base's packages are.
  private static let databases: [PathPattern] = [
    "usr/lib/sysimage/rpm/**", "usr/share/rpm/**", "usr/lib/rpm-db/**",
  ].map { PathPattern($0) }
  private static let listedCount = 5

  /// Takes it out, with a report of what it was and whose.
  ///
  /// - Parameters:
  ///   - merged: The tree.
  ///   - kept: The directories at the top that are merged.
  ///   - isStrict: Whether it is an error instead.
  /// - Throws: `.invalidArgument` when it is.
  static func apply(to merged: inout MergedTree, kept: [FileName], isStrict: Bool) throws(ImageError) {
    var groups: [String: [String]] = [:]
    var owners: [String: Set<String>] = [:]
    var tmpfiles: [String] = []
    try merged.tree.walk { visit throws(ImageError) in
      guard visit.name != nil else { return true }
      let path = visit.path
      if kept.contains(path[0]), !databases.contains(where: { $0.fits(path) }) { return true }
      let group =
        kept.contains(path[0]) ? "/" + path.dropLast().map(\.description).joined(separator: "/") : "/\(path[0])"
      let isEmptyDirectory = merged.tree.isDirectory(visit.node) && merged.tree.entries(of: visit.node).isEmpty
      guard !merged.tree.isDirectory(visit.node) || isEmptyDirectory else { return true }
      groups[group, default: []].append(visit.description)
      if let owner = merged.originName(of: visit.node) { owners[group, default: []].insert(owner) }
      if isEmptyDirectory, path[0] == "var", path.count > 1 { tmpfiles.append(line(visit, merged)) }
      return true
    }
    for (group, paths) in groups.sorted(by: { $0.key < $1.key }) {
      let names = owners[group, default: []].sorted().joined(separator: ", ")
      let listed =
        paths.prefix(listedCount).joined(separator: ", ")
        + (paths.count > listedCount ? " and \(paths.count - listedCount) more" : "")
      let message = "left out, as it cannot be merged: \(listed)" + (names.isEmpty ? "" : " (of \(names))")
      if isStrict { throw ImageError(.invalidArgument, message, context: [group]) }
      merged.report(Finding(.warning, "left-out", place: group, message))
      for path in paths.dropFirst(listedCount) {
        merged.report(Finding(.note, "left-out", place: path, "left out, as it cannot be merged"))
      }
    }
    if !tmpfiles.isEmpty {
      merged.report(
        Finding(
          .note, "tmpfiles", place: "/var",
          "a file in /usr/lib/tmpfiles.d with these lines makes the empty directories: \(tmpfiles.joined(separator: "; "))"
        ))
    }
    try merged.remove { (_, visit) throws(ImageError) in
      let path = visit.path
      return path.count == 1 ? !kept.contains(path[0]) : databases.contains { $0.fits(path) }
    }
  }

  private static func line(_ visit: FileTree.Visit, _ merged: MergedTree) -> String {
    let claim = merged.claim(of: visit.node)
    let mode = String(merged.tree.attributes(of: visit.node).permissions, radix: 8)
    return "d \(visit.description) 0\(mode) \(claim.userName ?? "root") \(claim.groupName ?? "root") -"
  }
}
