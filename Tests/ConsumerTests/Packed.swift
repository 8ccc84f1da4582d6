import Foundation
import SysextImage
import TestSupport

/// A tree on disk and the image that the library made of it.
struct Packed: Sendable {
  let source: FilePath
  let image: FilePath
  let report: BuildReport

  /// Packs `source` as the image file `name` in `folder`.
  static func make(
    _ source: FilePath, in folder: FilePath, as name: String, _ options: BuildOptions = BuildOptions()
  ) async throws -> Packed {
    let image = folder.appending(name)
    let builder = try SysextBuilder(output: image, options: options)
    let report = try await builder.build(DirectorySource(source).tree(), to: image)
    return Packed(source: source, image: image, report: report)
  }

  /// Packs a sysext with these cases in it, as `case-1.x86-64.raw`, so that the image has nothing that the tree has not.
  static func make(_ cases: [TreeCase], in folder: TempFolder, _ options: BuildOptions) async throws -> Packed {
    try ExtensionTree.build(cases, at: folder["source"])
    return try await make(folder["source"], in: folder.path, as: ExtensionTree.imageName, options)
  }

  /// Where the file system is in the image.
  var fileSystem: Range<UInt64> {
    get throws {
      guard let partition = report.partitionTable?.partitions.first else { return 0..<report.byteCount }
      return try partition.byteRange
    }
  }

  /// The file system as a file of its own, for tools that know no offset.
  func extractFileSystem(to path: FilePath) async throws {
    let range = try fileSystem
    try await Tool("dd").check(
      "if=\(image.string)", "of=\(path.string)", "bs=64K", "iflag=skip_bytes,count_bytes", "skip=\(range.lowerBound)",
      "count=\(range.count)", "conv=sparse", "status=none")
    try await Tool("truncate").check("-s", "\(range.count)", path.string)
  }

  /// What the kernel shows of the image.
  func mounted() async throws -> TreeListing {
    let range = try fileSystem
    return try await LoopMount.listing(of: image, offset: range.lowerBound, byteCount: UInt64(range.count))
  }
}

/// Trees that are complete extensions: the builder neither adds nor drops anything.
enum ExtensionTree {
  static let imageName = "case-1.x86-64.raw"

  private static let release = """
    ID=_any
    SYSEXT_ID=case
    SYSEXT_VERSION_ID=1
    SYSEXT_SCOPE="initrd system portable"
    ARCHITECTURE=x86-64

    """

  /// Makes `usr/share/CASE` for each case, the last one in `opt` instead, and the release files.
  static func build(_ cases: [TreeCase], at source: FilePath, shuffled seed: UInt64? = nil) throws {
    var places: [RawName] = ["usr", "opt", "usr/share"]
    try TreeBuilder.build(source) { tree in
      for place in places { try tree.directory(place) }
      for name in ["case", "case-1.x86-64"] {
        try tree.file(RawName("usr/lib/extension-release.d/extension-release.\(name)"), .utf8(release))
      }
      if let seed { try tree.shuffle(seed: seed) }
    }
    for (index, tree) in cases.enumerated() {
      let parent: FilePath = index > 0 && index == cases.count - 1 ? "opt" : "usr/share"
      try tree.build(at: source.pushing(parent).appending(tree.name), shuffled: seed)
    }
    places.append(RawName([]))
    for place in places {
      let time = Date(timeIntervalSince1970: TimeInterval(Attributes.usualTime))
      try FileManager.default.setAttributes(
        [.modificationDate: time], ofItemAtPath: source.appending(place.description).string)
    }
  }
}

/// The SHA-256 of a file, from the tool that everybody has.
func sha256(_ path: FilePath) async throws -> String {
  String(try await Tool("sha256sum").check("-b", path.string).outputText.prefix(64))
}
