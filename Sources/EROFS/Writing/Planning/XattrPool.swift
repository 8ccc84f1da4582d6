import FileTree
import ImageCore

/// The extended attributes of all inodes: which are shared, where, and each inode's bytes.
///
/// An attribute that several inodes have is stored once in the shared area and named by its id (its address by 4).
struct XattrPool: Sendable {
  private let sharedOffsets: [ExtendedAttribute: Int]
  /// The entries of the shared area, in order of name and value.
  let sharedArea: [UInt8]
  /// Where the shared area is in the image, in bytes; set once the layout is known.
  var sharedAreaOffset = 0

  init(_ tree: FileTree, _ plan: InodePlan) {
    var counts: [ExtendedAttribute: Int] = [:]
    for inode in plan.inodes {
      for attribute in tree.attributes(of: inode.node).extendedAttributes where XattrEntry.split(attribute.name) != nil
      {
        counts[attribute, default: 0] += 1
      }
    }
    // Shared: one entry and an id for each inode; inline: an entry for each.
    let shared = counts.filter { attribute, count in
      let entry = Self.entryByteCount(attribute)
      return count > 1 && entry + 4 * count < entry * count
    }
    var area: [UInt8] = []
    var offsets: [ExtendedAttribute: Int] = [:]
    for attribute in shared.keys.sorted(by: Self.precedes) {
      offsets[attribute] = area.count
      Self.append(attribute, to: &area)
    }
    sharedOffsets = offsets
    sharedArea = area
  }

  private static func precedes(_ left: ExtendedAttribute, _ right: ExtendedAttribute) -> Bool {
    left.name == right.name
      ? left.value.lexicographicallyPrecedes(right.value) : left.name.lexicographicallyPrecedes(right.name)
  }

  private static func entryByteCount(_ attribute: ExtendedAttribute) -> Int {
    guard let (_, suffix) = XattrEntry.split(attribute.name) else { return 0 }
    return (XattrEntry.byteCount + suffix.count + attribute.value.count).roundedUp(to: 4)
  }

  private static func append(_ attribute: ExtendedAttribute, to bytes: inout [UInt8]) {
    guard let (index, suffix) = XattrEntry.split(attribute.name) else { return }
    var entry = XattrEntry()
    entry.nameByteCount = UInt8(truncatingIfNeeded: suffix.count)
    entry.nameIndex = index
    entry.valueByteCount = UInt16(truncatingIfNeeded: attribute.value.count)
    entry.append(to: &bytes)
    bytes += suffix
    bytes += attribute.value
    bytes.pad(to: 4)
  }

  /// The bytes that follow the inode: header, shared ids, inline entries; empty without attributes.
  func body(of attributes: FileAttributes) -> [UInt8] {
    if attributes.extendedAttributes.isEmpty { return [] }
    var header = XattrHeader()
    var ids: [UInt8] = []
    var entries: [UInt8] = []
    for attribute in attributes.extendedAttributes {
      if header.sharedCount < .max, let offset = sharedOffsets[attribute] {
        header.sharedCount += 1
        ids.appendLE(UInt32(truncatingIfNeeded: (sharedAreaOffset + offset) / 4))
      } else {
        Self.append(attribute, to: &entries)
      }
    }
    return ids.isEmpty && entries.isEmpty ? [] : header.encoded + ids + entries
  }

  /// `i_xattr_icount` for a body.
  static func count(ofBody byteCount: Int) -> UInt16 {
    byteCount == 0 ? 0 : UInt16(truncatingIfNeeded: (byteCount - XattrHeader.byteCount) / 4 + 1)
  }

  /// Checks each inode's attributes against the format's limits.
  ///
  /// - Returns: A warning for each name that EROFS has no number for; such attributes are left out.
  /// - Throws: `.limit` for a value over 65,535 bytes or too many attributes on one file.
  static func check(_ tree: FileTree) throws(ImageError) -> [Finding] {
    var findings: [Finding] = []
    try tree.walk { visit throws(ImageError) in
      var total = XattrHeader.byteCount
      for attribute in tree.attributes(of: visit.node).extendedAttributes {
        guard let (_, suffix) = XattrEntry.split(attribute.name) else {
          findings.append(
            Finding(
              .warning, "xattr-left-out", place: visit.description,
              "EROFS cannot store the extended attribute \(printable(attribute.name)): left out"))
          continue
        }
        if suffix.count > 255 || attribute.value.count > 65_535 {
          throw ImageError(
            .limit,
            "the extended attribute \(printable(attribute.name)) is too large: names up to 255, values up to 65535 bytes"
              + " fit",
            context: [visit.description])
        }
        total += entryByteCount(attribute)
      }
      if total > XattrHeader.byteCount + 4 * 65_534 {
        throw ImageError(.limit, "\(total) bytes of extended attributes are too many", context: [visit.description])
      }
      return true
    }
    return findings
  }
}
