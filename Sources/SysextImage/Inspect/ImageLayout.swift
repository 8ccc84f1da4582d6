import EROFS
import GPT
import ImageCore

/// What lies where in an image, partitions and their table included.
struct ImageLayout {
  private let byteCount: UInt64
  private let fileSystem: Range<UInt64>
  private let regions: RegionMap
  /// The two copies of the table, and partitions that are not the file system's.
  private let others: [(kind: ImageSurvey.Kind, range: Range<UInt64>)]

  init(_ image: DiskImage, _ regions: RegionMap) {
    byteCount = image.store.byteCount
    fileSystem = image.fileSystemRange
    self.regions = regions
    var others: [(kind: ImageSurvey.Kind, range: Range<UInt64>)] = []
    if let gpt = image.gpt, let table = try? gpt.table {
      others = gpt.tableRanges.map { (.partitionTable, $0.clamped(to: 0..<image.store.byteCount)) }
      for partition in table.partitions where partition != image.partition {
        guard let range = try? partition.byteRange else { continue }
        others.append((.otherPartition, range.clamped(to: 0..<image.store.byteCount)))
      }
    }
    self.others = others
  }

  var byteCounts: [(kind: ImageSurvey.Kind, byteCount: UInt64)] {
    var counts = [UInt64](repeating: 0, count: ImageSurvey.Kind.allCases.count)
    for kind in RegionMap.Kind.allCases { counts[ImageSurvey.Kind(kind).index] += regions.byteCounts[kind.index] }
    for (kind, range) in others { counts[kind.index] += range.upperBound - range.lowerBound }
    let used = counts.reduce(0, &+)
    counts[ImageSurvey.Kind.unused.index] = byteCount - min(used, byteCount)
    return Array(zip(ImageSurvey.Kind.allCases, counts)).map { (kind: $0, byteCount: $1) }
  }

  func bar(_ count: Int) -> [ImageSurvey.Kind] {
    (0..<count).map { column in
      // The product fits: no file has 2⁵⁷ bytes; one that says so is cut.
      let length = min(byteCount, 1 << 56)
      let range = length * UInt64(column) / UInt64(count)..<length * UInt64(column + 1) / UInt64(count)
      return mostly(range)
    }
  }

  /// What a part of the image holds most of.
  private func mostly(_ range: Range<UInt64>) -> ImageSurvey.Kind {
    var counts = [UInt64](repeating: 0, count: ImageSurvey.Kind.allCases.count)
    for (kind, other) in others {
      let part = other.clamped(to: range)
      counts[kind.index] += part.upperBound - part.lowerBound
    }
    let inside = range.clamped(to: fileSystem)
    if !inside.isEmpty {
      let base = fileSystem.lowerBound
      let found = regions.byteCounts(in: inside.lowerBound - base..<inside.upperBound - base)
      for kind in RegionMap.Kind.allCases { counts[ImageSurvey.Kind(kind).index] += found[kind.index] }
    }
    let best = counts.indices.max { counts[$0] < counts[$1] } ?? 0
    return counts[best] == 0 ? .unused : ImageSurvey.Kind.allCases[best]
  }
}

extension ImageSurvey.Kind {
  fileprivate init(_ kind: RegionMap.Kind) {
    switch kind {
    case .superblock: self = .superblock
    case .metadata: self = .metadata
    case .directories: self = .directories
    case .plain: self = .plain
    case .chunks: self = .chunks
    case .compressed: self = .compressed
    case .packed: self = .packed
    }
  }

  fileprivate var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
