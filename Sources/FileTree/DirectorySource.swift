public import ImageCore
public import SystemPackage

/// A directory on this machine, as a tree.
///
/// Files are not read before someone asks for their content; a file that is another one by then, or has changed, is an
/// error that names it. Symbolic links are never followed.
public struct DirectorySource: Sendable {
  private let path: FilePath

  /// Names the directory.
  public init(_ path: FilePath) { self.path = path }

  /// Scans the directory.
  ///
  /// Level by level, the directories of a level on many threads: the tree is the same for any number of them.
  ///
  /// - Parameter threadCount: The number of threads; by default that of the processors.
  /// - Returns: All that is in the directory, which is the tree's root.
  /// - Throws: `.notFound`, `.notADirectory`, `.io` with the path at fault; `.changed` for a directory that was replaced
  ///   meanwhile; `.cancelled`.
  public func tree(threadCount: Int? = nil) async throws(ImageError) -> FileTree {
    let width = max(1, threadCount ?? POSIX.processorCount)
    let top = try SourceFolder(path)
    let (id, attributes) = try DirectoryListing.top(top)
    var scan = Scan(FileTree(rootAttributes: attributes))
    var level = [Directory(folder: top, id: id, node: scan.tree.root)]
    while !level.isEmpty {
      let batches = Batches(level, width: width)
      try await forEachOrdered(
        batches, width: min(width, batches.underestimatedCount), window: 4 * width,
        transform: { (batch: ArraySlice<Directory>) throws(ImageError) in try Listed(batch) },
        commit: { (listed: Listed) throws(ImageError) in try scan.add(listed) })
      level = scan.takeFound()
    }
    return scan.tree
  }
}

/// A directory that was found and is to be listed.
private struct Directory: Sendable {
  let folder: SourceFolder
  let id: DirectoryListing.FileID
  let node: FileTree.NodeID
}

/// The directories of a level, some at a time: one alone is too little work to hand over.
private struct Batches: Sequence, IteratorProtocol {
  private var rest: ArraySlice<Directory>
  private let count: Int

  init(_ level: [Directory], width: Int) {
    rest = level[...]
    count = Swift.min(Swift.max(1, level.count / (4 * width)), 32)
  }

  var underestimatedCount: Int { (rest.count + count - 1) / count }

  mutating func next() -> ArraySlice<Directory>? {
    if rest.isEmpty { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }
}

/// The directories of a batch with what is in them.
private struct Listed: Sendable {
  let directories: [(Directory, DirectoryListing)]

  init(_ batch: ArraySlice<Directory>) throws(ImageError) {
    var directories: [(Directory, DirectoryListing)] = []
    for directory in batch {
      directories.append((directory, try DirectoryListing(directory.folder, id: directory.id)))
    }
    self.directories = directories
  }
}

/// The tree so far.
private struct Scan {
  private(set) var tree: FileTree
  /// The next level.
  private var found: [Directory] = []
  /// The first of several names.
  private var links: [DirectoryListing.FileID: FileTree.NodeID] = [:]

  init(_ tree: FileTree) { self.tree = tree }

  mutating func takeFound() -> [Directory] {
    defer { found = [] }
    return found
  }

  mutating func add(_ listed: Listed) throws(ImageError) {
    for (directory, listing) in listed.directories {
      tree.reserve(listing.entries.count, in: directory.node)
      for entry in listing.entries { try add(entry, to: directory) }
    }
  }

  private mutating func add(_ entry: DirectoryListing.Entry, to directory: Directory) throws(ImageError) {
    if entry.isLinked, let first = links[entry.id] {
      guard tree.link(first, as: entry.name, in: directory.node) else { throw .twice(entry.name, directory.folder) }
      return
    }
    guard let node = tree.add(entry.node, as: entry.name, in: directory.node) else {
      throw .twice(entry.name, directory.folder)
    }
    if entry.isLinked { links[entry.id] = node }
    if entry.node.isDirectory {
      found.append(Directory(folder: SourceFolder(entry.name, in: directory.folder), id: entry.id, node: node))
    }
  }
}

extension ImageError {
  fileprivate static func twice(_ name: FileName, _ folder: SourceFolder) -> ImageError {
    ImageError(.changed, "the directory lists this name twice", context: [folder.printed(name)])
  }
}
