import FileTree
import ImageCore

/// What the format cannot hold of a tree's extended attributes.
enum XattrLimits {
  /// Checks each inode's attributes.
  ///
  /// - Returns: A warning for each name that EROFS has no number for; such attributes are left out.
  /// - Throws: `.limit` for a value over 65,535 bytes or too many attributes on one file; `.invalidArgument` for a name
  ///   that is there twice.
  static func check(_ tree: FileTree) throws(ImageError) -> [Finding] {
    var findings: [Finding] = []
    // Most files have what the one before has.
    var good: [ExtendedAttribute] = []
    try tree.walk { visit throws(ImageError) in
      let attributes = tree.attributes(of: visit.node).extendedAttributes
      if attributes.isEmpty || attributes == good { return true }
      let unknown = try inContext(visit.description) { () throws(ImageError) in try check(attributes) }
      if unknown.isEmpty { good = attributes }
      findings += unknown.map { name in
        Finding(
          .warning, "xattr-left-out", place: visit.description,
          "EROFS cannot store the extended attribute \(printable(name)): left out")
      }
      return true
    }
    return findings
  }

  /// Checks one inode's attributes; returns the names that cannot be stored.
  private static func check(_ attributes: [ExtendedAttribute]) throws(ImageError) -> [[UInt8]] {
    var unknown: [[UInt8]] = []
    var names: Set<[UInt8]> = []
    var total = XattrHeader.byteCount
    for attribute in attributes {
      guard let xattr = Xattr(attribute) else {
        unknown.append(attribute.name)
        continue
      }
      if xattr.suffix.count > 255 || attribute.value.count > 65_535 {
        throw ImageError(
          .limit,
          "the extended attribute \(printable(attribute.name)) is too large: names up to 255, values up to 65535 bytes"
            + " fit")
      }
      if xattr.suffix.contains(0) || !names.insert(attribute.name).inserted {
        throw ImageError(
          .invalidArgument, "\(printable(attribute.name)): no file can have this extended attribute, or not twice")
      }
      total += xattr.byteCount
    }
    if total > XattrHeader.byteCount + 4 * 65_534 {
      throw ImageError(.limit, "\(total) bytes of extended attributes are too many")
    }
    return unknown
  }
}
