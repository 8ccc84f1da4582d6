import ImageCore
import Synchronization
import SystemPackage

/// A file that is to be made.
struct TargetEntry: Sendable {
  let folder: TargetFolder
  let name: FileName
  let node: FileTree.Node
}

/// Makes files; one value for all threads.
struct EntryWriter: Sendable {
  /// What is read and written with one call.
  static let pieceByteCount = 1 << 20

  let attributes: AttributeWriter
  let buffers: BufferPool

  /// Makes a file with all that it has; its folder is not let go.
  func write(_ entry: TargetEntry, _ buffer: inout [UInt8]) throws(ImageError) {
    let (folder, name, node) = (entry.folder, entry.name, entry.node)
    try folder.checkName(name)
    switch node.kind {
    case .directory: throw ImageError(.invalidArgument, "a directory is no entry", context: [folder.printed(name)])
    case .regular(let content): try write(content, entry, &buffer)
    case .symlink(let target):
      try folder.call("make the link", name) { () throws(Errno) in
        try POSIX.makeSymlink(name.bytes, to: target, in: folder.file)
        try attributes.apply(node.attributes, to: name, in: folder.file, isSymlink: true)
      }
    case .characterDevice(let device): try make(FileStatus.characterDevice, device, entry)
    case .blockDevice(let device): try make(FileStatus.blockDevice, device, entry)
    case .fifo: try make(FileStatus.fifo, nil, entry)
    case .socket: try make(FileStatus.socket, nil, entry)
    }
  }

  private func make(_ type: UInt32, _ device: DeviceNumber?, _ entry: TargetEntry) throws(ImageError) {
    let (folder, name) = (entry.folder, entry.name)
    try folder.call("make the special file", name) { () throws(Errno) in
      do throws(Errno) {
        try POSIX.makeNode(
          name.bytes, mode: type | 0o600, major: device?.major ?? 0, minor: device?.minor ?? 0, in: folder.file)
      } catch {
        guard device != nil, error == .notPermitted else { throw error }
        return attributes.losses.count(.device)
      }
      try attributes.apply(entry.node.attributes, to: name, in: folder.file, isSymlink: false)
    }
  }

  private func write(
    _ content: any FileContent, _ entry: TargetEntry, _ buffer: inout [UInt8]
  ) throws(ImageError) {
    let (file, hasMode) = try create(entry)
    defer { try? file.close() }
    let byteCount = content.byteCount
    // What fits is read at once; holes show in the bytes, too.
    let pieces =
      byteCount == 0
      ? []
      : byteCount <= UInt64(Self.pieceByteCount)
        ? [0..<byteCount] : try content.pieces(from: 0, byteCount: .max, limit: Self.pieceByteCount)
    let end = try copy(content, pieces, to: file, entry, &buffer)
    try entry.folder.call("write", entry.name) { () throws(Errno) in
      if end < byteCount { try POSIX.setByteCount(file, byteCount) }
      try attributes.apply(entry.node.attributes, to: file, isDirectory: false, hasMode: hasMode)
    }
  }

  /// Makes a regular file without content; says whether it has its mode.
  func create(_ entry: TargetEntry) throws(ImageError) -> (file: FileDescriptor, hasMode: Bool) {
    let (mode, isFinal) = attributes.creationMode(entry.node.attributes)
    let file = try entry.folder.call("create", entry.name) { () throws(Errno) in
      try POSIX.create(entry.name.bytes, in: entry.folder.file, mode: mode)
    }
    return (file, isFinal)
  }

  /// Writes pieces of a content to their places in a file; long runs of zeros stay holes.
  ///
  /// - Returns: Where the last byte that was written ends.
  @discardableResult
  func copy(
    _ content: any FileContent, _ pieces: [Range<UInt64>], to file: FileDescriptor, _ entry: TargetEntry,
    _ buffer: inout [UInt8]
  ) throws(ImageError) -> UInt64 {
    var end: UInt64 = 0
    for piece in pieces {
      try checkCancellation()
      let count = piece.count
      if buffer.count < count { buffer = buffers.take(atLeast: count) }
      try content.read(at: piece.lowerBound, into: &buffer, 0..<count)
      var runs = DataRuns(in: count, at: piece.lowerBound)
      while let run = runs.next(in: buffer) {
        do throws(Errno) { try POSIX.write(file, at: piece.lowerBound + UInt64(run.lowerBound), buffer, run) } catch {
          throw .io(error, "write", entry.folder.printed(entry.name))
        }
        end = piece.lowerBound + UInt64(run.upperBound)
      }
    }
    return end
  }
}

/// A file that several threads write.
///
/// It is complete when the last one who holds it lets go.
final class LargeFile: Sendable {
  private let entry: TargetEntry
  private let content: any FileContent
  private let file: FileDescriptor
  private let hasMode: Bool
  private let holders = Atomic(1)

  /// Creates the file with its length, and holds it.
  init(_ entry: TargetEntry, _ content: any FileContent, _ writer: EntryWriter) throws(ImageError) {
    try entry.folder.checkName(entry.name)
    let (file, hasMode) = try writer.create(entry)
    self.entry = entry
    self.content = content
    self.file = file
    self.hasMode = hasMode
    try entry.folder.call("write", entry.name) { () throws(Errno) in
      try POSIX.setByteCount(file, content.byteCount)
    }
  }

  deinit { try? file.close() }

  func hold() { holders.add(1, ordering: .relaxed) }

  func write(
    _ pieces: [Range<UInt64>], _ writer: EntryWriter, _ buffer: inout [UInt8]
  ) throws(ImageError) {
    try writer.copy(content, pieces, to: file, entry, &buffer)
    try release(writer)
  }

  func release(_ writer: EntryWriter) throws(ImageError) {
    guard holders.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
    try entry.folder.call("set the attributes of", entry.name) { () throws(Errno) in
      try writer.attributes.apply(entry.node.attributes, to: file, isDirectory: false, hasMode: hasMode)
    }
    try entry.folder.release(writer.attributes)
  }
}
