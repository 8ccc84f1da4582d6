import FileTree
import ImageCore

/// What no extension can bring: all that is neither in `/usr` nor in `/opt`, and the database of packages.
enum LeftOut {
  /// A database of packages in an extension hides the base's, in which the base's packages are.
  private static let databases: [[FileName]] = [
    ["usr", "lib", "sysimage", "rpm"], ["usr", "share", "rpm"], ["usr", "lib", "rpm-db"],
  ]
  private static let listedCount = 5

  /// What is below one path that is left out.
  private struct Group {
    let path: [FileName]
    /// All but directories that have something in them.
    var files: [String] = []
    /// The inputs that they are from.
    var owners: Set<String> = []
    /// Lines for tmpfiles.d(5).
    var tmpfiles: [String] = []

    var place: String { FileName.path(path) }
  }

  /// Takes it out, with a report of what it was and whose.
  ///
  /// - Parameters:
  ///   - merged: The tree.
  ///   - kept: The directories at the top that are merged.
  ///   - isStrict: Whether it is an error instead.
  /// - Throws: `.invalidArgument` when it is.
  static func apply(to merged: inout MergedTree, kept: [FileName], isStrict: Bool) throws(ImageError) {
    var groups: [Group] = []
    for path in paths(merged.tree, kept: kept) { groups.append(try group(path, merged)) }
    for group in groups {
      let names = group.owners.sorted().joined(separator: ", ")
      let listed =
        group.files.prefix(listedCount).joined(separator: ", ")
        + (group.files.count > listedCount ? " and \(group.files.count - listedCount) more" : "")
      let message = "left out, as it cannot be merged: \(listed)" + (names.isEmpty ? "" : " (of \(names))")
      if isStrict { throw ImageError(.invalidArgument, message, context: [group.place]) }
      merged.report(Finding(.warning, "left-out", place: group.place, message))
      for file in group.files.dropFirst(listedCount) {
        merged.report(Finding(.note, "left-out", place: file, "left out, as it cannot be merged"))
      }
    }
    let tmpfiles = groups.flatMap(\.tmpfiles)
    if !tmpfiles.isEmpty {
      merged.report(
        Finding(
          .note, "tmpfiles", place: "/var",
          "a file in /usr/lib/tmpfiles.d with these lines makes the empty directories: \(tmpfiles.joined(separator: "; "))"
        ))
    }
    for group in groups { try merged.remove(group.path) }
  }

  /// The paths that are left out with all that is below them.
  private static func paths(_ tree: FileTree, kept: [FileName]) -> [[FileName]] {
    let others = tree.entries(of: tree.root).map(\.name).filter { !kept.contains($0) }
    let found = databases.filter { kept.contains($0[0]) && !(tree.lookup($0).map(tree.entries) ?? []).isEmpty }
    return (others.map { [$0] } + found).sorted { $0.lexicographicallyPrecedes($1) }
  }

  private static func group(_ path: [FileName], _ merged: MergedTree) throws(ImageError) -> Group {
    let tree = merged.tree
    var group = Group(path: path)
    guard let top = tree.lookup(path) else { return group }
    func add(_ node: FileTree.NodeID, _ path: [FileName]) {
      if !tree.entries(of: node).isEmpty { return }
      let place = FileName.path(path)
      group.files.append(place)
      if let owner = merged.originName(of: node) { group.owners.insert(owner) }
      if tree.isDirectory(node), path[0] == "var", path.count > 1 {
        group.tmpfiles.append(line(place, node, merged))
      }
    }
    add(top, path)
    try tree.walk(below: top, path) { visit throws(ImageError) in
      add(visit.node, visit.path)
      return true
    }
    return group
  }

  private static func line(_ place: String, _ node: FileTree.NodeID, _ merged: MergedTree) -> String {
    let claim = merged.claim(of: node)
    let mode = String(merged.tree.attributes(of: node).permissions, radix: 8)
    return "d \(place) 0\(mode) \(claim.userName ?? "root") \(claim.groupName ?? "root") -"
  }
}
