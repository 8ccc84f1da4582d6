import FileTree
import ImageCore

extension ErofsOptions {
  /// Which beginnings of attribute names are stored once for the whole image (`xattr_prefixes`; kernel 6.4).
  public enum XattrPrefixes: Sendable, Hashable {
    /// Those that save most, by the tree's own names, if they save a block at all and the kernel reads them.
    case automatic
    /// No table of prefixes.
    case none
    /// Exactly these, such as `user.composefs.`; at most 128.
    case named([String])

    /// Checks the prefixes against the format's limits.
    func validate() throws(ImageError) {
      guard case .named(let names) = self else { return }
      for name in names where XattrPrefixTable.Prefix(name) == nil {
        throw ImageError(
          .invalidArgument,
          "\(printable(Array(name.utf8))) is no prefix for extended attributes: user., trusted., security. or lustre. comes first,"
            + " then 1 to 255 bytes")
      }
      if Set(names).count > XattrPrefixTable.maxCount {
        throw ImageError(
          .invalidArgument, "\(names.count) prefixes for extended attributes; at most \(XattrPrefixTable.maxCount) fit")
      }
    }
  }
}
