public import ImageCore
public import SystemPackage

/// A tree of files: what every input becomes and every output is made from.
///
/// A value: nodes in arrays, directories with sorted entries. Two names with one node *are* a hard link; link counts
/// are computed, never stored.
public struct FileTree: Sendable {
  /// A node of this tree.
  public struct NodeID: Hashable, Sendable {
    package let index: Int
  }

  /// What a node is, with what only that kind has.
  public enum Kind: Sendable {
    case directory
    case regular(any FileContent)
    case symlink(target: [UInt8])
    case characterDevice(DeviceNumber)
    case blockDevice(DeviceNumber)
    case fifo
    case socket
  }

  /// A file of any kind, without its name.
  public struct Node: Sendable {
    /// What it is.
    public var kind: Kind
    /// Mode, owner, time, extended attributes.
    public var attributes: FileAttributes

    /// Makes a node.
    public init(_ kind: Kind, _ attributes: FileAttributes) {
      self.kind = kind
      self.attributes = attributes
    }

    /// Whether it is a directory.
    public var isDirectory: Bool {
      if case .directory = kind { true } else { false }
    }
  }

  /// A name in a directory.
  public struct Entry: Sendable {
    /// One component.
    public let name: FileName
    /// What it names.
    public let node: NodeID
  }

  // A node in three parts: most questions are about one of them, and to copy a kind costs a reference count.
  private var kinds: [Kind]
  var attributes: [FileAttributes]
  /// The entries of directories only.
  private var children: [[Entry]?]

  /// An empty tree.
  public init(rootAttributes: FileAttributes = .directory) {
    kinds = [.directory]
    attributes = [rootAttributes]
    children = [[]]
  }

  /// The directory that holds all.
  public var root: NodeID { NodeID(index: 0) }

  /// The number of nodes that were made, removed ones included: an upper bound of `NodeID.index`.
  package var nodeCount: Int { kinds.count }

  /// A node.
  public subscript(id: NodeID) -> Node {
    get { Node(kinds[id.index], attributes[id.index]) }
    set {
      kinds[id.index] = newValue.kind
      attributes[id.index] = newValue.attributes
      children[id.index] = newValue.isDirectory ? entries(of: id) : nil
    }
  }

  /// Whether a node is a directory.
  public func isDirectory(_ id: NodeID) -> Bool { children[id.index] != nil }

  /// What a node is.
  public func kind(of id: NodeID) -> Kind { kinds[id.index] }

  /// A node's attributes.
  public func attributes(of id: NodeID) -> FileAttributes { attributes[id.index] }

  /// A directory's entries in byte order of their names; none for other kinds.
  public func entries(of directory: NodeID) -> [Entry] { children[directory.index] ?? [] }

  /// The node that `name` names in `directory`.
  public func child(_ name: FileName, of directory: NodeID) -> NodeID? {
    let (index, found) = position(of: name, in: directory)
    return found ? entries(of: directory)[index].node : nil
  }

  /// The node at `path`, without following symbolic links; `nil` where there is none.
  public func lookup(_ path: FilePath) -> NodeID? { lookup(FileName.components(of: path)) }

  /// The node that a path's components lead to, without following symbolic links; `nil` where there is none.
  package func lookup(_ path: some Sequence<FileName>) -> NodeID? {
    var node = root
    for name in path {
      guard let next = child(name, of: node) else { return nil }
      node = next
    }
    return node
  }

  /// Adds a node under a new name.
  ///
  /// Missing parents are made as root's directories, 0755, with the time of the nearest directory that was there.
  ///
  /// - Throws: `.exists` when the name is taken, `.notADirectory`, `.invalidArgument` for an empty path.
  @discardableResult
  public mutating func insert(_ node: Node, at path: FilePath) throws(ImageError) -> NodeID {
    let (directory, name) = try makeParent(of: path)
    guard let id = add(node, as: name, in: directory) else {
      throw ImageError(.exists, "is there already", context: [path.string])
    }
    return id
  }

  /// Gives a node a further name: a hard link.
  ///
  /// - Throws: `.exists`, `.notADirectory`; `.invalidArgument` for a directory or an empty path.
  public mutating func link(_ node: NodeID, at path: FilePath) throws(ImageError) {
    if isDirectory(node) {
      throw ImageError(.invalidArgument, "a directory has one name only", context: [path.string])
    }
    let (directory, name) = try makeParent(of: path)
    if !link(node, as: name, in: directory) {
      throw ImageError(.exists, "is there already", context: [path.string])
    }
  }

  /// Takes a name out, with all that is below it; nothing happens where there is none.
  public mutating func remove(_ path: FilePath) {
    var components = FileName.components(of: path)
    guard let name = components.popLast() else { return }
    if let directory = lookup(components) { remove(name, from: directory) }
  }

  /// Takes a name out of a directory; nothing happens where there is none.
  package mutating func remove(_ name: FileName, from directory: NodeID) {
    let (index, found) = position(of: name, in: directory)
    if found { children[directory.index]?.remove(at: index) }
  }

  /// Makes room for names in a directory and their nodes.
  package mutating func reserve(_ count: Int, in directory: NodeID) {
    children[directory.index]?.reserveCapacity(count)
  }

  /// Adds a node to a directory; `nil` when the name is taken.
  package mutating func add(_ node: Node, as name: FileName, in directory: NodeID) -> NodeID? {
    let id = NodeID(index: kinds.count)
    guard link(id, as: name, in: directory) else { return nil }
    kinds.append(node.kind)
    attributes.append(node.attributes)
    children.append(node.isDirectory ? [] : nil)
    return id
  }

  /// Names a node in a directory; false when the name is taken.
  package mutating func link(_ node: NodeID, as name: FileName, in directory: NodeID) -> Bool {
    // Sources add names in order: the end is the usual place.
    if let last = children[directory.index]?.last, last.name < name {
      children[directory.index]?.append(Entry(name: name, node: node))
      return true
    }
    let (index, found) = position(of: name, in: directory)
    if found { return false }
    children[directory.index]?.insert(Entry(name: name, node: node), at: index)
    return true
  }

  private mutating func makeParent(of path: FilePath) throws(ImageError) -> (NodeID, FileName) {
    var components = FileName.components(of: path)
    guard let name = components.popLast(), !components.contains(FileName("..")), name != FileName("..") else {
      throw ImageError(.invalidArgument, "not a path inside a tree", context: [path.string])
    }
    var directory = root
    for component in components {
      if let next = child(component, of: directory) {
        guard isDirectory(next) else {
          throw ImageError(.notADirectory, "\(component) is not a directory", context: [path.string])
        }
        directory = next
      } else {
        var attributes = FileAttributes.directory
        attributes.modified = self.attributes[directory.index].modified
        guard let made = add(Node(.directory, attributes), as: component, in: directory) else { break }
        directory = made
      }
    }
    return (directory, name)
  }

  /// Where `name` is, or where it belongs.
  private func position(of name: FileName, in directory: NodeID) -> (Int, found: Bool) {
    let entries = entries(of: directory)
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].name < name { low = middle + 1 } else { high = middle }
    }
    return (low, low < entries.count && entries[low].name == name)
  }
}
