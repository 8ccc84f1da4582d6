import Foundation
package import SystemPackage

/// The images in `Fixtures/images`, which other programs made, with lists of what is in them.
package enum GoldenFiles {
  private static let folder = FilePath(#filePath).removingLastComponent().removingLastComponent()
    .removingLastComponent().appending("Fixtures/images")

  /// The paths of a kind's files that end in `suffix`, sorted.
  package static func paths(_ kind: String, suffix: String) -> [FilePath] {
    let place = folder.appending(kind)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: place.string)) ?? []
    return names.filter { $0.hasSuffix(suffix) }.sorted().map { place.appending($0) }
  }

  package static func path(_ kind: String, _ name: String) -> FilePath { folder.appending(kind).appending(name) }

  /// A list's lines.
  package static func lines(_ path: FilePath) throws -> [String] {
    String(decoding: try Disk.read(path), as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
