package import ImageCore
package import SystemPackage

/// The open folder that a scan began at: everything below is opened relative to it, so that it may be moved meanwhile.
package final class SourceFolder: Sendable {
  package let file: FileDescriptor
  private let path: FilePath

  package init(_ path: FilePath) throws(ImageError) {
    self.path = path
    do {
      file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .directory])
    } catch {
      throw .io(error as? Errno ?? .ioError, "open the directory", path.string)
    }
  }

  deinit { try? file.close() }

  /// A path below the folder, for people.
  package func printed(_ components: [FileName]) -> String {
    ([path.string] + components.map(\.description)).joined(separator: "/")
  }

  /// Runs a system call and names the path in its error.
  package func call<R>(
    _ action: String, _ components: [FileName], _ body: () throws(Errno) -> R
  ) throws(ImageError) -> R {
    do throws(Errno) { return try body() } catch { throw .io(error, action, printed(components)) }
  }

  /// Opens what is at `components`, in steps where the whole path would be too long for one system call.
  package func open(_ components: [FileName], isDirectory: Bool = false) throws(ImageError) -> FileDescriptor {
    try call("open", components) { () throws(Errno) in
      let longest = 4000
      var base = file
      defer { if base != file { try? base.close() } }
      var part: [UInt8] = []
      for name in components {
        if part.count + name.bytes.count > longest {
          let next = try POSIX.open(part, in: base, isDirectory: true)
          if base != file { try? base.close() }
          base = next
          part = []
        }
        part += part.isEmpty ? name.bytes : [UInt8(ascii: "/")] + name.bytes
      }
      return try POSIX.open(part.isEmpty ? [46] : part, in: base, isDirectory: isDirectory)
    }
  }

  /// Mode, owner, time and extended attributes of `name` in `directory`.
  package func attributes(
    _ status: FileStatus, _ name: [UInt8], in directory: FileDescriptor, path: [FileName]
  ) throws(ImageError) -> FileAttributes {
    FileAttributes(
      permissions: UInt16(truncatingIfNeeded: status.mode & 0o7777), uid: status.uid, gid: status.gid,
      modified: Timestamp(seconds: status.seconds, nanoseconds: status.nanoseconds),
      extendedAttributes: try call("read the extended attributes", path) { () throws(Errno) in
        var attributes: [ExtendedAttribute] = []
        for attribute in try POSIX.extendedAttributeNames(name, in: directory) {
          attributes.append(
            ExtendedAttribute(
              name: attribute, value: try POSIX.extendedAttribute(attribute, of: name, in: directory)))
        }
        return attributes
      })
  }
}

/// The content of a file that a scan found.
struct PathContent: FileContent {
  let folder: SourceFolder
  let path: [FileName]
  let status: FileStatus

  var byteCount: UInt64 { status.byteCount }

  func read(at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>) throws(ImageError) {
    let file = try folder.open(path)
    defer { try? file.close() }
    let (count, after): (Int, FileStatus)
    do throws(Errno) {
      count =
        status.isSparse
        ? try readAroundHoles(file, offset, &output, range) : try POSIX.read(file, at: offset, into: &output, range)
      after = try POSIX.fstat(file)
    } catch {
      // What took the file's place may be nothing that can be read at an offset.
      if let now = try? POSIX.fstat(file), !now.isSameState(as: status) { throw changed }
      throw .io(error, "read", folder.printed(path))
    }
    if count != range.count || !after.isSameState(as: status) { throw changed }
  }

  private var changed: ImageError {
    ImageError(.changed, "changed while it was read; pack it again", context: [folder.printed(path)])
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
