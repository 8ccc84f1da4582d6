import Compression
import ImageCore
import TestSupport
import Testing

/// Every codec at each of its levels.
let everyLevel = BlockCodec.all.flatMap { codec in
  codec.levels.isEmpty ? [codec] : codec.levels.joined().compactMap { BlockCodec(name: codec.name, level: $0) }
}

@Suite struct RoundTripTests {
  @Test(arguments: everyLevel) func blocksHoldTheBeginningOfTheSource(_ codec: BlockCodec) throws {
    // The greatest takes the whole source, which the thorough levels are slow at.
    let isDefault = codec == BlockCodec(codec.name)
    for capacity in isDefault ? [1, 7, 64, 512, 4096, 65_536, 1 << 20] : [600, 20_000] {
      let compressor = codec.makeCompressor(pclusterByteCount: capacity)
      for sample in Sample.allCases {
        let source = sample.bytes
        var target = [UInt8](repeating: 0xAA, count: capacity + 8)
        let (consumed, produced) = compressor.compress(source, source.indices, into: &target, 0..<capacity)
        let what: Comment = "\(sample), \(capacity)"
        #expect(target[capacity...].allSatisfy { $0 == 0xAA }, what)
        try #require(consumed <= source.count && produced <= capacity, what)
        if produced == 0 {
          #expect(consumed == 0, what)
          #expect(
            capacity < 512 || [.random, .randomThenZeros, .oneByte, .mixed].contains(sample),
            "no gain: \(sample), \(capacity)")
          continue
        }
        #expect(target[0] != 0, what)
        let block = Array(target[..<produced])
        #expect(Block.decompress(codec.algorithm, block, consumed) == .bytes(Array(source[..<consumed])), what)
      }
    }
  }

  @Test(arguments: BlockCodec.all) func rangesAreRespected(_ codec: BlockCodec) throws {
    let text = Content.text(20_000, seed: 20).bytes
    let source = Content.random(5000, seed: 21).bytes + text + Content.random(5000, seed: 22).bytes
    var target = [UInt8](repeating: 0, count: 65_536)
    let compressor = codec.makeCompressor(pclusterByteCount: 65_536)
    let (consumed, produced) = compressor.compress(source, 5000..<25_000, into: &target, 0..<65_536)
    #expect(consumed == 20_000)
    #expect(Block.decompress(codec.algorithm, Array(target[..<produced]), 20_000) == .bytes(text))
    #expect(compressor.compress(source, 5000..<5000, into: &target, 0..<65_536) == (0, 0))
    #expect(compressor.compress(source, 5000..<25_000, into: &target, 0..<0) == (0, 0))
  }

  @Test(arguments: BlockCodec.all) func anyPrefixCanBeHad(_ codec: BlockCodec) throws {
    for (sample, capacity) in [(Sample.text, 4096), (.program, 65_536), (.zeros, 512), (.randomThenZeros, 1 << 20)] {
      guard let block = Block(codec, sample.bytes, capacity: capacity) else { continue }
      let count = block.content.count
      for part in [0, 1, 2, 100, count / 2, count - 1, count] where part <= count {
        #expect(block.decompressed(part) == .bytes(Array(block.content[..<part])), "\(sample), \(part) of \(count)")
      }
      // MicroLZMA has no mark of its end: what it says beyond is noise, or an error.
      if codec.algorithm != .lzma { #expect(block.decompressed(count + 1) == .corrupt, "\(sample)") }
    }
  }

  /// The long run: zeros, with hardly any room.
  @Test(arguments: BlockCodec.all) func tinyBlocksOfZeros(_ codec: BlockCodec) throws {
    let source = Content.zero(2 << 20).bytes
    for capacity in [16, 64, 256, 4096] {
      guard let block = Block(codec, source, capacity: capacity) else { continue }
      #expect(block.bytes.count <= capacity)
      #expect(block.decompressed(block.content.count) == .bytes(block.content))
      if capacity == 4096 { #expect(block.content.count > 900_000) }
    }
  }

  /// No more of the source would have fit, or nearly: what a search by halves finds is at most 1 % longer.
  @Test(arguments: BlockCodec.all, [4096, 65_536]) func blocksAreFull(_ codec: BlockCodec, _ capacity: Int) throws {
    for sample in [Sample.text, .program] {
      let source = sample.bytes
      let block = try #require(Block(codec, source, capacity: capacity))
      let whole = codec.makeCompressor(pclusterByteCount: capacity)
      var target = [UInt8](repeating: 0, count: 1 << 20)
      var fitting = 0..<source.count + 1
      while fitting.count > 1 {
        let middle = (fitting.lowerBound + fitting.upperBound) / 2
        let (consumed, produced) = whole.compress(source, 0..<middle, into: &target, 0..<target.count)
        let fits = consumed == middle && produced <= capacity
        fitting = fits ? middle..<fitting.upperBound : fitting.lowerBound..<middle
      }
      #expect(
        block.content.count * 100 >= fitting.lowerBound * 99,
        "\(sample): \(fitting.lowerBound) would fit")
      if fitting.lowerBound < source.count { #expect(block.bytes.count * 100 >= capacity * 98, "\(sample)") }
    }
  }

  /// The same call gives the same bytes, whatever the compressor did before.
  @Test(arguments: BlockCodec.all) func compressorsRememberNothing(_ codec: BlockCodec) throws {
    let used = codec.makeCompressor(pclusterByteCount: 65_536)
    for round in 0..<2 {
      for sample in Sample.allCases {
        for capacity in round == 0 ? [4096, 65_536, 100] : [65_536, 100, 4096] {
          let fresh = codec.makeCompressor(pclusterByteCount: 65_536)
          let expected = Block(codec, sample.bytes, capacity: capacity, with: fresh)
          let found = Block(codec, sample.bytes, capacity: capacity, with: used)
          #expect(found?.bytes == expected?.bytes, "\(sample), \(capacity)")
        }
      }
    }
  }

  /// LZ4HC's fast reset moves on in a space of 1 GiB, and begins again.
  @Test func manyBlocksOfLZ4HC() throws {
    let source = Content.text(2 << 20, seed: 30).bytes
    let compressor = BlockCodec.lz4hc(level: 3).makeCompressor(pclusterByteCount: 4096)
    let expected = try #require(Block(.lz4hc(level: 3), source, capacity: 4096, with: compressor))
    for _ in 0..<1100 {
      let found = Block(.lz4hc(level: 3), source, capacity: 4096, with: compressor)
      try #require(found?.bytes == expected.bytes)
    }
  }
}
