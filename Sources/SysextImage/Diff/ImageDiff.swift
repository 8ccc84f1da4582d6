import EROFS
import FileTree
import GPT
public import ImageCore

/// What differs between two images: files, the extension's release fields, and what identifies them.
///
/// How data is stored makes no difference: the same tree with other compression is the same.
public struct ImageDiff: Sendable {
  /// In what a file that both have may differ.
  public enum Aspect: String, Sendable, CaseIterable {
    case type, content, size, mode, owner, time, xattr, target, device, link
  }

  /// One difference of a file; `nil` where one side has no such thing.
  public struct Detail: Sendable, Hashable {
    /// In what.
    public let aspect: Aspect
    /// For attributes, which one.
    public let name: String?
    /// What it was, for people.
    public let old: String?
    /// What it is, for people.
    public let new: String?
  }

  /// What happened to a path.
  public enum Kind: String, Sendable {
    case added, removed, changed
  }

  /// A path that differs.
  public struct Change: Sendable, Hashable {
    /// For people.
    public let path: String
    /// What happened.
    public let kind: Kind
    /// What is there: `file`, `directory`, `symlink` and so on; of a changed path, what is there now.
    public let fileType: String
    /// The length of a regular file; of a changed path, the new one.
    public let byteCount: UInt64?
    /// Of a changed path, in what.
    public internal(set) var details: [Detail]
  }

  /// A named value that differs; `nil` where one side has none.
  public struct Field: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// What it was.
    public let old: String?
    /// What it is.
    public let new: String?
  }

  /// The paths that differ, in byte order of their components.
  public let changes: [Change]
  /// How many paths are the same.
  public let sameCount: Int
  /// Fields of the extension-release files, which are among the changed files, too.
  public let release: [Field]
  /// UUIDs, labels and features: what tells two images of one content apart.
  public let identity: [Field]

  /// Packages that differ, where both images have manifests; `nil` unless somebody has compared these.
  public var packages: [Field]?

  /// Whether the two images hold the same; their identities may differ.
  public var isSame: Bool { changes.isEmpty }

  /// How many paths of that kind there are.
  public func count(_ kind: Kind) -> Int { changes.count { $0.kind == kind } }

  /// Compares two images.
  ///
  /// - Parameters:
  ///   - old: The one.
  ///   - new: The other.
  ///   - ignored: In what files may differ all the same.
  ///   - threadCount: How many threads compare; the result does not depend on it.
  /// - Throws: What reading either of them throws, with `old image` or `new image` and the path in front.
  public init(
    _ old: DiskImage, _ new: DiskImage, ignoring ignored: Set<Aspect> = [], threadCount: Int? = nil
  ) async throws(ImageError) {
    let before = DiffSide(name: "old image", fileSystem: old.fileSystem)
    let after = DiffSide(name: "new image", fileSystem: new.fileSystem)
    let walk = DiffWalk(before, after)
    let comparison = FileComparison(old: before, new: after, ignored: ignored)
    var changes: [Change] = []
    let width = threadCount ?? POSIX.processorCount
    try await forEachOrdered(
      walk, width: width, window: width * 4,
      transform: { (batch: [DiffPair]) throws(ImageError) -> [Change?] in
        var results: [Change?] = []
        for pair in batch { results.append(try comparison.compare(pair)) }
        return results
      },
      commit: { (results: [Change?]) throws(ImageError) in
        changes += results.compactMap(\.self)
      })
    if let failure = walk.failure { throw failure }
    // The parts of a large file stand behind each other.
    var merged: [Change] = []
    for change in changes {
      if let last = merged.last, last.path == change.path, last.kind == .changed, change.kind == .changed {
        let isKnown = last.details.contains { $0.aspect == .content }
        if !isKnown { merged[merged.count - 1].details += change.details.filter { $0.aspect == .content } }
      } else {
        merged.append(change)
      }
    }
    self.changes = merged
    sameCount = walk.pathCount - merged.count
    release = Self.fields(
      (try? SysextInspector(old))?.extensionRelease?.text.fields.map { ($0.key, $0.value) } ?? [],
      (try? SysextInspector(new))?.extensionRelease?.text.fields.map { ($0.key, $0.value) } ?? [])
    identity = Self.fields(Self.identity(of: old), Self.identity(of: new))
  }

  /// The fields that differ, those of `old` in their order first.
  private static func fields(_ old: [(String, String)], _ new: [(String, String)]) -> [Field] {
    let (before, after) = (
      Dictionary(old) { first, _ in first }, Dictionary(new) { first, _ in first }
    )
    let names = old.map(\.0) + new.map(\.0).filter { before[$0] == nil }
    return names.compactMap { name in
      before[name] == after[name] ? nil : Field(name: name, old: before[name], new: after[name])
    }
  }

  private static func identity(of image: DiskImage) -> [(String, String)] {
    var fields = [("byteCount", "\(image.store.byteCount)")]
    if let table = try? image.gpt?.table {
      fields.append(("diskGUID", "\(table.diskGUID)"))
      for partition in table.partitions {
        fields.append(("\(partition.place) type", "\(partition.type?.label ?? "\(partition.typeGUID)")"))
        fields.append(("\(partition.place) label", partition.name))
        fields.append(("\(partition.place) uniqueGUID", "\(partition.uniqueGUID)"))
      }
    }
    let superblock = image.fileSystem.superblock
    let features = superblock.compatibleFeatures.names + superblock.incompatibleFeatures.names
    fields.append(("file system uuid", "\(superblock.uuid)"))
    fields.append(("file system name", superblock.volumeName))
    fields.append(("file system blocks", "\(superblock.blockCount) of \(superblock.blockByteCount) bytes"))
    fields.append(("file system features", features.joined(separator: " ")))
    fields.append(("file system algorithms", superblock.algorithms.joined(separator: " ")))
    return fields
  }
}
