import CLinux

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
package import SystemPackage

/// The two ways to the extended attributes of a name in a directory.
package enum ExtendedAttributeCalls: Sendable, CaseIterable {
  /// `listxattrat` and `getxattrat`, of Linux 6.13.
  case relative
  /// Through `/proc/self/fd`, which costs several steps of a path for each call.
  case throughProc

  /// The better one that is there.
  package static let best = isRelativeThere ? relative : throughProc

  /// Whether the kernel knows the calls, and no filter forbids them: then it gets as far as the bad descriptor.
  private static var isRelativeThere: Bool {
    unsafe clinux_listxattrat(-1, ".", AT_SYMLINK_NOFOLLOW, nil, 0) == -1 && errno == EBADF
  }
}

extension POSIX {
  /// An open directory's path for calls that know no descriptors: it holds wherever the directory has been moved.
  private static func procPath(_ directory: FileDescriptor) -> [UInt8] {
    Array("/proc/self/fd/\(directory.rawValue)".utf8)
  }

  /// Calls with some room, then with as much as is needed, again when that grew in between.
  private static func sized(_ call: (UnsafeMutableRawPointer?, Int) -> Int) throws(Errno) -> [UInt8] {
    var room = 512
    while true {
      do throws(Errno) {
        return try unsafe withUnsafeTemporaryAllocation(byteCount: room, alignment: 1) { buffer throws(Errno) in
          let count = try retry { unsafe call(buffer.baseAddress, buffer.count) }
          return unsafe [UInt8](UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
      } catch {
        if error.rawValue != ERANGE { throw error }
        room = max(1, try retry { call(nil, 0) })
      }
    }
  }

  /// The names of the extended attributes of `name` in `directory`, a symbolic link's own; none where the file system
  /// has no such thing.
  package static func extendedAttributeNames(
    _ name: [UInt8], in directory: FileDescriptor, calls: ExtendedAttributeCalls = .best
  ) throws(Errno) -> [[UInt8]] {
    do throws(Errno) {
      let list =
        switch calls {
        case .relative:
          unsafe try sized { output, count in
            unsafe withPath(name) {
              unsafe clinux_listxattrat(directory.rawValue, $0, AT_SYMLINK_NOFOLLOW, output, count)
            }
          }
        case .throughProc:
          unsafe try sized { output, count in
            unsafe withPath(name, below: procPath(directory)) {
              unsafe llistxattr($0, output?.assumingMemoryBound(to: CChar.self), count)
            }
          }
        }
      return list.isEmpty ? [] : list.split(separator: 0).map { Array($0) }
    } catch {
      if error.rawValue == ENOTSUP { return [] }
      throw error
    }
  }

  /// An extended attribute's value.
  package static func extendedAttribute(
    _ attribute: [UInt8], of name: [UInt8], in directory: FileDescriptor, calls: ExtendedAttributeCalls = .best
  ) throws(Errno) -> [UInt8] {
    switch calls {
    case .relative:
      unsafe try sized { output, count in
        unsafe withPath(name) { path in
          unsafe withPath(attribute) {
            unsafe clinux_getxattrat(directory.rawValue, path, AT_SYMLINK_NOFOLLOW, $0, output, count)
          }
        }
      }
    case .throughProc:
      unsafe try sized { output, count in
        unsafe withPath(name, below: procPath(directory)) { path in
          unsafe withPath(attribute) { unsafe lgetxattr(path, $0, output, count) }
        }
      }
    }
  }
}
