import FileTree
import ImageCore
import RPM

/// A repository's `repomd.xml`: where its list of packages is, and that list's checksum.
final class RepositoryIndex: XMLReceiver {
  /// What is said of one of the repository's files.
  struct Entry {
    /// From the repository's folder.
    var path: [[UInt8]] = []
    var algorithm: RPMDigestAlgorithm?
    var digest: [UInt8] = []
  }

  /// The list of packages; `nil` where there is none.
  private(set) var primary: Entry?
  private var current: Entry?
  private var checksum: [UInt8]?

  var wantsText: Bool { checksum != nil }

  func begin(_ element: XMLElement, depth: Int) throws(ImageError) {
    switch depth {
    case 1:
      guard element.isNamed("repomd") else {
        throw ImageError(.unsupported, "<\(printable(element.name))>, not the <repomd> of a repository's index")
      }
    case 2:
      (current, checksum) = (nil, nil)
      if element.isNamed("data"), element.attribute("type") == Array("primary".utf8) { current = Entry() }
    case 3 where current != nil:
      if element.isNamed("location") {
        guard element.attribute("xml:base") == nil else {
          throw ImageError(.unsupported, "the list of packages is somewhere else: give its file")
        }
        current?.path = try Self.path(element.attribute("href") ?? [])
      } else if element.isNamed("checksum") {
        let word = element.attribute("type") ?? []
        current?.algorithm = Self.algorithms.first { Array($0.0.utf8) == word }?.1
        guard current?.algorithm != nil else {
          throw ImageError(.unsupported, "a checksum of type \"\(printable(word.prefix(80)))\"")
        }
        checksum = []
      }
    default: break
    }
  }

  func text(_ bytes: [UInt8]) throws(ImageError) {
    checksum?.append(contentsOf: bytes)
    guard checksum?.count ?? 0 <= 1024 else { throw ImageError(.limit, "a checksum of more than 1024 characters") }
  }

  func end(depth: Int) throws(ImageError) {
    if depth == 3, let text = checksum {
      let digits = text.filter { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
      guard let digest = bytes(hex: digits), digest.count == current?.algorithm?.byteCount else {
        throw ImageError(.corrupt, "a checksum that is none: \"\(printable(text.prefix(160)))\"")
      }
      current?.digest = digest
      checksum = nil
    }
    guard depth == 2, let entry = current else { return }
    guard primary == nil else { throw ImageError(.corrupt, "two lists of packages") }
    guard !entry.path.isEmpty, !entry.digest.isEmpty else {
      throw ImageError(.corrupt, "the list of packages has no \(entry.path.isEmpty ? "location" : "checksum")")
    }
    primary = entry
    current = nil
  }

  private static let algorithms: [(String, RPMDigestAlgorithm)] = [
    ("md5", .md5), ("sha", .sha1), ("sha1", .sha1), ("sha256", .sha256), ("sha384", .sha384), ("sha512", .sha512),
  ]

  /// The names of a relative path that stays in its folder.
  private static func path(_ text: [UInt8]) throws(ImageError) -> [[UInt8]] {
    let names = text.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { Array($0) }
    let dots = [Array(".".utf8), Array("..".utf8)]
    guard !text.contains(UInt8(ascii: ":")),
      !names.contains(where: { $0.isEmpty || dots.contains($0) || $0.contains(0) })
    else {
      throw ImageError(.corrupt, "\"\(printable(text.prefix(200)))\" is no path in the repository")
    }
    return names
  }
}
