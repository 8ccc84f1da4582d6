public import FileTree
import ImageCore

/// Which paths go into the image.
public struct PathFilter: Sendable {
  /// What is left out: a directory with all that is in it.
  public var excluded: [PathPattern] = []
  /// What is taken in spite of that.
  public var included: [PathPattern] = []

  /// Everything goes in.
  public init() {}

  /// Takes out what is left out.
  func apply(to merged: inout MergedTree) throws(ImageError) {
    if excluded.isEmpty { return }
    let count = try merged.remove { (tree, visit) throws(ImageError) in
      let path = visit.path
      func isExcluded(_ path: [FileName]) -> Bool { excluded.contains { $0.fits(path) } }
      // A directory stays as long as something in it may.
      if tree.isDirectory(visit.node) { return included.isEmpty && isExcluded(path) }
      if included.contains(where: { $0.fits(path) }) { return false }
      return path.indices.contains { isExcluded(Array(path[...$0])) }
    }
    if count > 0 { merged.report(Finding(.note, "excluded", "\(count) paths were left out as asked for")) }
  }
}
