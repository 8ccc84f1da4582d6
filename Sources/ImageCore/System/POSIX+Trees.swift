import CLinux

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
package import SystemPackage

/// What writing a tree needs.
///
/// All relative to open directories, and nothing ever follows a symbolic link at the end of a name.
extension POSIX {
  package static func makeDirectory(
    _ name: [UInt8], in directory: FileDescriptor, mode: UInt32
  ) throws(Errno) {
    _ = try retry { unsafe withPath(name) { unsafe mkdirat(directory.rawValue, $0, mode) } }
  }

  package static func makeSymlink(
    _ name: [UInt8], to target: [UInt8], in directory: FileDescriptor
  ) throws(Errno) {
    _ = try retry {
      unsafe withPath(target) { target in
        unsafe withPath(name) { unsafe symlinkat(target, directory.rawValue, $0) }
      }
    }
  }

  /// Makes a device, a FIFO or a socket: `mode` has the type, too.
  package static func makeNode(
    _ name: [UInt8], mode: UInt32, major: UInt32 = 0, minor: UInt32 = 0, in directory: FileDescriptor
  ) throws(Errno) {
    _ = try retry {
      unsafe withPath(name) { unsafe mknodat(directory.rawValue, $0, mode, device(major, minor)) }
    }
  }

  /// Gives a file a further name in another directory; fails when the name is taken.
  package static func link(
    _ name: [UInt8], in directory: FileDescriptor, as second: [UInt8], in target: FileDescriptor
  ) throws(Errno) {
    _ = try retry {
      unsafe withPath(name) { first in
        unsafe withPath(second) { unsafe linkat(directory.rawValue, first, target.rawValue, $0, 0) }
      }
    }
  }

  /// Moves a file or a directory to another directory; without `replace` the name there must be free.
  ///
  /// Not every file system can refuse a name that is taken: there, only a directory that has something in it is safe.
  package static func move(
    _ name: [UInt8], in directory: FileDescriptor, to second: [UInt8], in target: FileDescriptor, replace: Bool
  ) throws(Errno) {
    func rename(_ flags: CUnsignedInt) throws(Errno) {
      _ = try retry {
        unsafe withPath(name) { from in
          unsafe withPath(second) { unsafe renameat2(directory.rawValue, from, target.rawValue, $0, flags) }
        }
      }
    }
    if replace { return try rename(0) }
    do throws(Errno) { try rename(1) } catch {  // RENAME_NOREPLACE
      guard error == .invalidArgument || error == .noFunction else { throw error }
      try rename(0)
    }
  }

  package static func removeDirectory(_ name: [UInt8], in directory: FileDescriptor) throws(Errno) {
    _ = try retry { unsafe withPath(name) { unsafe unlinkat(directory.rawValue, $0, AT_REMOVEDIR) } }
  }

  package static func setByteCount(_ file: FileDescriptor, _ byteCount: UInt64) throws(Errno) {
    guard let length = off_t(exactly: byteCount) else { throw Errno(rawValue: EFBIG) }
    _ = try retry { ftruncate(file.rawValue, length) }
  }

  // MARK: attributes of what is open, and of a name

  package static func changeOwner(_ file: FileDescriptor, _ uid: UInt32, _ gid: UInt32) throws(Errno) {
    _ = try retry { fchown(file.rawValue, uid, gid) }
  }

  package static func changeOwner(
    _ name: [UInt8], in directory: FileDescriptor, _ uid: UInt32, _ gid: UInt32
  ) throws(Errno) {
    _ = try retry {
      unsafe withPath(name) { unsafe fchownat(directory.rawValue, $0, uid, gid, AT_SYMLINK_NOFOLLOW) }
    }
  }

  package static func changeMode(_ file: FileDescriptor, _ mode: UInt32) throws(Errno) {
    _ = try retry { fchmod(file.rawValue, mode) }
  }

  /// Not for symbolic links, which have no mode of their own.
  package static func changeMode(_ name: [UInt8], in directory: FileDescriptor, _ mode: UInt32) throws(Errno) {
    _ = try retry { unsafe withPath(name) { unsafe fchmodat(directory.rawValue, $0, mode, AT_SYMLINK_NOFOLLOW) } }
  }

  /// Sets the times of the last change and of the last use.
  package static func setTimes(_ file: FileDescriptor, seconds: Int64, nanoseconds: UInt32) throws(Errno) {
    let time = timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds))
    let both = [time, time]
    _ = try retry { unsafe futimens(file.rawValue, both) }
  }

  package static func setTimes(
    _ name: [UInt8], in directory: FileDescriptor, seconds: Int64, nanoseconds: UInt32
  ) throws(Errno) {
    let time = timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds))
    let both = [time, time]
    _ = try retry {
      unsafe withPath(name) { unsafe utimensat(directory.rawValue, $0, both, AT_SYMLINK_NOFOLLOW) }
    }
  }

  package static func setExtendedAttribute(
    _ attribute: [UInt8], to value: [UInt8], of file: FileDescriptor
  ) throws(Errno) {
    _ = try retry {
      unsafe withPath(attribute) { attribute in
        unsafe value.withUnsafeBytes { unsafe fsetxattr(file.rawValue, attribute, $0.baseAddress, $0.count, 0) }
      }
    }
  }

  package static func setExtendedAttribute(
    _ attribute: [UInt8], to value: [UInt8], of name: [UInt8], in directory: FileDescriptor
  ) throws(Errno) {
    _ = try retry {
      unsafe withPath(name, below: Array("/proc/self/fd/\(directory.rawValue)".utf8)) { path in
        unsafe withPath(attribute) { attribute in
          unsafe value.withUnsafeBytes { unsafe lsetxattr(path, attribute, $0.baseAddress, $0.count, 0) }
        }
      }
    }
  }

  /// Removes an extended attribute; nothing happens where there is none.
  package static func removeExtendedAttribute(_ attribute: [UInt8], of file: FileDescriptor) throws(Errno) {
    do throws(Errno) {
      _ = try retry { unsafe withPath(attribute) { unsafe fremovexattr(file.rawValue, $0) } }
    } catch {
      if ![ENODATA, ENOTSUP].contains(error.rawValue) { throw error }
    }
  }

  // MARK: the process

  /// Whom new files belong to.
  package static var effectiveOwner: (uid: UInt32, gid: UInt32) { (geteuid(), getegid()) }

  /// Allows as many open files as the process may ask for: a deep tree needs one for each level.
  package static func raiseFileLimit() {
    let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard unsafe getrlimit(files, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
    limit.rlim_cur = limit.rlim_max
    _ = unsafe setrlimit(files, &limit)
  }

  /// Linux' 64-bit device number out of its two halves.
  static func device(_ major: UInt32, _ minor: UInt32) -> dev_t {
    dev_t(major & 0xFFF) << 8 | dev_t(major & 0xFFFF_F000) << 32 | dev_t(minor & 0xFF) | dev_t(minor & 0xFFFF_FF00)
      << 12
  }
}
