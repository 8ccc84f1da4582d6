import Compression
import ImageCore
import TestSupport
import Testing

@Suite struct StreamReaderTests {
  /// A source that keeps a sum of what was read, in the order of reading, and may fail.
  private struct CountingSource: StreamSource, ~Copyable {
    let bytes: [UInt8]
    var failureAt = Int.max
    var offset = 0
    var sum: UInt64 = 0

    var byteCount: UInt64 { UInt64(bytes.count) }
    var baseOffset: UInt64 { 5000 }

    static func sum(_ bytes: [UInt8]) -> UInt64 { bytes.reduce(0) { $0 &* 31 &+ UInt64($1) } }

    init(_ bytes: [UInt8], failureAt: Int = .max) {
      self.bytes = bytes
      self.failureAt = failureAt
    }

    mutating func read(into output: inout [UInt8], _ range: Range<Int>) throws(ImageError) {
      if offset + range.count > failureAt { throw ImageError(.io, "cannot read", offset: 1) }
      for index in range {
        output[index] = bytes[offset]
        sum = sum &* 31 &+ UInt64(bytes[offset])
        offset += 1
      }
    }
  }

  @Test(arguments: GoldenStream.all) func sourceSeesEachByteOnce(_ golden: GoldenStream) throws {
    for piece in [1, 100, 1 << 17] {
      var reader = try StreamReader(
        golden.format, CountingSource(golden.bytes), limits: .test, pieceByteCount: piece)
      var buffer = [UInt8](repeating: 0, count: 2000)
      #expect(try reader.read(into: &buffer, 0..<2000) == 1668)
      let source = try reader.finish()
      #expect(source.offset == golden.bytes.count && source.sum == CountingSource.sum(golden.bytes))
    }
  }

  /// The digest of a stream that cannot be decoded is still wanted.
  @Test(arguments: GoldenStream.all) func sourceIsReadToItsEndAfterAnError(_ golden: GoldenStream) throws {
    let bytes = golden.bytes.prefix(100) + [UInt8](repeating: 0xA5, count: 300_000)
    for limit: UInt64 in [10, 1 << 20] {
      var reader = try StreamReader(
        golden.format, CountingSource(Array(bytes)), limits: StreamLimits(outputByteCount: limit), pieceByteCount: 50)
      var buffer = [UInt8](repeating: 0, count: 1 << 21)
      for _ in 0..<2 {
        let error = #expect(throws: ImageError.self) { try reader.read(into: &buffer, 0..<1 << 21) }
        #expect(error?.offset == 5000 + reader.consumedByteCount)
      }
      let source = try reader.finish()
      #expect(source.offset == bytes.count && source.sum == CountingSource.sum(Array(bytes)))
    }
  }

  @Test(arguments: GoldenStream.all) func errorsOfTheSourcePass(_ golden: GoldenStream) throws {
    for failure in [0, 1, 20, golden.bytes.count - 1] {
      var reader = try StreamReader(
        golden.format, CountingSource(golden.bytes, failureAt: failure), limits: .test, expectedByteCount: 1668,
        pieceByteCount: 10)
      var buffer = [UInt8](repeating: 0, count: 2000)
      for _ in 0..<2 {
        let error = #expect(throws: ImageError.self) { try reader.read(into: &buffer, 0..<2000) }
        #expect(error?.code == .io && error?.offset == 1)
      }
    }
  }

  /// What is consumed and what comes out grow together.
  @Test(arguments: GoldenStream.all) func progress(_ golden: GoldenStream) throws {
    var reader = try StreamReader(
      golden.format, StoreSource(ByteStore(golden.bytes)), limits: .test, pieceByteCount: 16)
    var buffer = [UInt8](repeating: 0, count: 100)
    var last: UInt64 = 0
    #expect(reader.consumedByteCount == 0 && reader.producedByteCount == 0)
    for round in 1...16 {
      #expect(try reader.read(into: &buffer, 0..<100) == 100)
      #expect(reader.producedByteCount == UInt64(100 * round) && reader.consumedByteCount >= last)
      last = reader.consumedByteCount
    }
    #expect(last > 50 && last <= UInt64(golden.bytes.count))
    #expect(try reader.read(into: &buffer, 0..<0) == 0)
    #expect(try reader.read(into: &buffer, 10..<100) == 68)
    #expect(reader.producedByteCount == 1668 && reader.consumedByteCount == UInt64(golden.bytes.count))
  }

  /// What is not compressed passes, to the same limits.
  @Test func plain() {
    for (pull, piece) in [(1, 1), (100, 7), (1668, 1 << 17), (5000, 10)] {
      #expect(StreamFormat.none.decode(GoldenStream.text, pull: pull, piece: piece) == .success(GoldenStream.text))
    }
    #expect(StreamFormat.none.decode([]) == .success([]))
    let limits = StreamLimits(outputByteCount: 1667)
    #expect(StreamFormat.none.decode(GoldenStream.text, limits: limits) == .failure(ImageError(.limit, "")))
  }

  /// LZMA alone with a length in its header, and without a marker at its end.
  @Test func lzmaOfKnownLength() throws {
    let block = try #require(Block(.lzma(level: 6), Sample.text.bytes, capacity: 20_000))
    // MicroLZMA has its properties, inverted, in place of the stream's first byte.
    let count = block.content.count
    let stream =
      [~block.bytes[0], 0, 0, 0x80, 0] + (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + [0]
      + block.bytes[1...]
    #expect(StreamFormat(recognizing: stream) == .lzma)
    for pull in [1, 999, count, count + 1] {
      #expect(StreamFormat.lzma.decode(stream, pull: pull) == .success(block.content))
    }
    for cut in [1, 2, 5, 100] {
      #expect(StreamFormat.lzma.decode(stream.dropLast(cut)) == .failure(ImageError(.truncated, "")), "\(cut)")
    }
    #expect(StreamFormat.lzma.decode(stream + [0]) == .failure(ImageError(.corrupt, "")))
  }
}
