/// A path as a chain of names: what is deep in a tree shares its directories' part.
package final class NestedPath: Sendable {
  private let parent: NestedPath?
  private let name: FileName
  /// The number of names.
  package let depth: Int

  /// A name in a directory; in none, the path's beginning.
  package init(_ name: FileName, in parent: NestedPath?) {
    self.name = name
    self.parent = parent
    depth = (parent?.depth ?? 0) + 1
  }

  /// The names with slashes between them.
  package var bytes: [UInt8] {
    var names: [FileName] = []
    var next: NestedPath? = self
    while let path = next {
      names.append(path.name)
      next = path.parent
    }
    return Array(names.reversed().map(\.bytes).joined(separator: [0x2F]))
  }
}
