import FileTree
import ImageCore

extension FileTree {
  /// The node at a path, without following symbolic links.
  func node(at path: [UInt8]) -> NodeID? { lookup(FileName.components(of: path)) }

  /// Adds a node, with root's directories of that time where there are none; false where something else is in the way.
  mutating func put(_ node: Node, at path: [UInt8], time: Timestamp) -> Bool {
    var names = FileName.components(of: path)
    guard let last = names.popLast(), last != "..", !names.contains("..") else { return false }
    var directory = root
    for name in names {
      if let next = child(name, of: directory) {
        directory = next
      } else {
        guard
          let made = add(Node(.directory, FileAttributes(permissions: 0o755, modified: time)), as: name, in: directory)
        else { return false }
        directory = made
      }
      if !isDirectory(directory) { return false }
    }
    return add(node, as: last, in: directory) != nil
  }

  /// A small file's bytes; `nil` where there is none.
  func content(at path: [UInt8]) throws(ImageError) -> [UInt8]? {
    guard let node = node(at: path), case .regular(let content) = kind(of: node), content.byteCount <= 1 << 20 else {
      return nil
    }
    return try content.bytes()
  }
}
