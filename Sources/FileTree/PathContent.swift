import ImageCore
import SystemPackage

/// The content of a file that a scan found.
///
/// A class, as an `any FileContent` holds a reference in place and boxes what is larger.
final class PathContent: FileContent {
  private let folder: SourceFolder
  private let name: FileName
  private let status: FileStatus

  init(_ name: FileName, in folder: SourceFolder, _ status: FileStatus) {
    self.folder = folder
    self.name = name
    self.status = status
  }

  var byteCount: UInt64 { status.byteCount }

  func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) throws(ImageError) {
    let file = try openAgain()
    defer { try? file.close() }
    let count: Int
    do throws(Errno) {
      count =
        status.isSparse
        ? try readAroundHoles(file, offset, &output, range) : try POSIX.read(file, at: offset, into: &output, range)
    } catch {
      // Another kind of file may not be readable in this way.
      try checkState(of: file)
      throw .io(error, "read", folder.printed(name))
    }
    if count != range.count { throw changed() }
    // Afterwards: it says of another file, too, and of one that changed meanwhile.
    try checkState(of: file)
  }

  private func openAgain() throws(ImageError) -> FileDescriptor {
    do { return try folder.open(name) } catch {
      switch error.errno {
      // Removed; or a symbolic link, or a socket, is in the place of the file or of a folder on the way.
      case .noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels, .noSuchAddressOrDevice:
        throw changed(error.errno)
      default: throw error
      }
    }
  }

  private func checkState(of file: FileDescriptor) throws(ImageError) {
    let now = try folder.call("look at", name) { () throws(Errno) in try POSIX.fstat(file) }
    if !now.isSameState(as: status) { throw changed() }
  }

  private func changed(_ errno: Errno? = nil) -> ImageError {
    ImageError(.changed, "changed while it was read; pack it again", context: [folder.printed(name)], errno: errno)
  }

  private func readAroundHoles(
    _ file: FileDescriptor, _ offset: UInt64, _ output: inout [UInt8], _ range: Range<Int>
  ) throws(Errno) -> Int {
    output.fillZero(range)
    let end = offset + UInt64(range.count)
    var position = offset
    while position < end, let data = try POSIX.nextData(file, from: position), data.lowerBound < end {
      let part = max(position, data.lowerBound)..<min(end, data.upperBound)
      let start = range.lowerBound + Int(part.lowerBound - offset)
      let count = try POSIX.read(file, at: part.lowerBound, into: &output, start..<start + part.count)
      if count < part.count { return start + count - range.lowerBound }
      position = part.upperBound
    }
    return range.count
  }
}
