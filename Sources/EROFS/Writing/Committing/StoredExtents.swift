import FileTree
import ImageCore

/// Extents of an earlier file that a later one may have, too.
struct SharedRun: Sendable {
  let source: any FileContent
  /// Where the first extent begins in the earlier file.
  let sourceStart: UInt64
  /// And in the later one.
  let start: UInt64
  /// One after the other, each with its blocks.
  var extents: [Extent]

  var byteCount: Int { extents.reduce(0) { $0 + $1.byteCount } }
}

/// The extents in the image that later files may name.
struct StoredExtents {
  private struct Place {
    let start: UInt64
    let extent: Extent
  }

  private let block: BlockSize
  /// By inode, in order.
  private var places: [Int: [Place]] = [:]

  init(_ block: BlockSize) { self.block = block }

  /// Remembers those of a part of a file that are in the ranges.
  ///
  /// - Parameters:
  ///   - piece: The part.
  ///   - part: How it is stored.
  ///   - address: Where its blocks begin, which are one run.
  ///   - ranges: What later runs name, in order.
  mutating func add(
    _ piece: DataJob.Piece, _ part: StoredFile, _ address: UInt64, in ranges: [Range<UInt64>]
  ) {
    let extents: [Extent]
    switch part.form {
    case .clusters(let run): extents = run.extents
    case .flat:
      let block = Extent(byteCount: block.byteCount, blockCount: 1, form: .plain)
      extents = [Extent](repeating: block, count: piece.byteCount / block.byteCount)
    case .chunks: return
    }
    let inode = piece.inode
    var known = places.removeValue(forKey: inode) ?? []
    var start = piece.offset
    var next = address
    var rest = ranges[...]
    for var extent in extents {
      let end = start + UInt64(extent.byteCount)
      if extent.shared == nil {
        extent.shared = next
        next += UInt64(extent.blockCount)
      }
      while let range = rest.first, range.upperBound <= start { rest.removeFirst() }
      // One shorter than a block could make two begin in one lcluster of the other file.
      if let range = rest.first, range.lowerBound < end, extent.blockCount > 0, extent.byteCount >= block.byteCount {
        known.append(Place(start: start, extent: extent))
      }
      start = end
    }
    places[inode] = known
  }

  /// What a run of a later file may share in `range` of that file; the last extent may reach farther.
  func shared(_ run: ExtentSharing.Run, in range: Range<UInt64>, _ source: any FileContent) -> [SharedRun] {
    guard let known = places[run.source] else { return [] }
    let sourceRange = run.sourceRange
    var low = 0
    var high = known.count
    while low < high {
      let middle = (low + high) / 2
      if known[middle].start < sourceRange.lowerBound { low = middle + 1 } else { high = middle }
    }
    var result: [SharedRun] = []
    var end: UInt64?
    for place in known[low...] {
      if place.start >= sourceRange.upperBound { break }
      // Where it is in the later file: not before its beginning.
      let (start, isBefore) = (run.start + place.start).subtractingReportingOverflow(run.sourceStart)
      if isBefore || start < range.lowerBound { continue }
      if start >= range.upperBound { break }
      if end == place.start {
        result[result.count - 1].extents.append(place.extent)
      } else {
        result.append(SharedRun(source: source, sourceStart: place.start, start: start, extents: [place.extent]))
      }
      end = place.start + UInt64(place.extent.byteCount)
    }
    return result
  }
}
