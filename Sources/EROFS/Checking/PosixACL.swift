import FileTree
import ImageCore

/// The value of `system.posix_acl_access` or `system.posix_acl_default`, by the rules of Linux.
///
/// A version, then entries of a tag, permissions and whom they are for (linux/posix_acl_xattr.h).
enum PosixACL {
  private static let names = ["system.posix_acl_access", "system.posix_acl_default"].map { Array($0.utf8) }
  private static let version: UInt32 = 2
  private static let headerByteCount = 4
  private static let entryByteCount = 8

  static func isName(_ name: [UInt8]) -> Bool { names.contains(name) }

  /// Why Linux shows no such attribute; `nil` when it does.
  static func fault(in value: [UInt8]) throws(ImageError) -> (severity: Finding.Severity, message: String)? {
    let bytes = value.rawSpan
    // An inode with that has no list, which is no harm.
    if value.isEmpty { return (.warning, "no value") }
    guard value.count >= headerByteCount else { return (.error, "a value of \(value.count) bytes") }
    guard try bytes.u32(at: 0) == version else { return (.error, "a value of version \(try bytes.u32(at: 0))") }
    guard value.count > headerByteCount else { return (.warning, "no entries") }
    guard (value.count - headerByteCount) % entryByteCount == 0 else {
      return (.error, "a value of \(value.count) bytes")
    }
    for entry in stride(from: headerByteCount, to: value.count, by: entryByteCount) {
      let (tag, id) = (try bytes.u16(at: entry), try bytes.u32(at: entry + 4))
      switch tag {
      // The owner, the group, the mask, all others.
      case 0x01, 0x04, 0x10, 0x20: continue
      // A user or a group of its own.
      case 0x02, 0x08: if id == .max { return (.error, "an entry for nobody") }
      default: return (.error, "an entry with tag \(tag)")
      }
    }
    return nil
  }
}
