import EROFS
import FileTree
import ImageCore
import SystemPackage
import TestSupport
import Testing

/// An image of `folder` by mkfs.erofs.
func readerImage(
  of folder: FilePath, _ options: [String], at path: FilePath, by peer: Peer = .host
) async throws -> ErofsFileSystem {
  try await Tool("mkfs.erofs", in: peer).check(["--quiet"] + options + [path.string, folder.string])
  return try ErofsFileSystem(ByteStore(contentsOf: path))
}

/// A folder with one folder for each small case that mkfs.erofs can store.
func makeReaderSource(at folder: FilePath) throws {
  try TreeBuilder.build(folder) { _ in }
  for treeCase in TreeCase.small where !treeCase.isBeyondMkfs {
    try treeCase.build(at: folder.appending(treeCase.name))
  }
}

/// Every fact of a tree as a line of text, so that a difference can be read.
func readerManifest(_ tree: FileTree) throws -> [String] {
  var lines: [String] = []
  var first: [FileTree.NodeID: String] = [:]
  try tree.walk { (visit) throws(ImageError) in
    let node = tree[visit.node]
    let attributes = node.attributes
    var line = "\(visit.description) "
    if let other = first[visit.node] {
      lines.append(line + "= \(other)")
      return true
    }
    first[visit.node] = visit.description
    switch node.kind {
    case .directory: line += "directory"
    case .regular(let content): line += "file \(content.byteCount) \(try digest(content))"
    case .symlink(let target): line += "link \(printable(target))"
    case .characterDevice(let device): line += "char \(device.major):\(device.minor)"
    case .blockDevice(let device): line += "block \(device.major):\(device.minor)"
    case .fifo: line += "fifo"
    case .socket: line += "socket"
    }
    line += " \(String(attributes.permissions, radix: 8)) \(attributes.uid):\(attributes.gid)"
    line += " \(attributes.modified.seconds).\(attributes.modified.nanoseconds)"
    for attribute in attributes.extendedAttributes {
      line += " \(printable(attribute.name))=\(attribute.value.hex)"
    }
    lines.append(line)
    return true
  }
  return lines
}

/// A hash of a content, read in pieces; the same only within one process.
private func digest(_ content: any FileContent) throws(ImageError) -> Int {
  var hasher = Hasher()
  var offset: UInt64 = 0
  while offset < content.byteCount {
    var buffer = [UInt8](repeating: 0xA5, count: Int(min(200_000, content.byteCount - offset)))
    try content.read(at: offset, into: &buffer, buffer.indices)
    unsafe buffer.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    offset += UInt64(buffer.count)
  }
  return hasher.finalize()
}

/// The lines that only one side has.
func readerDifference(_ left: [String], _ right: [String]) -> [String] {
  let (leftSet, rightSet) = (Set(left), Set(right))
  return left.filter { !rightSet.contains($0) }.map { "- \($0)" }
    + right.filter { !leftSet.contains($0) }.map { "+ \($0)" }
}

/// The error that `body` throws, in words; "no error" when it throws none.
func readerFault(_ body: () throws(ImageError) -> Void) -> String {
  do throws(ImageError) {
    try body()
    return "no error"
  } catch { return "\(error.code.rawValue): \(error)" }
}

/// All files of a tree by their paths.
func readerContents(_ tree: FileTree) throws -> [[FileName]: [UInt8]] {
  var result: [[FileName]: [UInt8]] = [:]
  try tree.walk { (visit) throws(ImageError) in
    if case .regular(let content) = tree[visit.node].kind { result[visit.path] = try content.bytes(limit: 1 << 24) }
    return true
  }
  return result
}

/// Reads pieces of every file, which must be as in `sources`, and nothing beside them.
func compareRandomReads(_ tree: FileTree, _ sources: [[FileName]: [UInt8]], _ options: [String]) throws {
  var random = SplitMix64(seed: 7)
  try tree.walk { (visit) throws(ImageError) in
    guard case .regular(let content) = tree[visit.node].kind, content.byteCount > 0 else { return true }
    let source = sources[visit.path] ?? []
    for _ in 0..<(content.byteCount > 50_000 ? 30 : 2) {
      let offset = random.next() % content.byteCount
      let longest: UInt64 = random.next() % 4 == 0 ? 300_000 : 5000
      let count = Int(min(content.byteCount - offset, random.next() % longest))
      var buffer = [UInt8](repeating: 0xEE, count: count + 7)
      try content.read(at: offset, into: &buffer, 3..<count + 3)
      let wanted = Array(source[Int(offset)..<Int(offset) + count])
      if Array(buffer[3..<count + 3]) != wanted || buffer[2] != 0xEE || buffer[count + 3] != 0xEE {
        Issue.record("\(options) \(visit.description): \(count) bytes at \(offset) differ")
      }
    }
    return true
  }
}
