package import ImageCore
package import SystemPackage

/// A directory of a source: its path, kept once for all that is in it.
///
/// All is opened relative to the descriptor of the directory that a scan began at, so that this one may be moved
/// meanwhile, and no descriptor is held for each directory.
package final class SourceFolder: Sendable {
  /// The directory that a scan began at.
  private final class Top: Sendable {
    let file: FileDescriptor
    let path: FilePath

    init(_ path: FilePath) throws(ImageError) {
      self.path = path
      do { file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec, .directory]) } catch {
        throw .io(error as? Errno ?? .ioError, "open the directory", path.string)
      }
    }

    deinit { try? file.close() }
  }

  /// The longest path that is given to one system call, which takes 4095 bytes.
  ///
  /// Far less, because each directory keeps its path: the deepest trees would need memory for the square of their depth.
  private static let longestPath = 1024

  private let top: Top
  /// The directory that `path` begins at where it would be too long otherwise.
  private let base: SourceFolder?
  /// From the base, or from the top; empty for the top itself.
  private let path: [UInt8]

  /// Opens the directory that a scan begins at.
  package init(_ path: FilePath) throws(ImageError) {
    top = try Top(path)
    base = nil
    self.path = []
  }

  /// The directory `name` in `parent`.
  package init(_ name: FileName, in parent: SourceFolder) {
    top = parent.top
    let isLong = parent.path.count + name.bytes.count > Self.longestPath
    base = isLong ? parent : parent.base
    path = isLong || parent.path.isEmpty ? name.bytes : parent.path + [UInt8(ascii: "/")] + name.bytes
  }

  /// The path of the folder, or of a name in it, for people.
  package func printed(_ name: FileName? = nil) -> String {
    var parts = [name?.description ?? ""]
    var folder: SourceFolder? = self
    while let next = folder {
      parts.append(next.path.split(separator: UInt8(ascii: "/")).map(printable).joined(separator: "/"))
      folder = next.base
    }
    parts.append(top.path.string)
    return parts.filter { !$0.isEmpty }.reversed().joined(separator: "/")
  }

  /// Runs a system call and names the path in its error.
  package func call<R>(
    _ action: String, _ name: FileName? = nil, _ body: () throws(Errno) -> R
  ) throws(ImageError) -> R {
    do throws(Errno) { return try body() } catch { throw .io(error, action, printed(name)) }
  }

  /// Opens the folder.
  package func open() throws(ImageError) -> FileDescriptor {
    try call("open") { () throws(Errno) in try reach(nil) }
  }

  /// Opens a file in the folder.
  package func open(_ name: FileName) throws(ImageError) -> FileDescriptor {
    try call("open", name) { () throws(Errno) in try reach(name) }
  }

  /// Opens a file in the folder, or the folder itself.
  private func reach(_ name: FileName?) throws(Errno) -> FileDescriptor {
    var bases: [SourceFolder] = []
    while let next = (bases.last ?? self).base { bases.append(next) }
    // From the outermost base on, each opened in the one before.
    var file = top.file
    defer { if file != top.file { try? file.close() } }
    for base in bases.reversed() {
      let next = try POSIX.open(base.path, in: file, isDirectory: true)
      if file != top.file { try? file.close() }
      file = next
    }
    if let name { return try POSIX.open(name.bytes, in: file, below: path) }
    return try POSIX.open(path.isEmpty ? [46] : path, in: file, isDirectory: true)
  }
}
