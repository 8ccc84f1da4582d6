import EROFS
import FileTree
import GPT
public import ImageCore

/// Where an image's bytes go: what only a walk over all of it can tell.
public struct ImageSurvey: Sendable {
  /// What a byte of an image may be.
  public enum Kind: String, Sendable, CaseIterable {
    case partitionTable, superblock, metadata, directories, plain, chunks, compressed, packed, otherPartition, unused
  }

  /// A regular file.
  public struct File: Sendable, Hashable {
    /// For people.
    public let path: String
    /// The file's length.
    public let byteCount: UInt64
    /// What its data takes in the image: shared data for each file, fragments for none.
    public let storedByteCount: UInt64
  }

  /// The regular files below a folder.
  public struct Folder: Sendable, Hashable {
    /// For people.
    public let path: String
    /// How many files.
    public internal(set) var fileCount = 0
    /// The sum of their lengths.
    public internal(set) var byteCount: UInt64 = 0
    /// The sum of what their data takes.
    public internal(set) var storedByteCount: UInt64 = 0
  }

  /// The bytes of the image by kind, in the order of `Kind`.
  public let byteCounts: [(kind: Kind, byteCount: UInt64)]
  /// The image from its beginning to its end, in as many pieces of equal length: what each holds most of, and
  /// `unused` only where nothing is.
  public let bar: [Kind]
  /// The longest files, longest first.
  public let largestFiles: [File]
  /// The folders at the top and those in them, the ones with most data first.
  public let folders: [Folder]

  /// How many pieces the bar has.
  public static let barCount = 72
  private static let fileLimit = 10
  private static let folderLimit = 20

  /// Walks over all files of an image; decompresses nothing.
  ///
  /// - Throws: `.io` and the like; damage is passed over.
  public init(_ image: DiskImage, threadCount: Int? = nil) async throws(ImageError) {
    var files = LargestFiles(limit: Self.fileLimit)
    var folders = FolderSums()
    let survey = try await image.fileSystem.survey(readsData: false, threadCount: threadCount) { facts in
      files.add(facts)
      folders.add(facts)
    }
    largestFiles = files.sorted
    self.folders = folders.largest(Self.folderLimit)
    let layout = ImageLayout(image, survey.regions)
    byteCounts = layout.byteCounts
    bar = layout.bar(Self.barCount)
  }
}

/// The longest files of many.
private struct LargestFiles {
  let limit: Int
  private var files: [ImageSurvey.File] = []

  init(limit: Int) { self.limit = limit }

  mutating func add(_ facts: ErofsFileFacts) {
    files.append(
      ImageSurvey.File(path: facts.path, byteCount: facts.byteCount, storedByteCount: facts.storedByteCount))
    // Not after each one, and not only at the end.
    if files.count == limit * 20 { files = sorted }
  }

  var sorted: [ImageSurvey.File] {
    Array(files.sorted { ($1.byteCount, $0.path) < ($0.byteCount, $1.path) }.prefix(limit))
  }
}

/// Sums by folder, for the two upper levels.
private struct FolderSums {
  /// So many folders at the top of an image are no help to anybody.
  private static let limit = 4096

  private var sums: [[FileName]: ImageSurvey.Folder] = [:]

  mutating func add(_ facts: ErofsFileFacts) {
    let folders = facts.folders(2)
    for depth in 0...folders.count {
      let key = Array(folders.prefix(depth))
      if sums[key] == nil {
        if sums.count >= Self.limit { continue }
        sums[key] = ImageSurvey.Folder(path: FileName.path(key))
      }
      sums[key]?.fileCount += 1
      sums[key]?.byteCount &+= facts.byteCount
      sums[key]?.storedByteCount &+= facts.storedByteCount
    }
  }

  func largest(_ count: Int) -> [ImageSurvey.Folder] {
    Array(sums.values.sorted { ($1.byteCount, $0.path) < ($0.byteCount, $1.path) }.prefix(count))
  }
}
