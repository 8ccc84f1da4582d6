import FileTree
public import GPT
public import ImageCore
public import SystemPackage

/// Makes the partition table of an image file whole.
public struct ImageRepair: Sendable {
  /// The image.
  public let path: FilePath
  /// What is there.
  public let reading: GPTReading
  /// What is to be written.
  public let repair: GPTRepair

  private static let pieceByteCount = 1 << 20

  /// Reads the table of an image file; nothing is written yet.
  ///
  /// - Throws: `.notFound` for an image without a table; `.corrupt` when both copies are damaged, or when there is no
  ///   room for what is to be written.
  public init(_ path: FilePath) throws(ImageError) {
    self.path = path
    let store = try ByteStore(contentsOf: path)
    (reading, repair) = try inFile(store.name) { () throws(ImageError) in
      let reading = try GPTReading(store)
      return (reading, try reading.repair())
    }
  }

  /// Writes what differs over the image, each area on the disk before the next one.
  ///
  /// - Throws: `.io`.
  public func writeInPlace() throws(ImageError) {
    guard !repair.areas.isEmpty else { return }
    let file: FileDescriptor
    do { file = try FileDescriptor.open(path, .readWrite, options: [.closeOnExec, .nonBlocking]) } catch {
      throw .io(error as? Errno ?? .ioError, "open for writing", path.string)
    }
    defer { try? file.close() }
    do throws(Errno) {
      for area in repair.areas {
        try POSIX.write(file, at: area.offset, area.bytes.rawSpan)
        try POSIX.fsync(file)
      }
    } catch { throw .io(error, "write", path.string) }
  }

  /// Writes a copy of the image with a table that is whole.
  ///
  /// - Parameters:
  ///   - output: The new image, which appears whole or not at all.
  ///   - replace: Whether one that is there may be replaced.
  /// - Throws: `.exists`, `.io`, `.cancelled`.
  public func write(to output: FilePath, replace: Bool = false) throws(ImageError) {
    let store = try ByteStore(contentsOf: path)
    let file = try OutputFile(output, replace: replace)
    var offset: UInt64 = 0
    while offset < store.byteCount {
      try checkCancellation()
      let bytes = try store.bytes(at: offset, upTo: Self.pieceByteCount)
      if !bytes.isZero(bytes.indices) { try file.write(bytes.rawSpan, at: offset) }
      offset += UInt64(bytes.count)
    }
    for area in repair.areas { try file.write(area.bytes.rawSpan, at: area.offset) }
    try file.commit(byteCount: store.byteCount)
  }
}
