// The system calls that swift-system lacks: thin, typed, and the only place that talks to the C library.

import CXattr

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
package import SystemPackage

/// What the kernel says of one file, without following a symbolic link.
package struct FileStatus: Sendable, Equatable {
  package var device: UInt64
  package var inode: UInt64
  package var mode: UInt32
  package var linkCount: UInt64
  package var uid: UInt32
  package var gid: UInt32
  package var specialDevice: UInt64
  package var byteCount: UInt64
  package var seconds: Int64
  package var nanoseconds: UInt32
  package var changedSeconds: Int64
  package var changedNanoseconds: UInt32
  /// Whether fewer blocks are stored than the length needs.
  package var isSparse: Bool

  package static let typeMask: UInt32 = 0o170000
  package static let directory: UInt32 = 0o040000
  package static let regular: UInt32 = 0o100000
  package static let symlink: UInt32 = 0o120000
  package static let characterDevice: UInt32 = 0o020000
  package static let blockDevice: UInt32 = 0o060000
  package static let fifo: UInt32 = 0o010000
  package static let socket: UInt32 = 0o140000

  package var type: UInt32 { mode & Self.typeMask }

  /// Whether both speak of one file in one state; the space that it takes may differ.
  package func isSameState(as other: FileStatus) -> Bool {
    var other = other
    other.isSparse = isSparse
    return self == other
  }

  fileprivate init(_ raw: stat) {
    device = UInt64(raw.st_dev)
    inode = UInt64(raw.st_ino)
    mode = raw.st_mode
    linkCount = UInt64(raw.st_nlink)
    uid = raw.st_uid
    gid = raw.st_gid
    specialDevice = UInt64(raw.st_rdev)
    byteCount = UInt64(max(0, raw.st_size))
    seconds = Int64(raw.st_mtim.tv_sec)
    nanoseconds = UInt32(raw.st_mtim.tv_nsec)
    changedSeconds = Int64(raw.st_ctim.tv_sec)
    changedNanoseconds = UInt32(raw.st_ctim.tv_nsec)
    isSparse = raw.st_blocks < raw.st_size / 512
  }
}

/// System calls by name.
///
/// Paths are bytes without a NUL.
package enum POSIX {
  /// Calls until it is not interrupted; throws `Errno` for -1.
  private static func retry<Value: SignedInteger>(_ call: () -> Value) throws(Errno) -> Value {
    while true {
      let result = call()
      if result != -1 { return result }
      let code = errno
      if code != EINTR { throw Errno(rawValue: code) }
    }
  }

  private static func withPath<R>(_ path: [UInt8], _ body: (UnsafePointer<CChar>) -> R) -> R {
    let terminated = path + [0]
    return unsafe terminated.withUnsafeBufferPointer { buffer in
      unsafe buffer.withMemoryRebound(to: CChar.self) { text in
        // An array with a NUL in it is never empty.
        unsafe body(text.baseAddress.unsafelyUnwrapped)
      }
    }
  }

  package static func fstat(_ file: FileDescriptor) throws(Errno) -> FileStatus {
    var raw = stat()
    _ = try retry { unsafe Glibc.fstat(file.rawValue, &raw) }
    return FileStatus(raw)
  }

  /// Of `name` in `directory`, a symbolic link itself.
  package static func lstat(_ name: [UInt8], in directory: FileDescriptor) throws(Errno) -> FileStatus {
    var raw = stat()
    _ = try retry {
      unsafe withPath(name) { unsafe fstatat(directory.rawValue, $0, &raw, AT_SYMLINK_NOFOLLOW) }
    }
    return FileStatus(raw)
  }

  /// Opens `name` in `directory` for reading, never through a symbolic link at its end.
  package static func open(
    _ name: [UInt8], in directory: FileDescriptor, isDirectory: Bool = false
  ) throws(Errno) -> FileDescriptor {
    // O_NONBLOCK: a FIFO that took a file's place must not block us.
    let flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (isDirectory ? O_DIRECTORY : 0)
    return FileDescriptor(
      rawValue: try retry { unsafe withPath(name) { unsafe openat(directory.rawValue, $0, flags) } })
  }

  package static func readlink(_ name: [UInt8], in directory: FileDescriptor) throws(Errno) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX) + 1)
    let count = try retry {
      unsafe withPath(name) { path in
        unsafe buffer.withUnsafeMutableBytes { output in
          // A buffer of PATH_MAX bytes is never empty.
          unsafe readlinkat(
            directory.rawValue, path, output.assumingMemoryBound(to: CChar.self).baseAddress.unsafelyUnwrapped,
            output.count)
        }
      }
    }
    return Array(buffer.prefix(count))
  }

  /// The names in a directory, in the order that the file system gives, without `.` and `..`.
  ///
  /// Closes `directory`.
  package static func names(in directory: FileDescriptor) throws(Errno) -> [[UInt8]] {
    guard let stream = unsafe fdopendir(directory.rawValue) else {
      let code = Errno(rawValue: errno)
      try? directory.close()
      throw code
    }
    defer { unsafe closedir(stream) }
    var names: [[UInt8]] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(stream) else {
        if errno != 0 { throw Errno(rawValue: errno) }
        return names
      }
      let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
      let text = unsafe UnsafeRawPointer(entry).advanced(by: offset)
      let length = unsafe strlen(text.assumingMemoryBound(to: CChar.self))
      let name = unsafe [UInt8](UnsafeRawBufferPointer(start: text, count: length))
      if name != [46] && name != [46, 46] { names.append(name) }
    }
  }

  /// Fills `output[range]` from `offset` of the file; the count is smaller only at the end of the file.
  package static func read(
    _ file: FileDescriptor, at offset: UInt64, into output: inout [UInt8], _ range: Range<Int>
  ) throws(Errno) -> Int {
    precondition(range.lowerBound >= 0 && range.upperBound <= output.count)
    return try unsafe output.withUnsafeMutableBufferPointer { buffer throws(Errno) in
      var done = 0
      while done < range.count {
        let part = unsafe UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(buffer)[range.lowerBound + done..<range.upperBound])
        let count = try retry {
          unsafe pread(file.rawValue, part.baseAddress, part.count, off_t(offset) + off_t(done))
        }
        if count == 0 { break }
        done += count
      }
      return done
    }
  }

  /// Writes all bytes at `offset`.
  package static func write(
    _ file: FileDescriptor, at offset: UInt64, _ bytes: RawSpan
  ) throws(Errno) {
    try unsafe bytes.withUnsafeBytes { buffer throws(Errno) in
      var done = 0
      while done < buffer.count {
        let part = unsafe UnsafeRawBufferPointer(rebasing: buffer[done...])
        done += try retry {
          unsafe pwrite(file.rawValue, part.baseAddress, part.count, off_t(offset) + off_t(done))
        }
      }
    }
  }

  /// The first byte of data at or after `offset`, and the end of that run; `nil` when there is none.
  ///
  /// A file system without holes says that all is data.
  package static func nextData(_ file: FileDescriptor, from offset: UInt64) throws(Errno) -> Range<UInt64>? {
    let (seekData, seekHole): (CInt, CInt) = (3, 4)  // <unistd.h> hides them behind _GNU_SOURCE
    do throws(Errno) {
      let start = try retry { lseek(file.rawValue, off_t(offset), seekData) }
      let end = try retry { lseek(file.rawValue, start, seekHole) }
      return UInt64(start)..<UInt64(max(start, end))
    } catch {
      if error.rawValue == ENXIO { return nil }
      throw error
    }
  }

  /// Where a file or block device ends.
  package static func end(_ file: FileDescriptor) throws(Errno) -> UInt64 {
    UInt64(try retry { lseek(file.rawValue, 0, SEEK_END) })
  }

  // MARK: extended attributes

  /// A path for calls that know no directory descriptor: the entry itself, wherever its folder has been moved.
  private static func procPath(_ name: [UInt8], in directory: FileDescriptor) -> [UInt8] {
    Array("/proc/self/fd/\(directory.rawValue)/".utf8) + name
  }

  /// Calls for the needed length, then for the data, again when it grew in between.
  private static func sized(
    _ call: (UnsafeMutableRawPointer?, Int) -> Int
  ) throws(Errno) -> [UInt8] {
    while true {
      let needed = try retry { call(nil, 0) }
      if needed == 0 { return [] }
      var buffer = [UInt8](repeating: 0, count: needed)
      do throws(Errno) {
        let count = try retry {
          unsafe buffer.withUnsafeMutableBytes { unsafe call($0.baseAddress, $0.count) }
        }
        return Array(buffer.prefix(count))
      } catch {
        if error.rawValue != ERANGE { throw error }
      }
    }
  }

  /// The names of the extended attributes of `name` in `directory`, a symbolic link's own; none where the file system
  /// has no such thing.
  package static func extendedAttributeNames(
    _ name: [UInt8], in directory: FileDescriptor
  ) throws(Errno) -> [[UInt8]] {
    let path = procPath(name, in: directory)
    do throws(Errno) {
      let list = unsafe try sized { output, count in
        unsafe withPath(path) { unsafe llistxattr($0, output?.assumingMemoryBound(to: CChar.self), count) }
      }
      return list.split(separator: 0).map { Array($0) }
    } catch {
      if error.rawValue == ENOTSUP { return [] }
      throw error
    }
  }

  /// An extended attribute's value.
  package static func extendedAttribute(
    _ attribute: [UInt8], of name: [UInt8], in directory: FileDescriptor
  ) throws(Errno) -> [UInt8] {
    let path = procPath(name, in: directory)
    return unsafe try sized { output, count in
      unsafe withPath(path) { path in
        unsafe withPath(attribute) { unsafe lgetxattr(path, $0, output, count) }
      }
    }
  }

  // MARK: output files

  /// A file without a name in `directory`: gone when closed, unless `link` gives it one.
  package static func openUnnamed(in directory: FileDescriptor) throws(Errno) -> FileDescriptor {
    // O_TMPFILE is a macro with a cast that Swift does not import.
    let unnamed: CInt = 0o20000000 | O_DIRECTORY
    return FileDescriptor(
      rawValue: try retry {
        unsafe withPath([46]) { unsafe openat(directory.rawValue, $0, O_RDWR | O_CLOEXEC | unnamed, 0o666) }
      })
  }

  /// A new file; fails when the name is taken.
  package static func create(_ name: [UInt8], in directory: FileDescriptor) throws(Errno) -> FileDescriptor {
    FileDescriptor(
      rawValue: try retry {
        unsafe withPath(name) {
          unsafe openat(directory.rawValue, $0, O_RDWR | O_CLOEXEC | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666)
        }
      })
  }

  /// Gives an unnamed file a name; fails when the name is taken.
  package static func link(
    _ file: FileDescriptor, as name: [UInt8], in directory: FileDescriptor
  ) throws(Errno) {
    let source = Array("/proc/self/fd/\(file.rawValue)".utf8)
    _ = try retry {
      unsafe withPath(source) { source in
        unsafe withPath(name) {
          unsafe linkat(AT_FDCWD, source, directory.rawValue, $0, AT_SYMLINK_FOLLOW)
        }
      }
    }
  }

  /// Gives a file a second name; fails when the name is taken.
  package static func link(
    _ name: [UInt8], as second: [UInt8], in directory: FileDescriptor
  ) throws(Errno) {
    _ = try retry {
      unsafe withPath(name) { first in
        unsafe withPath(second) { unsafe linkat(directory.rawValue, first, directory.rawValue, $0, 0) }
      }
    }
  }

  package static func rename(
    _ name: [UInt8], to target: [UInt8], in directory: FileDescriptor
  ) throws(Errno) {
    _ = try retry {
      unsafe withPath(name) { from in
        unsafe withPath(target) { unsafe renameat(directory.rawValue, from, directory.rawValue, $0) }
      }
    }
  }

  /// Renames a file; fails when the name is taken.
  package static func rename(
    _ name: [UInt8], toFree target: [UInt8], in directory: FileDescriptor
  ) throws(Errno) {
    let noReplace: CUnsignedInt = 1  // RENAME_NOREPLACE, which <stdio.h> hides behind _GNU_SOURCE
    _ = try retry {
      unsafe withPath(name) { from in
        unsafe withPath(target) { unsafe renameat2(directory.rawValue, from, directory.rawValue, $0, noReplace) }
      }
    }
  }

  package static func unlink(_ name: [UInt8], in directory: FileDescriptor) throws(Errno) {
    _ = try retry { unsafe withPath(name) { unsafe unlinkat(directory.rawValue, $0, 0) } }
  }

  package static func fsync(_ file: FileDescriptor) throws(Errno) {
    _ = try retry { Glibc.fsync(file.rawValue) }
  }

  package static var processID: Int { Int(getpid()) }
  /// The user for whom files are opened; 0 is root.
  package static var effectiveUserID: UInt32 { geteuid() }

  /// The number of processors that this process may use.
  package static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// Linux' 64-bit device number as its two halves.
  package static func majorMinor(_ device: UInt64) -> (major: UInt32, minor: UInt32) {
    (
      UInt32(truncatingIfNeeded: device >> 8) & 0xFFF | UInt32(truncatingIfNeeded: device >> 32) & 0xFFFF_F000,
      UInt32(truncatingIfNeeded: device) & 0xFF | UInt32(truncatingIfNeeded: device >> 12) & 0xFFFF_FF00
    )
  }
}
