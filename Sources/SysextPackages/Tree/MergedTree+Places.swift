import FileTree
import ImageCore

/// Where the next file goes, which is where the last one went most of the time.
struct LastFolder: Sendable {
  fileprivate var path: [UInt8]?
  fileprivate var node: FileTree.NodeID?
}

extension FileTree.Visit {
  /// The name that is visited; `nil` for the root.
  var place: MergedTree.Place? {
    if let parent, let name { MergedTree.Place(directory: parent, name: name) } else { nil }
  }
}

extension MergedTree {
  /// Linux's own (NAME_MAX), and EROFS's.
  private static let nameLimit = 255

  /// A name that a file has or gets.
  struct Place: Hashable, Sendable {
    let directory: FileTree.NodeID
    let name: FileName
  }

  /// Where the file of a path goes; the directories on the way are made.
  ///
  /// - Parameters:
  ///   - path: The bytes, from the root.
  ///   - isDirectory: Whether the last component is followed, too.
  ///   - isOfPackage: Whether `/lib` and its like mean `/usr/lib`.
  ///   - folder: The last file's.
  /// - Returns: `nil` for the root itself.
  /// - Throws: `.notADirectory`; `.limit` for a name that no file system of Linux can have.
  mutating func place(
    _ path: [UInt8], isDirectory: Bool, isOfPackage: Bool, _ folder: inout LastFolder
  ) throws(ImageError) -> Place? {
    let slash = UInt8(ascii: "/")
    if isDirectory {
      let names = try paths.directory(try Self.names(path[...]), isOfPackage: isOfPackage)
      guard let name = names.last else { return nil }
      return Place(directory: try makeDirectory(names.dropLast()), name: name)
    }
    guard let end = path.lastIndex(of: slash), end + 1 < path.count else { return nil }
    let name = FileName(Array(path[(end + 1)...]))
    try Self.check(name)
    if let node = folder.node, let last = folder.path, path[..<end].elementsEqual(last) {
      return Place(directory: node, name: name)
    }
    let names = try paths.directory(try Self.names(path[..<end]), isOfPackage: isOfPackage)
    let node = try makeDirectory(names[...])
    folder = LastFolder(path: Array(path[..<end]), node: node)
    return Place(directory: node, name: name)
  }

  private static func names(_ path: ArraySlice<UInt8>) throws(ImageError) -> [FileName] {
    let names = FileName.components(of: path)
    for name in names { try check(name) }
    return names
  }

  /// Here it is known whose file it is.
  private static func check(_ name: FileName) throws(ImageError) {
    let count = name.bytes.count
    if count > nameLimit { throw ImageError(.limit, "a name of \(count) bytes; 1 to \(nameLimit) fit") }
  }

  /// The directory of a path; what is missing is made, as the base has it or, where it has not, 0755 and root's.
  mutating func makeDirectory(_ names: ArraySlice<FileName>) throws(ImageError) -> FileTree.NodeID {
    var node = tree.root
    for (index, name) in names.enumerated() {
      if let next = tree.child(name, of: node) {
        guard tree.isDirectory(next) else {
          let path = FileName.path(names.prefix(index + 1))
          let owner = originName(of: next).map { " of \($0)" } ?? ""
          throw ImageError(.notADirectory, "below \(path), which is no directory but \(word(next))\(owner)")
        }
        node = next
        continue
      }
      var attributes = paths.attributes(ofDirectory: Array(names.prefix(index + 1))) ?? .directory
      attributes.modified = tree.attributes(of: tree.root).modified
      guard let made = append(FileTree.Node(.directory, attributes), .implicit, as: name, in: node) else { break }
      node = made
    }
    return node
  }

  private func word(_ node: FileTree.NodeID) -> String {
    if case .symlink(let target) = tree.kind(of: node) { return "a link to \(printable(target))" }
    return "a file"
  }
}
