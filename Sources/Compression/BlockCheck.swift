/// What a compressed block holds, against the length that it is said to have.
package enum BlockOutcome: Sendable {
  /// Just as many bytes.
  case exact
  /// More: these bytes are only the beginning.
  case longer
  /// Fewer, or nothing that can be decompressed.
  case damaged
}

extension BlockDecompressor {
  /// Decompresses the block `source[input]` to its end, which must be where `output[range]` ends.
  ///
  /// This is how strict the kernel is with a whole extent of LZ4 or MicroLZMA.
  package mutating func check(
    _ algorithm: BlockAlgorithm, _ source: borrowing [UInt8], _ input: Range<Int>, into output: inout [UInt8],
    _ range: Range<Int>
  ) -> BlockOutcome {
    precondition(input.lowerBound >= 0 && input.upperBound <= source.count)
    precondition(range.lowerBound >= 0 && range.upperBound <= output.count)
    if range.isEmpty || input.isEmpty { return .damaged }
    let decoder = decoder(of: algorithm)
    if decoder.decompress(source, input, into: &output, range, toEnd: true) { return .exact }
    return decoder.decompress(source, input, into: &output, range, toEnd: false) ? .longer : .damaged
  }
}
