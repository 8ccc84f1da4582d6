import Foundation
package import SystemPackage

/// Single changes to a disk, as a user would make them with a shell; `TreeBuilder` makes whole trees.
package enum Disk {
  package static func write(_ bytes: [UInt8], to path: FilePath) throws {
    try Data(bytes).write(to: URL(filePath: path.string))
  }

  package static func write(_ text: String, to path: FilePath) throws { try write(Array(text.utf8), to: path) }

  package static func read(_ path: FilePath) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: path.string)))
  }

  package static func append(_ text: String, to path: FilePath) throws {
    try FileDescriptor.open(path, .writeOnly, options: .append).closeAfterWriting(Array(text.utf8))
  }

  /// Writes over the file's first bytes, and leaves the rest.
  package static func overwrite(_ text: String, in path: FilePath) throws {
    try FileDescriptor.open(path, .writeOnly).closeAfterWriting(Array(text.utf8))
  }

  package static func setByteCount(_ count: Int, of path: FilePath) throws { try call { truncate(path.string, count) } }
  package static func makeFolder(_ path: FilePath) throws { try call { mkdir(path.string, 0o755) } }
  package static func makeFIFO(_ path: FilePath) throws { try call { mkfifo(path.string, 0o600) } }
  package static func makeLink(_ path: FilePath, to target: String) throws { try call { symlink(target, path.string) } }
  package static func makeHardLink(_ path: FilePath, to other: FilePath) throws {
    try call { link(other.string, path.string) }
  }
  package static func rename(_ path: FilePath, to other: FilePath) throws {
    try call { Foundation.rename(path.string, other.string) }
  }
  package static func setMode(_ mode: UInt32, of path: FilePath) throws { try call { chmod(path.string, mode) } }

  /// Removes one file, or a folder with all that is in it.
  package static func remove(_ path: FilePath) throws { try FileManager.default.removeItem(atPath: path.string) }

  /// Sets the time of the last change.
  package static func setTime(_ seconds: Int64, _ nanoseconds: Int = 0, of path: FilePath) throws {
    let time = timespec(tv_sec: Int(seconds), tv_nsec: nanoseconds)
    try call { utimensat(AT_FDCWD, path.string, [time, time], AT_SYMLINK_NOFOLLOW) }
  }

  /// What the kernel says of a file, a symbolic link itself.
  package struct Status: Sendable {
    /// The lower twelve bits.
    package let mode: Int
    package let linkCount: Int
    package let byteCount: Int
    /// What it takes on the disk.
    package let storedByteCount: Int
    package let seconds: Int64
    package let nanoseconds: Int
  }

  package static func status(of path: FilePath) throws -> Status {
    var raw = stat()
    try call { lstat(path.string, &raw) }
    return Status(
      mode: Int(raw.st_mode & 0o7777), linkCount: Int(raw.st_nlink), byteCount: Int(raw.st_size),
      storedByteCount: Int(raw.st_blocks) * 512, seconds: Int64(raw.st_mtim.tv_sec), nanoseconds: raw.st_mtim.tv_nsec)
  }

  private static func call(_ body: () -> CInt) throws {
    if body() == -1 { throw Errno(rawValue: errno) }
  }
}

extension FileDescriptor {
  fileprivate func closeAfterWriting(_ bytes: [UInt8]) throws { _ = try closeAfter { try writeAll(bytes) } }
}
