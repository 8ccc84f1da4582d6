import EROFS
import FileTree
public import ImageCore

extension ImageLister {
  /// Lists paths as one JSON array of entries, in the order of the text; docs/command-line.md describes them.
  ///
  /// - Parameters:
  ///   - paths: What to list; the root if there are none.
  ///   - write: Takes the text piece by piece.
  /// - Throws: As `text`.
  public func json(
    of paths: [[FileName]], _ write: ([UInt8]) throws(ImageError) -> Void
  ) throws(ImageError) {
    try inFile(fileSystem.name) { () throws(ImageError) in try writeJSON(of: try find(paths), write) }
  }

  private func writeJSON(
    of operands: [Place], _ write: ([UInt8]) throws(ImageError) -> Void
  ) throws(ImageError) {
    var lister = ErofsLister(fileSystem)
    var output = OutputBuffer()
    var separator = "[\n"
    func add(_ path: [UInt8], _ file: ListedFile, _ lister: inout ErofsLister) throws(ImageError) {
      output.bytes += (separator + "  ").utf8
      output.bytes += file.json(path, try lister.attributes(of: file.inode).extendedAttributes).line.utf8
      separator = ",\n"
      try output.flush(ifLongerThan: OutputBuffer.usualByteCount, write)
    }
    for operand in operands where !isOpened(operand.inode) {
      try add(operand.bytes, try ListedFile(FileName([]), operand.inode, &lister), &lister)
    }
    for operand in operands where isOpened(operand.inode) {
      try walk(operand, &lister) { (directory, entries, lister) throws(ImageError) in
        for file in try Self.look(at: entries, &lister) {
          try add(directory.below(file.name, file.inode).bytes, file, &lister)
        }
      }
    }
    output.bytes += (separator == "[\n" ? "[]\n" : "\n]\n").utf8
    try output.flush(ifLongerThan: 0, write)
  }
}

extension ListedFile {
  fileprivate func json(_ path: [UInt8], _ attributes: [ExtendedAttribute]) -> JSON {
    var members: [JSON.Member] = [.init("path", .string(printable(path)))]
    if !path.isPlainText { members.append(.init("pathBase64", .string(path.base64))) }
    members += [
      .init("type", .string(inode.kind.word)),
      .init("mode", .string(octal(inode.permissions))),
      .init("uid", .count(inode.uid)),
      .init("gid", .count(inode.gid)),
      .init("size", .count(inode.byteCount)),
      .init("mtime", .string(inode.modified.dateAndTime)),
      .init("mtimeSeconds", .integer(inode.modified.seconds)),
      .init("mtimeNanoseconds", .count(inode.modified.nanoseconds)),
      .init("nlink", .count(inode.linkCount)),
      .init("inode", .count(inode.nid)),
      .init("xattrs", .array(attributes.map(\.json))),
    ]
    if let target { members += [JSON.Member].text("target", target) }
    if let device = inode.kind.device {
      members += [.init("major", .count(device.major)), .init("minor", .count(device.minor))]
    }
    if inode.kind == .regular { members.append(.init("storage", .string(inode.storage.rawValue))) }
    return .object(members)
  }
}

extension ExtendedAttribute {
  fileprivate var json: JSON {
    .object([.init("name", .string(printable(name)))] + [JSON.Member].value(value))
  }
}
