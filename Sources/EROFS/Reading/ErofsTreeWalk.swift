package import FileTree
package import ImageCore

/// The steps through an image, read on the way; in memory are the directories from the root to the present one.
package struct ErofsTreeWalk: TreeWalk {
  private struct Level {
    let path: NestedPath?
    let entries: [ErofsEntry]
    var position = 0
    /// What of the directory is wanted.
    let selection: PathSelection
  }

  private var reader: MetadataReader
  private let selection: PathSelection
  private var levels: [Level] = []
  /// Each directory has one name: a second one could lead in a circle.
  private var met: Set<UInt64> = []

  /// Walks what is at and below the paths, and the directories on the way to them; without any, everything.
  ///
  /// - Throws: `.notFound` for a path that is not there.
  package init(_ fileSystem: ErofsFileSystem, paths: [[FileName]] = []) throws(ImageError) {
    reader = MetadataReader(fileSystem.volume, .inOrder)
    for path in paths where try fileSystem.lookup(path) == nil {
      throw ImageError(.notFound, "no such file in the image", context: [FileName.path(path)])
        .inFile(fileSystem.name)
    }
    selection = PathSelection(paths)
  }

  package mutating func next() throws(ImageError) -> TreeStep? {
    do throws(ImageError) { return try step() } catch { throw error.inFile(reader.volume.store.name) }
  }

  private mutating func step() throws(ImageError) -> TreeStep? {
    if met.isEmpty {
      return try inContext("/") { () throws(ImageError) in
        let root = try reader.inode(reader.volume.rootNID)
        guard root.isDirectory else { throw reader.volume.corrupt("the root is not a directory", at: root.offset) }
        return try enter(root, nil, selection)
      }
    }
    guard var level = levels.popLast() else { return nil }
    guard level.position < level.entries.count else { return .leave }
    let entry = level.entries[level.position]
    level.position += 1
    let below = level.selection.below(entry.name)
    let path = NestedPath(entry.name, in: level.path)
    levels.append(level)
    do throws(ImageError) {
      let inode = try reader.inode(entry.nid)
      if inode.isDirectory { return try enter(inode, path, below) }
      return .file(
        entry.name, try reader.node(inode, path), identity: inode.linkCount > 1 ? inode.nid : nil)
    } catch { throw error.inContext(path.description) }
  }

  private mutating func enter(
    _ directory: ErofsInode, _ path: NestedPath?, _ selection: PathSelection
  ) throws(ImageError) -> TreeStep {
    guard met.insert(directory.nid).inserted else {
      throw reader.volume.corrupt("a directory that has another name already", at: directory.offset)
    }
    try NestedPath.check(depth: path?.depth ?? 0)
    let entries = try reader.entries(of: directory).filter { selection.contains($0.name) }
    levels.append(Level(path: path, entries: entries, selection: selection))
    return .enter(path?.name, try reader.attributes(of: directory))
  }
}

/// Which names of a tree are wanted: a few paths with all that is below them, or everything.
private struct PathSelection: Sendable {
  /// Names and what is wanted below each; `nil` for everything.
  private var names: [FileName: PathSelection]?

  init(_ paths: [[FileName]]) {
    if paths.isEmpty || paths.contains([]) { return }
    names = Dictionary(grouping: paths) { $0[0] }.mapValues { paths in
      PathSelection(paths.map { Array($0.dropFirst()) })
    }
  }

  private init() {}

  /// Whether a name is wanted.
  func contains(_ name: FileName) -> Bool { names.map { $0[name] != nil } ?? true }

  /// What is wanted of a directory with that name.
  func below(_ name: FileName) -> PathSelection { names?[name] ?? PathSelection() }
}
