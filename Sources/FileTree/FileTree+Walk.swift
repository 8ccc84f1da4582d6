public import ImageCore

extension FileTree {
  /// A name on the way through a tree.
  public struct Visit: Sendable {
    /// The path's components from the root; empty for the root.
    public let path: [FileName]
    /// The node.
    public let node: NodeID
    /// The directory that has this name; none for the root.
    public let parent: NodeID?

    /// `/usr/bin/gdb`, for people.
    public var description: String { "/" + path.map(\.description).joined(separator: "/") }
  }

  /// Calls `visit` for every name, a directory before its entries, entries in byte order.
  ///
  /// The root comes first.
  ///
  /// - Parameter visit: Returns whether to go into the directory that it was given.
  /// - Throws: What `visit` throws.
  public func walk(_ visit: (Visit) throws(ImageError) -> Bool) throws(ImageError) {
    var stack = [Visit(path: [], node: root, parent: nil)]
    while let next = stack.popLast() {
      guard try visit(next), self[next.node].isDirectory else { continue }
      for entry in entries(of: next.node).reversed() {
        stack.append(Visit(path: next.path + [entry.name], node: entry.node, parent: next.node))
      }
    }
  }

  /// Changes the attributes of every node that has a name.
  public mutating func updateAttributes(_ change: (inout FileAttributes) -> Void) {
    for index in 0..<nodeCount { change(&self[NodeID(index: index)].attributes) }
  }
}

extension FileTree {
  /// The latest time of any node that has a name.
  public var newestTime: Timestamp {
    var newest: Timestamp?
    // The closure throws nothing, so the walk does not.
    try? walk { visit in
      let time = self[visit.node].attributes.modified
      newest = newest.map { max($0, time) } ?? time
      return true
    }
    return newest ?? Timestamp(seconds: 0)
  }

  /// The tree below a directory, with that directory as its root.
  public func subtree(_ directory: NodeID) -> FileTree {
    var result = FileTree(rootAttributes: self[directory].attributes)
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
        if self[entry.node].isDirectory { stack.append((entry.node, copy)) }
      }
    }
    return result
  }
}
