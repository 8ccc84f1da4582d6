import FileTree
import ImageCore

/// The extension-release files of a tree: read, completed and written back.
struct ReleaseFiles {
  let kind: ExtensionKind
  /// Where the release files are in the tree: without `usr` in front for a usr partition.
  let directory: FilePath
  let files: BuildOptions.ReleaseFiles

  private static let prefix = Array(ExtensionKind.releaseFilePrefix.utf8)

  /// Adds what is missing, as `release` says.
  ///
  /// - Parameters:
  ///   - tree: Where they are.
  ///   - name: The names that the image goes by.
  ///   - release: What to write where nothing is.
  ///   - time: The time of what is made.
  /// - Returns: The release that the image has, and what is worth knowing.
  /// - Throws: `.mismatch` for files that systemd would refuse.
  func apply(
    to tree: inout FileTree, name: ExtensionName, release: ExtensionRelease, time: Timestamp
  ) throws(ImageError) -> (release: ExtensionRelease, findings: [Finding]) {
    let plan = try ReleasePlan(existing: try existing(in: tree), name: name, release: release)
    if let refusal = plan.findings.first(where: { $0.severity == .error }) {
      throw ImageError(.mismatch, refusal.message, context: refusal.place.map { [$0] } ?? [])
    }
    let onlyFull = files == .single && tree.lookup(directory) == nil
    for file in onlyFull ? Array(plan.files.prefix(1)) : plan.files {
      try write(file, to: &tree, time, isLoose: onlyFull)
    }
    return (plan.release, plan.findings)
  }

  private func existing(in tree: FileTree) throws(ImageError) -> [ReleasePlan.Existing] {
    guard let folder = tree.lookup(directory) else { return [] }
    guard tree.isDirectory(folder) else {
      throw ImageError(.notADirectory, "must be a directory", context: ["/\(directory)"])
    }
    var found: [ReleasePlan.Existing] = []
    for entry in tree.entries(of: folder) where entry.name.bytes.starts(with: Self.prefix) {
      // systemd looks at regular files only.
      guard case .regular(let content) = tree.kind(of: entry.node) else { continue }
      let place = "/\(directory)/\(entry.name)"
      found.append(
        ReleasePlan.Existing(
          suffix: String(decoding: entry.name.bytes.dropFirst(Self.prefix.count), as: UTF8.self),
          bytes: try inContext(place) { () throws(ImageError) in
            try content.bytes(limit: ExtensionKind.releaseByteLimit)
          },
          strictAttribute: tree.attributes(of: entry.node).extendedAttribute(ExtensionKind.strictAttribute)))
    }
    return found
  }

  private func write(
    _ file: ReleasePlan.File, to tree: inout FileTree, _ time: Timestamp, isLoose: Bool
  ) throws(ImageError) {
    let path = directory.appending("\(ExtensionKind.releaseFilePrefix)\(file.suffix)")
    let kind = FileTree.Kind.regular(MemoryContent(file.bytes))
    var attributes = FileAttributes.file
    if let old = tree.lookup(path) {
      attributes = tree.attributes(of: old)
      tree.remove(path)
    }
    attributes.modified = time
    if isLoose {
      attributes.extendedAttributes = [ExtendedAttribute(ExtensionKind.strictAttribute, Array("0".utf8))]
    }
    try tree.insert(FileTree.Node(kind, attributes), at: path)
  }
}
