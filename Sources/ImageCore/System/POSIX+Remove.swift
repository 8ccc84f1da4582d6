package import SystemPackage

extension POSIX {
  /// Removes a directory with all that is in it, however deep that is; follows no link.
  ///
  /// What is below moves up first, so that two open directories are enough.
  package static func removeTree(_ name: [UInt8], in parent: FileDescriptor) throws(Errno) {
    let top = try openPassable(name, in: parent)
    defer { try? top.close() }
    var waiting: [[UInt8]] = []
    var count = 0
    try empty(top) { (directory) throws(Errno) in waiting.append(directory) }
    while let next = waiting.popLast() {
      let directory = try openPassable(next, in: top)
      defer { try? directory.close() }
      try empty(directory) { (below) throws(Errno) in
        // To move a directory, one must be able to write it.
        try? changeMode(below, in: directory, 0o700)
        var moved: [UInt8]
        repeat {
          moved = Array(".removed-\(count)".utf8)
          count += 1
        } while !(try isMoved(below, in: directory, to: moved, in: top))
        waiting.append(moved)
      }
      try removeDirectory(next, in: top)
    }
    try removeDirectory(name, in: parent)
  }

  /// Opens a directory that its mode may keep even its owner from.
  private static func openPassable(_ name: [UInt8], in parent: FileDescriptor) throws(Errno) -> FileDescriptor {
    do throws(Errno) {
      let file = try open(name, in: parent, isDirectory: true)
      try? changeMode(file, 0o700)
      return file
    } catch {
      guard error == .permissionDenied else { throw error }
      try changeMode(name, in: parent, 0o700)
      return try open(name, in: parent, isDirectory: true)
    }
  }

  /// Removes all files of a directory, and calls `body` for the directories in it.
  private static func empty(
    _ directory: FileDescriptor, _ body: ([UInt8]) throws(Errno) -> Void
  ) throws(Errno) {
    for name in try names(in: directory) {
      do throws(Errno) { try unlink(name, in: directory) } catch {
        guard error == .isDirectory || error == .notPermitted else { throw error }
        try body(name)
      }
    }
  }

  /// False when the name is taken.
  private static func isMoved(
    _ name: [UInt8], in directory: FileDescriptor, to target: [UInt8], in other: FileDescriptor
  ) throws(Errno) -> Bool {
    do throws(Errno) { try move(name, in: directory, to: target, in: other, replace: false) } catch {
      if error == .fileExists { return false }
      throw error
    }
    return true
  }
}
