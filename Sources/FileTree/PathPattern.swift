/// A pattern for paths.
///
/// `*` and `?` stand for any characters but `/`, `**` for any at all. A pattern without `/` is compared with the file's
/// name, any other with the whole path below the root.
public struct PathPattern: Sendable, Hashable {
  /// As it was written.
  public let text: String
  private let bytes: [UInt8]
  private let isForNames: Bool
  /// The only name that it fits; `nil` for a pattern of names.
  package let lastName: FileName?

  /// Takes any text.
  public init(_ text: String) {
    self.text = text
    bytes = Array(text.utf8.drop { $0 == UInt8(ascii: "/") })
    isForNames = !text.utf8.contains(UInt8(ascii: "/"))
    let last = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).last ?? []
    lastName = last.contains { Array("*?".utf8).contains($0) } ? nil : FileName(Array(last))
  }

  /// Whether it fits a name on the way through a tree.
  package func fits(_ visit: FileTree.Visit) -> Bool {
    // Of most names this is all that is looked at: a path has to be put together first.
    if let lastName, visit.name != lastName { return false }
    return isForNames ? Self.matches(bytes[...], (visit.name?.bytes ?? [])[...]) : fits(visit.path)
  }

  /// Whether it fits a path.
  public func fits(_ path: [FileName]) -> Bool {
    if isForNames { return Self.matches(bytes[...], (path.last?.bytes ?? [])[...]) }
    return Self.matches(bytes[...], Array(path.map(\.bytes).joined(separator: [UInt8(ascii: "/")]))[...])
  }

  /// Compares with backtracking: only the last star of each kind is ever tried again.
  static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
    let slash = UInt8(ascii: "/")
    let star = UInt8(ascii: "*")
    var (p, t) = (pattern.startIndex, text.startIndex)
    /// Where the pattern goes on after a star, and where in the text that was tried last.
    var single: (pattern: Int, text: Int)?
    var double: (pattern: Int, text: Int)?
    while true {
      if p < pattern.endIndex, pattern[p] == star {
        if p + 1 < pattern.endIndex, pattern[p + 1] == star {
          p += 2
          double = (p, t)
          single = nil
        } else {
          p += 1
          single = (p, t)
        }
        continue
      }
      if t == text.endIndex, p == pattern.endIndex { return true }
      if p < pattern.endIndex, t < text.endIndex,
        pattern[p] == text[t] || (pattern[p] == UInt8(ascii: "?") && text[t] != slash)
      {
        p += 1
        t += 1
      } else if let (next, tried) = single, tried < text.endIndex, text[tried] != slash {
        single = (next, tried + 1)
        (p, t) = (next, tried + 1)
      } else if let (next, tried) = double, tried < text.endIndex {
        double = (next, tried + 1)
        single = nil
        (p, t) = (next, tried + 1)
      } else {
        return false
      }
    }
  }
}

extension PathPattern: CustomStringConvertible {
  /// As it was written.
  public var description: String { text }
}

extension PathPattern: ExpressibleByStringLiteral {
  /// Takes the literal.
  public init(stringLiteral value: String) { self.init(value) }
}
