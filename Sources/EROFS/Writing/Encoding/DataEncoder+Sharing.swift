import FileTree
import ImageCore

extension DataEncoder {
  /// Extents of earlier files that follow each other in the piece and hold its bytes.
  private struct SharedGroup {
    /// The place in the piece.
    var start: Int
    var extents: [Extent]

    var end: Int { extents.reduce(start) { $0 + $1.byteCount } }

    /// Beside a group the piece's own extents end early: less than two blocks are not worth it.
    var isEnough: Bool { extents.reduce(0) { $0 + $1.blockCount } >= 2 }

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
      while group.isEnough {
        if position < group.start {
          run.extents += compress(input, position..<group.start, tail: .block, codec, &work, at: &end).extents
        }
        position = group.start
        guard let last = run.extents.last, isInSameLcluster(last, position) else { break }
        // An index names one beginning in each lcluster: the group's first extent is not shared, but compressed from
        // where the last own one began.
        run.extents.removeLast()
        end -= last.blockCount << block.bits
        position -= last.byteCount
        group.removeFirst()
      }
      guard group.isEnough else { continue }
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

  /// The extents that really hold the piece's bytes.
  private func equalGroups(
    _ piece: DataJob.Piece, _ input: borrowing [UInt8]
  ) throws(ImageError) -> [SharedGroup] {
    var groups: [SharedGroup] = []
    var covered = 0
    var other = pool.take(bufferByteCount)
    for run in piece.shared {
      try run.source.read(at: run.sourceStart, into: &other, 0..<run.byteCount)
      var offset = 0
      for extent in run.extents {
        let start = Int(run.start - piece.offset) + offset
        if start >= covered, other.isEqual(offset..<offset + extent.byteCount, to: input, at: start) {
          if start == covered, !groups.isEmpty {
            groups[groups.count - 1].extents.append(extent)
          } else {
            groups.append(SharedGroup(start: start, extents: [extent]))
          }
          covered = start + extent.byteCount
        }
        offset += extent.byteCount
      }
    }
    pool.give(other)
    return groups
  }
}
