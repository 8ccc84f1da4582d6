package import ImageCore

/// A path as a chain of names: what is deep in a tree shares its directories' part.
package final class NestedPath: Sendable {
  /// How deep directories may be nested.
  package static let maxDepth = 4096

  package let parent: NestedPath?
  package let name: FileName
  /// The number of names.
  package let depth: Int

  /// A name in a directory; in none, the path's beginning.
  package init(_ name: FileName, in parent: NestedPath?) {
    self.name = name
    self.parent = parent
    depth = (parent?.depth ?? 0) + 1
  }

  /// The path of all the names; `nil` for none.
  package static func of(_ names: [FileName]) -> NestedPath? { names.reduce(nil) { NestedPath($1, in: $0) } }

  /// Checks the depth of a directory that is to be walked through; the root's is 0.
  ///
  /// - Throws: `.limit`.
  package static func check(depth: Int) throws(ImageError) {
    if depth > maxDepth { throw ImageError(.limit, "directories are nested deeper than \(maxDepth)") }
  }

  /// From the first to the last.
  package var names: [FileName] {
    var names: [FileName] = []
    var next: NestedPath? = self
    while let path = next {
      names.append(path.name)
      next = path.parent
    }
    return names.reversed()
  }

  /// The names with slashes between them.
  package var bytes: [UInt8] { Array(names.map(\.bytes).joined(separator: [0x2F])) }
}

extension NestedPath: CustomStringConvertible {
  /// `/usr/bin/gdb`.
  package var description: String { FileName.path(names) }
}
