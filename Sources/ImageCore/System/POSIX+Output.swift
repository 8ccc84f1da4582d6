import CLinux

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
package import SystemPackage

/// What an output file needs.
extension POSIX {
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
  package static func create(
    _ name: [UInt8], in directory: FileDescriptor, mode: UInt32 = 0o666
  ) throws(Errno) -> FileDescriptor {
    FileDescriptor(
      rawValue: try retry {
        unsafe withPath(name) {
          unsafe openat(directory.rawValue, $0, O_RDWR | O_CLOEXEC | O_CREAT | O_EXCL | O_NOFOLLOW, mode)
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
}
