import CLinux

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif
package import SystemPackage

extension POSIX {
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
}
