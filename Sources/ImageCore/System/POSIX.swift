// The system calls that swift-system lacks: thin, typed, and the only place that talks to the C library.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
package import SystemPackage

/// System calls by name.
///
/// Paths are bytes without a NUL.
package enum POSIX {
  /// Calls until it is not interrupted; throws `Errno` for -1.
  static func retry<Value: SignedInteger>(_ call: () -> Value) throws(Errno) -> Value {
    while true {
      let result = call()
      if result != -1 { return result }
      let code = errno
      if code != EINTR { throw Errno(rawValue: code) }
    }
  }

  static func withPath<R>(_ path: [UInt8], _ body: (UnsafePointer<CChar>) -> R) -> R {
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

  package static var processID: Int { Int(getpid()) }

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
