import Archives
import ImageCore

/// Which file of the header a member of the payload is.
struct MemberFinder {
  private let files: RPMFileList
  /// Where the next one is looked for first: payloads have the header's order, but for hard links.
  private var next = 0
  /// All of them, once one was not where it was looked for.
  private var indexes: [ArraySlice<UInt8>: Int]?

  init(_ files: RPMFileList) { self.files = files }

  /// The index of the file; `nil` for one that the header does not have.
  mutating func index(of member: CpioMember) -> Int? {
    switch member.identity {
    case .index(let number):
      return files.indices.contains(Int(number)) ? Int(number) : nil
    case .name(let name):
      let path = Self.relative(name[...])
      if next < files.count, Self.relative(files[next].path[...]) == path {
        next += 1
        return next - 1
      }
      let all = indexes ?? Dictionary(files.map { (Self.relative($0.path[...]), $0.index) }) { first, _ in first }
      indexes = all
      guard let index = all[path] else { return nil }
      next = index + 1
      return index
    }
  }

  /// A path without what stands in front of its first component: `./`, `/`, or nothing.
  private static func relative(_ path: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var path = path
    if path.starts(with: "./".utf8) { path = path.dropFirst() }
    return path.drop { $0 == UInt8(ascii: "/") }
  }
}
