import FileTree
import ImageCore

extension DataEncoder {
  /// Extents of earlier files that follow each other in the piece and hold its bytes.
  private struct SharedGroup {
    /// The place in the piece.
    var start: Int
    var extents: [Extent]

    var end: Int { extents.reduce(start) { $0 + $1.byteCount } }

    var isEmpty: Bool { extents.isEmpty }

    mutating func removeFirst() { start += extents.removeFirst().byteCount }
  }

  /// Takes what earlier files have, and compresses what is between.
  func compressRest(
    _ piece: DataJob.Piece, _ input: borrowing [UInt8], tail: TailRule, _ codec: Int, _ work: inout Work,
    at end: inout Int
  ) throws(ImageError) -> ClusterRun {
    var run = ClusterRun()
    var position = 0
    for var group in try equalGroups(piece, input) {
      while !group.isEmpty {
        if position < group.start {
          run.extents += compress(input, position..<group.start, tail: .block, codec, &work, at: &end).extents
        }
        position = group.start
        guard let last = run.extents.last, isInSameLcluster(last, position) else { break }
        // An index names one beginning in each lcluster: the last own extent must begin a block before the group.
        run.extents.removeLast()
        end -= last.blockCount << block.bits
        position -= last.byteCount
        let border = group.start - block.byteCount
        if let other = run.extents.last, other.form == .compressed, other.shared == nil,
          (position - other.byteCount) >> block.bits < border >> block.bits
        {
          // What the one before holds less, it holds more.
          run.extents.removeLast()
          end -= other.blockCount << block.bits
          position -= other.byteCount
          run.extents += compress(input, position..<border, tail: .block, codec, &work, at: &end).extents
          position = border
          guard let last = run.extents.last, isInSameLcluster(last, position) else { continue }
          run.extents.removeLast()
          end -= last.blockCount << block.bits
          position -= last.byteCount
        }
        // There is no room for that: the group's first extent is compressed, with what is before it.
        group.removeFirst()
      }
      if group.isEmpty { continue }
      run.extents += group.extents
      position = group.end
    }
    if position < piece.byteCount {
      let rest = compress(input, position..<piece.byteCount, tail: tail, codec, &work, at: &end)
      run.extents += rest.extents
      run.inline = rest.inline
    }
    return run
  }

  /// Whether an extent that ends at `end` of the piece begins in the lcluster of what is there; shared ones are longer.
  private func isInSameLcluster(_ extent: Extent, _ end: Int) -> Bool {
    (end - extent.byteCount) >> block.bits == end >> block.bits
  }

  /// As much of an extent, whose bytes are in a range of `other`, as the input has at `start`; `nil` for too little.
  private func beginning(
    of extent: Extent, equal other: borrowing [UInt8], _ range: Range<Int>, _ input: borrowing [UInt8], _ start: Int
  ) -> Extent? {
    let count = other.equalByteCount(range, to: input, at: start)
    if count == extent.byteCount { return extent }
    // The length of a pcluster stands in the lcluster after the head, which no other head may take.
    let least = (extent.blockCount > 1 ? 2 : 1) * block.byteCount
    guard extent.form == .compressed, count >= max(least, extent.byteCount / 4) else { return nil }
    var part = extent
    part.byteCount = count
    part.isPartial = true
    return part
  }

  /// The extents that really hold the piece's bytes.
  private func equalGroups(
    _ piece: DataJob.Piece, _ input: borrowing [UInt8]
  ) throws(ImageError) -> [SharedGroup] {
    var groups: [SharedGroup] = []
    var covered = 0
    var other = pool.take(bufferByteCount)
    for run in piece.shared {
      var start = Int(run.start - piece.offset)
      let byteCount = min(run.byteCount, piece.byteCount - start)
      try run.source.read(at: run.sourceStart, into: &other, 0..<byteCount)
      var offset = 0
      for extent in run.extents {
        let count = min(extent.byteCount, byteCount - offset)
        if start >= covered, let extent = beginning(of: extent, equal: other, offset..<offset + count, input, start) {
          if start == covered, !groups.isEmpty {
            groups[groups.count - 1].extents.append(extent)
          } else {
            groups.append(SharedGroup(start: start, extents: [extent]))
          }
          covered = start + extent.byteCount
        }
        start += extent.byteCount
        offset += extent.byteCount
      }
    }
    pool.give(other)
    return groups
  }
}
