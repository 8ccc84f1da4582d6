import FileTree
import ImageCore

/// Values of extended attributes that Linux reads itself, by its rules.
enum AttributeValue {
  /// What is wrong with a value: Linux shows no such attribute.
  typealias Fault = (severity: Finding.Severity, message: String)

  private static let lists = ["system.posix_acl_access", "system.posix_acl_default"].map { Array($0.utf8) }
  private static let capability = Array("security.capability".utf8)

  static func fault(in attribute: ExtendedAttribute) throws(ImageError) -> Fault? {
    if lists.contains(attribute.name) { return try listFault(attribute.value) }
    if attribute.name == capability { return try capabilityFault(attribute.value) }
    return nil
  }

  /// A version, then entries of a tag, permissions and whom they are for (linux/posix_acl_xattr.h).
  private static func listFault(_ value: [UInt8]) throws(ImageError) -> Fault? {
    let bytes = value.rawSpan
    // An inode with that has no list, which is no harm.
    if value.isEmpty { return (.warning, "no value") }
    guard value.count >= 4 else { return (.error, "a value of \(value.count) bytes") }
    guard try bytes.u32(at: 0) == 2 else { return (.error, "a value of version \(try bytes.u32(at: 0))") }
    guard value.count > 4 else { return (.warning, "no entries") }
    guard value.count % 8 == 4 else { return (.error, "a value of \(value.count) bytes") }
    for entry in stride(from: 4, to: value.count, by: 8) {
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

  /// `struct vfs_ns_cap_data` (linux/capability.h): the version in the upper byte, and a length for each.
  private static func capabilityFault(_ value: [UInt8]) throws(ImageError) -> Fault? {
    let version = value.count < 4 ? 0 : try value.rawSpan.u32(at: 0) >> 24
    switch (version, value.count) {
    case (2, 20), (3, 24): return nil
    default: return (.error, "a value of \(value.count) bytes and version \(version)")
    }
  }
}
