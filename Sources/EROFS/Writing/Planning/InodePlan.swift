import FileTree
import ImageCore

/// A tree as flat inodes, numbered in the order of the walk, with link counts and the image's common time.
struct InodePlan: Sendable {
  struct Inode: Sendable {
    let node: FileTree.NodeID
    /// For a directory, the index of the one that holds it; its own for the root.
    let parent: Int
    let type: FileType
    /// The number of the codec that the rules give it.
    let codec: UInt8
    var linkCount: UInt32
  }

  private(set) var inodes: [Inode] = []
  /// Indexes of the directories, a directory before those in it.
  private(set) var directories: [Int] = []
  /// Indexes of all else, in the order of the walk: the order of the data in the image.
  private(set) var others: [Int] = []
  /// The time that most inodes have: these can be stored in compact form.
  private(set) var commonTime = Timestamp(seconds: 0)

  /// The inode of each node, by the node's index; -1 for nodes without a name.
  private var indexOfNode: [Int32]

  /// - Parameters:
  ///   - tree: What goes in.
  ///   - codec: The number of the codec for a name.
  /// - Throws: What the format cannot hold.
  init(_ tree: FileTree, codec: (FileTree.Visit) -> UInt8 = { _ in 0 }) throws(ImageError) {
    indexOfNode = [Int32](repeating: -1, count: tree.nodeCount)
    var times: [Timestamp: Int] = [:]
    try tree.walk { visit throws(ImageError) in
      try inContext(visit.description) { () throws(ImageError) in
        if let name = visit.name { try Self.check(name) }
        try Self.check(tree.kind(of: visit.node), tree.attributes(of: visit.node))
      }
      let known = indexOfNode[visit.node.index]
      if known >= 0 {
        inodes[Int(known)].linkCount += 1
        return false
      }
      let index = inodes.count
      indexOfNode[visit.node.index] = Int32(index)
      let isDirectory = tree.isDirectory(visit.node)
      let parent = visit.parent.map { Int(indexOfNode[$0.index]) } ?? index
      let type = tree.kind(of: visit.node).fileType
      inodes.append(
        Inode(
          node: visit.node, parent: parent, type: type, codec: type == .regular ? codec(visit) : 0,
          linkCount: isDirectory ? 2 : 1))
      if isDirectory {
        directories.append(index)
        if parent != index { inodes[parent].linkCount += 1 }
      } else {
        others.append(index)
      }
      times[tree.attributes(of: visit.node).modified, default: 0] += 1
      return true
    }
    // Ties go to the earlier time, so that the order of the dictionary does not matter.
    let best = times.filter { $0.key.seconds >= 0 }.max { ($0.value, $1.key) < ($1.value, $0.key) }
    if let best { commonTime = best.key }
  }

  /// The number of the codec that the rules give a file.
  func codec(of inode: Int) -> Int { Int(inodes[inode].codec) }

  /// The inode of a node that has a name.
  func index(of node: FileTree.NodeID) -> Int { Int(indexOfNode[node.index]) }

  // MARK: what the format cannot hold

  private static let dots: [FileName] = [".", ".."]

  private static func check(_ name: FileName) throws(ImageError) {
    if !(1...255).contains(name.bytes.count) {
      throw ImageError(.limit, "a name of \(name.bytes.count) bytes; 1 to 255 fit")
    }
    if name.bytes.contains(0) || name.bytes.contains(UInt8(ascii: "/")) || Self.dots.contains(name) {
      throw ImageError(.invalidArgument, "no file can have this name")
    }
  }

  private static func check(_ kind: FileTree.Kind, _ attributes: FileAttributes) throws(ImageError) {
    if attributes.modified.nanoseconds >= 1_000_000_000 {
      throw ImageError(.invalidArgument, "a time with \(attributes.modified.nanoseconds) nanoseconds")
    }
    switch kind {
    case .symlink(let target):
      if !(1...4095).contains(target.count) {
        throw ImageError(.limit, "a link target of \(target.count) bytes; 1 to 4095 can be followed")
      }
    case .characterDevice(let number), .blockDevice(let number):
      if number.major >= 1 << 12 || number.minor >= 1 << 20 {
        throw ImageError(.limit, "the device number \(number.major):\(number.minor); 4095:1048575 is the greatest")
      }
    case .directory, .regular, .fifo, .socket: break
    }
  }
}
