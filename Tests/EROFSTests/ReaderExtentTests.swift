import ImageCore
import TestSupport
import Testing

@testable import EROFS

/// Maps that are lists of encoded extents.
extension ReaderMapTests {
  struct Piece {
    var start: UInt64
    var data: UInt64
    var length: UInt32
  }

  /// A map of encoded extents in records of `4 << size` bytes, right behind an inode.
  func extents(_ pieces: [Piece], size: UInt16, clusterBits: UInt8 = 0, advise: UInt16 = 0) -> [UInt8] {
    var header = MapHeader()
    header.advise = MapHeader.encodedExtents | size << 1 | advise
    if size < 2 { header.clusterBits = clusterBits } else { header.fragmentOffset = UInt32(pieces.count) }
    var bytes = header.encoded
    bytes.pad(to: 4 << Int(size))
    // The inode before it has 64 bytes.
    if size == 3 { bytes += zeros(32 - bytes.count) }
    if size == 0 { bytes.appendLE(pieces.first?.data ?? 0) }
    for piece in pieces {
      bytes.appendLE(piece.length)
      if size == 1 { bytes.appendLE(UInt32(truncatingIfNeeded: piece.data)) }
      if size >= 2 { bytes.appendLE(piece.data) }
      if size == 2 { bytes.appendLE(UInt32(truncatingIfNeeded: piece.start)) }
      if size == 3 {
        bytes.appendLE(piece.start)
        bytes += zeros(12)
      }
    }
    return bytes
  }

  @Test func extentsOfEveryRecordLength() throws {
    let base: UInt64 = 10 * 4096
    // Extents of 4096 bytes, one after the other and at no border of a block.
    let even = [
      Piece(start: 0, data: base + 5, length: 4096), Piece(start: 4096, data: base + 4101, length: 4096),
      Piece(start: 8192, data: base + 8197, length: 700),
    ]
    for size in 0..<4 as Range<UInt16> {
      var craft = craft()
      craft.inode(0, .regular, .compressedFull, byteCount: 8892, tail: extents(even, size: size))
      #expect(try all(craft, nid: 0) == Array(pattern[5..<8897]), "\(size)")
      #expect(try bytes(craft, nid: 0, at: 8191, 3) == Array(pattern[8196..<8199]), "\(size)")
      #expect(try bytes(craft, nid: 0, at: 100, 3) == Array(pattern[105..<108]), "\(size)")
    }
    // Any length and any order, with a hole; and nothing before the first one.
    let uneven = [
      Piece(start: 10, data: base + 9000, length: 90), Piece(start: 100, data: 0, length: 0),
      Piece(start: 7000, data: base, length: 3000),
    ]
    for size in 2..<4 as Range<UInt16> {
      var craft = craft()
      craft.inode(0, .regular, .compressedFull, byteCount: 10_000, tail: extents(uneven, size: size))
      #expect(
        try all(craft, nid: 0) == zeros(10) + pattern[9000..<9090] + zeros(6900) + pattern[..<3000], "\(size)")
    }
    // A file of one hole: nothing is made of its length.
    var craft = craft()
    craft.inode(0, .regular, .compressedFull, byteCount: 1 << 62, tail: extents([], size: 3))
    #expect(try bytes(craft, nid: 0, at: 1 << 61, 5) == zeros(5))
  }

  @Test func fragmentsBehindExtents() throws {
    let base: UInt64 = 10 * 4096
    for size in 0..<4 as Range<UInt16> {
      var craft = packedCraft()
      let pieces = [
        Piece(start: 0, data: base, length: 4096), Piece(start: 4096, data: 0, length: 5000),
      ]
      craft.inode(
        0, .regular, .compressedFull, byteCount: 4196,
        tail: extents(pieces, size: size, advise: MapHeader.fragmentPcluster))
      #expect(try all(craft, nid: 0) == Array(pattern[..<4096] + pattern[5000..<5100]), "\(size)")
      guard size > 0 else { continue }
      craft.inode(
        0, .regular, .compressedFull, byteCount: 4196,
        tail: extents(
          [pieces[0], Piece(start: 4096, data: 1, length: 5000)], size: size, advise: MapHeader.fragmentPcluster))
      #expect(throws: ImageError(.corrupt, "")) { try all(craft, nid: 0) }
    }
  }

  @Test func extentsThatCannotBe() throws {
    let base: UInt64 = 10 * 4096
    func plain(_ length: Int) -> UInt32 { PackedLength(byteCount: length, algorithm: nil, isPartial: false).rawValue }
    let cases: [([Piece], ImageError.Code)] = [
      ([Piece(start: 0, data: base, length: plain(99))], .corrupt),  // 100 bytes in 99
      ([Piece(start: 0, data: base, length: plain(1 << 20 + 1))], .corrupt),  // more than a pcluster may have
      ([Piece(start: 0, data: 1 << 40, length: plain(100))], .truncated),
      ([Piece(start: 0, data: .max, length: plain(100))], .truncated),
      ([Piece(start: 0, data: base, length: plain(100) | 9 << 28)], .corrupt),  // no such algorithm
      ([Piece(start: 0, data: base, length: plain(100) | 3 << 28)], .corrupt),  // not announced
      ([Piece(start: 0, data: base, length: plain(100)), Piece(start: 200, data: base, length: 5)], .corrupt),
      ([Piece(start: 0, data: base, length: 0), Piece(start: 200, data: base, length: 5)], .corrupt),  // behind the end
      ([Piece(start: 0, data: base, length: 9), Piece(start: 9, data: base, length: 9)], .corrupt),
    ]
    for (pieces, code) in cases {
      for size in 2..<4 as Range<UInt16> {
        var craft = craft()
        craft.inode(0, .regular, .compressedFull, byteCount: 100, tail: extents(pieces, size: size))
        #expect(throws: ImageError(code, ""), "\(pieces)") { try all(craft, nid: 0) }
      }
    }
    // Lclusters of 128 MiB, and a table that is longer than the image.
    for (bits, byteCount) in [(15, 1 << 20), (0, 1 << 40)] as [(UInt8, UInt64)] {
      for size in 0..<2 as Range<UInt16> {
        var craft = craft()
        craft.inode(
          0, .regular, .compressedFull, byteCount: byteCount,
          tail: extents([Piece(start: 0, data: base, length: 7)], size: size, clusterBits: bits))
        #expect(throws: (any Error).self) { try bytes(craft, nid: 0, at: byteCount - 1, 1) }
      }
    }
  }
}
