import Compression
import ImageCore
import TestSupport
import Testing

@Suite struct StreamGoldenTests {
  @Test func thereAreStreamsOfEachFormat() {
    #expect(Set(GoldenStream.all.map(\.format)) == Set(StreamFormat.compressing))
    #expect(GoldenStream.all.count == 14 && GoldenStream.text.count == 1668)
  }

  @Test(arguments: GoldenStream.all) func allPieces(_ golden: GoldenStream) {
    for pull in [1, 2, 3, 7, 64, 700, 1667, 1668, 1669, 1 << 20] {
      for piece in [1, 2, 13, 100, 1 << 17] {
        for expected: UInt64? in [nil, 1668] {
          let outcome = golden.format.decode(golden.bytes, pull: pull, piece: piece, expected: expected)
          #expect(outcome == .success(GoldenStream.text), "pull \(pull), piece \(piece)")
        }
      }
    }
  }

  /// A stream that ends anywhere but between two members.
  @Test(arguments: GoldenStream.all) func truncated(_ golden: GoldenStream) {
    let borders = golden.bytes.indices.filter { count in
      if case .success = golden.format.decode(Array(golden.bytes[..<count])) { return true }
      return false
    }
    // Those of two members; xz's padding may end after each four bytes. An empty frame is skipped, too.
    let expected =
      switch golden.name {
      case "members.gzip": [155]
      case "members.bzip2": [172]
      case "members.xz": [196, 200, 204, 428]
      case "members.zstd": [156, 169]
      case "pzstd.zstd": [12]
      default: [Int]()
      }
    #expect(borders == expected)
    for count in golden.bytes.indices where !borders.contains(count) {
      for (piece, hint) in [(1 << 17, nil), (1, nil), (1 << 17, UInt64(1668))] {
        let outcome = golden.format.decode(
          Array(golden.bytes[..<count]), pull: 100, piece: piece, expected: hint)
        // To liblzma, padding that is cut is damaged.
        let isInPadding = golden.name == "members.xz" && borders.contains { abs($0 - count) < 4 }
        #expect(
          outcome == .failure(ImageError(.truncated, ""))
            || isInPadding && outcome == .failure(ImageError(.corrupt, "")), "\(count) bytes")
      }
    }
  }

  /// Each bit of each stream, changed: an error or the same bytes.
  @Test(arguments: GoldenStream.all) func changed(_ golden: GoldenStream) {
    var changes = 0
    for bit in 0..<golden.bytes.count * 8 {
      var bytes = golden.bytes
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      let outcome = golden.format.decode(bytes)
      if case .success(let output) = outcome, output != GoldenStream.text {
        changes += 1
        #expect(!golden.isChecked, "byte \(bit / 8), bit \(bit % 8)")
      }
      // Both ways of gzip think the same of it.
      if golden.format == .gzip {
        #expect(golden.format.decode(bytes, expected: 1668) == outcome, "byte \(bit / 8), bit \(bit % 8)")
      }
    }
    #expect((changes > 0) == !golden.isChecked)
  }

  /// A check of xz that nobody wants is skipped; the index, which has lengths, never is.
  @Test func uncomparedChecks() {
    let golden = GoldenStream["one.xz"]
    for byte in golden.bytes.indices {
      var bytes = golden.bytes
      bytes[byte] ^= 1
      let outcome = golden.format.decode(bytes, comparesChecks: false)
      if 268..<276 ~= byte {
        #expect(outcome == .success(GoldenStream.text), "byte \(byte)")
        #expect(golden.format.decode(bytes) == .failure(ImageError(.corrupt, "")), "byte \(byte)")
      } else if byte >= 276 || byte < 24 {
        #expect(throws: ImageError.self, "byte \(byte)") { try outcome.get() }
      }
    }
  }

  /// What follows the end, and begins like a next member or not.
  @Test(arguments: GoldenStream.all) func followed(_ golden: GoldenStream) {
    let behind: [[UInt8]] = [
      [0], [0x0A], [0, 0, 0, 0, 0], Array("garbage behind the end".utf8), Array(golden.bytes.prefix(1)),
      Array(golden.bytes.prefix(3)), [UInt8](repeating: 0xFF, count: 1000),
    ]
    for bytes in behind {
      for (pull, piece, hint) in [(4096, 1 << 17, nil), (1, 1, nil), (1668, 1 << 17, UInt64(1668))] {
        let outcome = golden.format.decode(golden.bytes + bytes, pull: pull, piece: piece, expected: hint)
        guard case .failure(let error) = outcome else {
          Issue.record("\(bytes.count) bytes behind")
          continue
        }
        #expect(error.code == .corrupt || error.code == .truncated, "\(error)")
      }
    }
    // Of zeros, xz's padding has a multiple of four.
    let zeros = golden.format.decode(golden.bytes + [0, 0, 0, 0])
    #expect(zeros == (golden.format == .xz ? .success(GoldenStream.text) : .failure(ImageError(.corrupt, ""))))
  }

  @Test(arguments: StreamFormat.compressing) func nothingAtAll(_ format: StreamFormat) {
    #expect(format.decode([]) == .failure(ImageError(.truncated, "")))
    #expect(format.decode([], expected: 0) == .failure(ImageError(.truncated, "")))
  }

  @Test(arguments: StreamFormat.compressing) func otherFormats(_ format: StreamFormat) {
    for golden in GoldenStream.all where golden.format != format {
      guard case .failure = format.decode(golden.bytes) else {
        Issue.record("\(golden.name) as \(format)")
        continue
      }
    }
  }

  @Test(arguments: StreamFormat.compressing) func randomBytes(_ format: StreamFormat) throws {
    var random = SplitMix64(seed: 60)
    let golden = try #require(GoldenStream.all.first { $0.format == format })
    for round in 0..<300 {
      // Behind a sound beginning, so that more than the magic is looked at.
      let bytes = golden.bytes.prefix(round % 30) + random.bytes(1 + Int(random.next() % 400))
      _ = format.decode(Array(bytes), pull: 1 + round * 10, expected: round % 2 == 0 ? UInt64(round) * 7 : nil)
    }
  }
}
