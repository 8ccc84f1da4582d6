public import ImageCore

extension FileTree {
  /// A name on the way through a tree.
  public struct Visit: Sendable {
    /// The node.
    public let node: NodeID
    /// The directory that has this name; none for the root.
    public let parent: NodeID?
    /// The names of the directories on the way from the root.
    fileprivate let directories: [FileName]
    /// The entries of the last of these, and which of them this is: to hold the name itself would cost a reference
    /// count for each, far apart in memory.
    fileprivate let siblings: [Entry]
    fileprivate let position: Int

    /// The name; none for the root.
    public var name: FileName? { parent == nil ? nil : siblings[position].name }

    /// The path's components from the root; empty for the root.
    public var path: [FileName] { name.map { directories + [$0] } ?? [] }

    /// `/usr/bin/gdb`, for people.
    public var description: String { FileName.path(path) }
  }

  /// A directory that a walk is in.
  private struct Level {
    let directory: NodeID
    let entries: [Entry]
    var position = 0
  }

  /// Calls `visit` for every name, a directory before its entries, entries in byte order.
  ///
  /// The root comes first.
  ///
  /// - Parameter visit: Returns whether to go into the directory that it was given.
  /// - Throws: What `visit` throws.
  public func walk(_ visit: (Visit) throws(ImageError) -> Bool) throws(ImageError) {
    guard try visit(Visit(node: root, parent: nil, directories: [], siblings: [], position: 0)) else { return }
    try walk(below: root, [], visit)
  }

  /// Calls `visit` for every name below a directory, in the same order.
  ///
  /// - Parameters:
  ///   - directory: Where to begin.
  ///   - path: Its path.
  ///   - visit: Returns whether to go into the directory that it was given.
  /// - Throws: What `visit` throws.
  package func walk(
    below directory: NodeID, _ path: [FileName], _ visit: (Visit) throws(ImageError) -> Bool
  ) throws(ImageError) {
    var levels = [Level(directory: directory, entries: entries(of: directory))]
    var directories = path
    while let level = levels.last {
      let (entries, position) = (level.entries, level.position)
      guard position < entries.count else {
        levels.removeLast()
        _ = directories.popLast()
        continue
      }
      levels[levels.count - 1].position += 1
      let node = entries[position].node
      let goesIn = try visit(
        Visit(
          node: node, parent: level.directory, directories: directories, siblings: entries, position: position))
      if goesIn, isDirectory(node) {
        levels.append(Level(directory: node, entries: self.entries(of: node)))
        directories.append(entries[position].name)
      }
    }
  }

  /// Changes the attributes of every node that has a name.
  public mutating func updateAttributes(_ change: (inout FileAttributes) -> Void) {
    for index in attributes.indices { change(&attributes[index]) }
  }
}

extension FileTree {
  /// The latest time of any node that has a name.
  public var newestTime: Timestamp {
    var newest: Timestamp?
    // The closure throws nothing, so the walk does not.
    try? walk { visit in
      let time = attributes(of: visit.node).modified
      newest = newest.map { max($0, time) } ?? time
      return true
    }
    return newest ?? Timestamp(seconds: 0)
  }

  /// The tree below a directory, with that directory as its root.
  public func subtree(_ directory: NodeID) -> FileTree {
    var result = FileTree(rootAttributes: attributes(of: directory))
    var copies: [NodeID: NodeID] = [:]
    var stack = [(from: directory, to: result.root)]
    while let (from, to) = stack.popLast() {
      for entry in entries(of: from) {
        if let copy = copies[entry.node] {
          _ = result.link(copy, as: entry.name, in: to)
          continue
        }
        guard let copy = result.add(self[entry.node], as: entry.name, in: to) else { continue }
        copies[entry.node] = copy
        if isDirectory(entry.node) { stack.append((entry.node, copy)) }
      }
    }
    return result
  }
}
