// The system calls that swift-system lacks: thin, typed, and the only place that talks to the C library.

import CLinux

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

  /// Calls `body` with the path of `name` in `folder`, both without a slash at their ends, either may be empty.
  ///
  /// Made on the stack: a path is needed for one call only.
  static func withPath<R, E: Error>(
    _ name: [UInt8], below folder: [UInt8] = [], _ body: (UnsafePointer<CChar>) throws(E) -> R
  ) throws(E) -> R {
    let start = folder.isEmpty ? 0 : folder.count + (name.isEmpty ? 0 : 1)
    return try unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: start + name.count + 1) {
      buffer throws(E) in
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      if start > 0 {
        unsafe bytes[start - 1] = UInt8(ascii: "/")
        unsafe folder.withUnsafeBytes { unsafe bytes.copyMemory(from: $0) }
      }
      unsafe name.withUnsafeBytes {
        unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[start...]).copyMemory(from: $0)
      }
      unsafe bytes[start + name.count] = 0
      // There is room for the NUL at least, so there is an address.
      return try unsafe body(buffer.baseAddress.unsafelyUnwrapped)
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

  /// Opens `name` in `directory`, or below a folder in it, for reading, never through a symbolic link at its end.
  package static func open(
    _ name: [UInt8], in directory: FileDescriptor, below folder: [UInt8] = [], isDirectory: Bool = false
  ) throws(Errno) -> FileDescriptor {
    // O_NONBLOCK: a FIFO that took a file's place must not block us; O_NOCTTY: nor a terminal become ours.
    let flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | (isDirectory ? O_DIRECTORY : 0)
    return FileDescriptor(
      rawValue: try retry { unsafe withPath(name, below: folder) { unsafe openat(directory.rawValue, $0, flags) } })
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

  /// The names in an open directory, in the order that the file system gives, without `.` and `..`.
  package static func names(in directory: FileDescriptor) throws(Errno) -> [[UInt8]] {
    // struct linux_dirent64: inode and position of eight bytes each, the record's length, a type, then the name.
    let (lengthOffset, nameOffset) = (16, 19)
    return try unsafe withUnsafeTemporaryAllocation(byteCount: 32 << 10, alignment: 8) { buffer throws(Errno) in
      var names: [[UInt8]] = []
      while true {
        let count = try retry { unsafe clinux_getdents64(directory.rawValue, buffer.baseAddress, buffer.count) }
        if count == 0 { return names }
        var offset = 0
        while offset < count {
          let length = Int(unsafe buffer.load(fromByteOffset: offset + lengthOffset, as: UInt16.self))
          let record = unsafe UnsafeRawBufferPointer(rebasing: buffer[offset + nameOffset..<offset + length])
          let name = unsafe [UInt8](record.prefix { $0 != 0 })
          if name != [46] && name != [46, 46] { names.append(name) }
          offset += length
        }
      }
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

  /// Writes `bytes[range]` at `offset`.
  package static func write(
    _ file: FileDescriptor, at offset: UInt64, _ bytes: borrowing [UInt8], _ range: Range<Int>
  ) throws(Errno) {
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
    try write(file, at: offset, bytes.rawSpan.extracting(range))
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
