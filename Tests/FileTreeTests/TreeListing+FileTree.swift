import FileTree
import ImageCore
import TestSupport

extension TreeListing {
  /// What a tree says of itself, in the words of a listing of a disk: both can be compared.
  init(_ tree: FileTree) throws(ImageError) {
    var names: [FileTree.NodeID: [Int]] = [:]
    var entries: [Entry] = []
    try tree.walk { (visit) throws(ImageError) in
      let node = tree[visit.node]
      let path = visit.path.map { RawName($0.bytes) }.reduce(RawName([])) { $0 / $1 }
      if !node.isDirectory { names[visit.node, default: []].append(entries.count) }
      entries.append(Entry(path: path.bytes.isEmpty ? "." : path, fields: try TreeListing.fields(of: node)))
      return true
    }
    for indices in names.values where indices.count > 1 {
      for index in indices {
        let value = "\(indices.count), \(indices.count) here, first \(entries[indices[0]].path)"
        entries[index].fields.append(("links", value))
      }
    }
    self.init(entries: entries)
  }

  private static func fields(of node: FileTree.Node) throws(ImageError) -> [(label: String, value: String)] {
    let attributes = node.attributes
    var fields: [(label: String, value: String)] = [
      ("mode", String(attributes.permissions, radix: 8)), ("owner", "\(attributes.uid):\(attributes.gid)"),
      ("mtime", "\(attributes.modified.seconds)+\(attributes.modified.nanoseconds)ns"),
    ]
    for attribute in attributes.extendedAttributes {
      fields.append((RawName(attribute.name).description, hexadecimal(attribute.value)))
    }
    switch node.kind {
    case .directory: fields.append(("type", "directory"))
    case .regular(let content):
      fields += [("type", "file"), ("size", "\(content.byteCount)")]
      let hash = try contentHash(byteCount: content.byteCount) { (offset, count) throws(ImageError) in
        var piece = [UInt8](repeating: 0xA5, count: count)
        try content.read(at: offset, into: &piece, 0..<count)
        return piece
      }
      fields.append(("content", hash))
    case .symlink(let target): fields += [("type", "symlink"), ("target", RawName(target).description)]
    case .characterDevice(let number):
      fields += [("type", "character-device"), ("device", "\(number.major):\(number.minor)")]
    case .blockDevice(let number):
      fields += [("type", "block-device"), ("device", "\(number.major):\(number.minor)")]
    case .fifo: fields.append(("type", "fifo"))
    case .socket: fields.append(("type", "socket"))
    }
    return fields
  }
}
